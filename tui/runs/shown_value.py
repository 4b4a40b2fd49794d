"""What the chart of the compared runs shows: the loss, the precision, or a metric by name."""

from collections.abc import Iterable

from core.run.metric_series import MetricSeries
from core.run.state import RunState
from tui.chart.tags import sort_key
from tui.chart.traces import Line

LOSS, PRECISION = "loss", "precision"
MAX_METRICS = 200
"""Metrics of attached runs between which the key switches."""


def shown_values(runs: Iterable[RunState]) -> list[str]:
    """What can be shown: the loss and the precision, then the other metrics of attached runs."""
    names = {name for run in runs if run.is_attached for name in run.metrics}
    others = sorted(names - {LOSS, PRECISION}, key=sort_key)[:MAX_METRICS]
    return [LOSS, PRECISION, *others]


def title_of(value: str) -> str:
    """The title of the chart."""
    return "precision @ 1, validation" if value == PRECISION else value


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
