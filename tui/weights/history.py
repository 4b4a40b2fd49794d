"""Reports on a network over time, in bounded memory.

Whenever `MAX_REPORTS` is exceeded every second report is dropped, so a run of any length costs the
same.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.network.health import Distribution, LayerReport, NetworkReport, layer_name
from tui.widgets.heatmap import Float64Array, HistogramSeries, Range

MAX_REPORTS = 160
SHOWN_STDS = 5.0
"""Standard deviations around the mean that are shown; outliers would squeeze the rest."""
QUANTITIES = ("weights", "biases", "activations")


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


class ReportHistory:
    """Reports on one run's network, in the order of their steps."""

    def __init__(self) -> None:
        self._reports: list[NetworkReport] = []

    @property
    def newest(self) -> NetworkReport | None:
        """The newest report."""
        return self._reports[-1] if self._reports else None

    def add(self, report: NetworkReport) -> None:
        """Add a report; one at an earlier step replaces all from there on.

        An unknown update ratio is taken from the report before.
        """
        before = self.newest
        while self._reports and self._reports[-1].step >= report.step:
            self._reports.pop()
        if before is not None and len(before.layers) == len(report.layers):
            report = _with_update_ratios(report, before)
        self._reports.append(report)
        if len(self._reports) > MAX_REPORTS:
            self._reports = self._reports[::-2][::-1]

    def series(self, layer: int, quantity: str) -> HistogramSeries:
        """The histograms of one quantity of a layer, wherever it is known."""
        histograms = []
        for report in self._reports:
            if layer < len(report.layers):
                distribution = getattr(report.layers[layer], quantity)
                if distribution is not None and distribution.counts.any():
                    histograms.append(StepDistribution(report.step, distribution))
        name = layer_name(layer, self._reports[-1].layers[layer].hidden)
        shown = value_range([one.distribution for one in histograms]) if histograms else None
        return HistogramSeries((f"{name} {quantity}", quantity), histograms, shown)

    def grid(self) -> list[list[HistogramSeries]]:
        """A row for each layer, a column for each quantity."""
        layers = self.newest.layers if self.newest else ()
        return [[self.series(i, quantity) for quantity in QUANTITIES] for i in range(len(layers))]


def value_range(distributions: Sequence[Distribution]) -> Range:
    """The lowest and the highest value to show, never the same."""
    low = min(max(one.low, one.mean - SHOWN_STDS * one.std) for one in distributions)
    high = max(min(one.high, one.mean + SHOWN_STDS * one.std) for one in distributions)
    margin = 0.0 if high > low else max(abs(low), 1.0) * 0.05
    return low - margin, high + margin


def _with_update_ratios(report: NetworkReport, before: NetworkReport) -> NetworkReport:
    layers: list[LayerReport] = []
    for layer, earlier in zip(report.layers, before.layers, strict=True):
        update = earlier.update_ratio if layer.update_ratio is None else layer.update_ratio
        layers.append(dataclasses.replace(layer, update_ratio=update))
    return NetworkReport(report.step, tuple(layers))
