"""Where a cursor stops: evaluations, marks, points that are few, and values not finite."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from core.run.pyramid import Float64s, Int64s
from core.run.series import Curve, Series
from tui.chart import axes
from tui.chart.axes import Axis
from tui.chart.marks import MarkIndex
from tui.chart.traces import Line

MAX_POINTS = 400
"""A curve with more of them has stops only where values are not finite."""


def stops(axis: Axis, lines: Iterable[Line], marks: Iterable[MarkIndex]) -> Float64s:
    """The positions on the axis of the points of curves that have few, and of all marks.

    Values that are not finite are marks; of a row of them, the first is.
    """
    parts = [part for line in lines for part in line.parts]
    found = [_positions(axis, part, _few_steps(part.curve)) for part in parts]
    found += [_positions(axis, part, _rows_of_nonfinite(part.curve)) for part in parts]
    if parts:
        found += [_positions(axis, parts[0], index.steps) for index in marks]
    positions: Float64s = np.unique(np.concatenate([np.empty(0), *found]))
    return np.asarray(positions[np.isfinite(positions)])


def _few_steps(curve: Curve) -> Int64s:
    """The steps of a curve that has few points; none of one with a value for every step."""
    if isinstance(curve, Series) or len(curve) > MAX_POINTS:
        return np.empty(0, np.int64)
    return curve.samples(curve.first_step, curve.last_step + 1)[0]


def _rows_of_nonfinite(curve: Curve) -> Float64s:
    """The first step of each row of values that are not finite, with no other value between."""
    steps = sorted({step for step, _ in curve.nonfinite})
    firsts = [b for a, b in pairwise(steps) if curve.count(a, b) > 1]
    return np.array([*steps[:1], *firsts], np.float64)


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
