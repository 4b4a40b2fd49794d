"""What the chart of the compared runs shows: the loss, the precision, or a metric by name."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from core.run.metric_names import is_loss
from core.run.metric_series import MetricSeries
from core.run.state import RunState
from core.rundir.entry import RunEntry
from tui.chart.tags import sort_key
from tui.chart.traces import Line

LOSS = "loss"
PRECISION = "precision @ 1, validation"
"""Of runs of ours; long, so that no metric of another program is called so."""
MAX_METRICS = 200
"""Metrics of attached runs between which the key switches."""


Runs = Mapping[Path, RunState]
"""Runs by directory, as far as their events are read."""


def shown_values(entries: Collection[RunEntry], runs: Runs) -> list[str]:
    """What these have: the loss and the precision, then the other metrics of attached runs."""
    names = _counts(entries, runs).keys()
    has_own = any(entry.summary.is_own for entry in entries)
    own = [LOSS, PRECISION] if has_own else [LOSS] if LOSS in names else []
    return own + sorted(names - {LOSS}, key=sort_key)[:MAX_METRICS]


def shown_value(
    chosen: str, entries: Collection[RunEntry], runs: Runs, first: Sequence[str] = ()
) -> str:
    """`chosen` if one of these has it; else what most have, those in `first` and losses first.

    It is `chosen` too where none of them has a value yet, or the loss if that is empty.
    """
    values = shown_values(entries, runs)
    if chosen in values or not values:
        return chosen or LOSS
    counts = _counts(entries, runs)
    counts.update([LOSS, PRECISION] * sum(entry.summary.is_own for entry in entries))
    return min(values, key=lambda name: (name not in first, -counts[name], not is_loss(name)))


def _counts(entries: Collection[RunEntry], runs: Runs) -> Counter[str]:
    """How many attached runs have each metric; of a run that is not read, what the list knows."""
    names: Counter[str] = Counter()
    for entry in entries:
        if entry.summary.is_attached:
            run = runs.get(entry.run.path)
            names.update(list(entry.values.metrics if run is None else run.metrics))
    return names


def line_of(value: str, title: str, run: RunState, layer: int) -> Line:
    """The curve of a run, called `title`; empty where the run has no such value."""
    if value == PRECISION:
        points = run.accuracy["validation"]
        return Line(title, points, timeline=points.timeline, layer=layer)
    if run.is_attached:
        series = run.metrics.get(value) or MetricSeries()
        timeline, epochs = run.metrics.timeline, run.program.epochs
        return Line(title, series, timeline=timeline, epochs=epochs, layer=layer)
    losses = run.losses if value == LOSS else MetricSeries()
    return Line(title, losses, timeline=run.timeline, layer=layer)
