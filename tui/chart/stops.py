"""Where a cursor stops: evaluations, marks, points that are few, and values not finite."""

from collections.abc import Iterable

import numpy as np

from core.run.pyramid import Float64s, Int64s
from core.run.series import Points
from tui.chart import axes
from tui.chart.axes import Axis
from tui.chart.marks import MarkIndex
from tui.chart.traces import Line


def stops(axis: Axis, lines: Iterable[Line], marks: Iterable[MarkIndex]) -> Float64s:
    """The positions on the axis of all points that are not one per step, and of all marks.

    Values that are not finite are marks; of those of consecutive steps, the first is.
    """
    parts = [part for line in lines for part in line.parts]
    found = [_positions(axis, p, p.curve.steps) for p in parts if isinstance(p.curve, Points)]
    found += [_positions(axis, p, _rows_of_nonfinite(p)) for p in parts]
    if parts:
        found += [_positions(axis, parts[0], index.steps) for index in marks]
    positions: Float64s = np.unique(np.concatenate([np.empty(0), *found]))
    return np.asarray(positions[np.isfinite(positions)])


def _rows_of_nonfinite(line: Line) -> Float64s:
    """The first step of each row of consecutive ones with values that are not finite."""
    steps = np.unique(np.array([step for step, _ in line.curve.nonfinite], np.float64))
    return steps[np.diff(steps, prepend=-np.inf) > 1]


def _positions(axis: Axis, line: Line, steps: Float64s | Int64s) -> Float64s:
    found = np.asarray(steps, np.float64)
    timeline = axes.timeline_of(axis, line)
    return found if timeline is None else timeline.seconds_at(found) - axes.origin(axis, line)


def next_stop(stops: Float64s, x: float | None, direction: int) -> float | None:
    """The stop after ``x``, or before it if ``direction`` is negative; the newest without ``x``."""
    if not len(stops):
        return x
    if x is None:
        return float(stops[-1])
    after = np.searchsorted(stops, x, side="right")
    before = np.searchsorted(stops, x, side="left") - 1
    at = int(after if direction > 0 else before)
    return float(stops[at]) if 0 <= at < len(stops) else x
