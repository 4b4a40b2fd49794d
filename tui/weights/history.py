"""The histograms of a network over time: as recorded, or else those of its checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.network.health import Distribution, NetworkReport, layer_name
from tui.weights.recorded import RecordedWeights
from tui.widgets.heatmap import Float64Array, Histogram, HistogramSeries, Range, full_range

SHOWN_STDS = 5.0
"""Standard deviations around the mean that are shown; outliers would squeeze the rest."""
QUANTITIES = ("weights", "biases", "activations")
"""The first titles of each layer; those of its other variables follow, in rows of as many."""
EMPTY = HistogramSeries(("",), (), None)
"""A place in a row without a histogram."""


@dataclass(frozen=True, slots=True, eq=False)
class StepDistribution:
    """A distribution at a step, as a histogram."""

    step: int
    distribution: Distribution

    @property
    def buckets(self) -> Float64Array:
        """Left edge, right edge and count of each bucket, float64 ``[k, 3]``."""
        counts = self.distribution.counts
        edges = np.linspace(self.distribution.low, self.distribution.high, len(counts) + 1)
        return np.column_stack([edges[:-1], edges[1:], counts])


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One row of histograms."""

    layer: int
    """The number of its layer with weights."""
    series: list[HistogramSeries]


def histogram_rows(recorded: RecordedWeights, reports: Sequence[NetworkReport]) -> list[LayerRow]:
    """Rows for each layer of the newest report: weights, biases, activations; other variables.

    Args:
        recorded: The histograms that are shown.
        reports: Shown for what has recorded no histograms, in the order of their steps.
    """
    rows = []
    for number, layer in enumerate(reports[-1].layers if reports else ()):
        name, titles = layer_name(number, layer.stage), [*layer.histograms]
        for start in range(0, len(titles), len(QUANTITIES)):
            chosen = titles[start : start + len(QUANTITIES)]
            series = [_series(recorded, reports, number, name, title) for title in chosen]
            series += [EMPTY] * (len(QUANTITIES) - len(series))
            rows.append(LayerRow(number, series))
    return rows


def step_range(rows: Sequence[LayerRow]) -> tuple[int, int] | None:
    """The first and the last step of all histograms; None without any."""
    steps = [
        step
        for row in rows
        for series in row.series
        for step in (one.step for one in (*series.histograms[:1], *series.histograms[-1:]))
    ]
    return (min(steps), max(steps)) if steps else None


def _series(
    recorded: RecordedWeights,
    reports: Sequence[NetworkReport],
    layer: int,
    name: str,
    title: str,
) -> HistogramSeries:
    tag = reports[-1].layers[layer].histograms[title].tag
    histograms: Sequence[Histogram] = recorded.histograms.get(tag, ())
    if not recorded.histograms or not tag:
        histograms = _of_reports(reports, layer, title)
    titles = dict.fromkeys((f"{name} {title}", title, title.rpartition(" ")[2]))
    return HistogramSeries(tuple(titles), histograms, value_range(histograms))


def _of_reports(reports: Sequence[NetworkReport], layer: int, title: str) -> list[StepDistribution]:
    """The histograms of one array of a layer, wherever it is known."""
    known = (
        (report.step, report.layers[layer].histograms.get(title))
        for report in reports
        if layer < len(report.layers)
    )
    return [
        StepDistribution(step, found.values)
        for step, found in known
        if found is not None and found.values is not None and found.values.counts.any()
    ]


def value_range(histograms: Sequence[Histogram]) -> Range | None:
    """The lowest and the highest value to show, never the same; None without finite values.

    Values that are far from the mean of their histogram are left out.
    """
    full = full_range(histograms)
    if full is None:
        return None
    bounds = [_bounds(one.buckets) for one in histograms if len(one.buckets)]
    low = max(full[0], min(low for low, _ in bounds))
    high = min(full[1], max(high for _, high in bounds))
    return (low, high) if low < high else full


def _bounds(buckets: Float64Array) -> Range:
    """`SHOWN_STDS` standard deviations below and above the mean of one histogram."""
    left, right, count = buckets.T
    middle, total = (left + right) / 2, max(count.sum(), 1.0)
    mean = (middle * count).sum() / total
    std = np.sqrt((count * (middle - mean) ** 2).sum() / total)
    return float(mean - SHOWN_STDS * std), float(mean + SHOWN_STDS * std)
