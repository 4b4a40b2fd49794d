"""The axes of a chart: their units, ranges and labels."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from core.run.durations import duration
from core.run.pyramid import Float64s
from tui.chart import ticks
from tui.chart.frame import Ticks
from tui.chart.traces import Line
from tui.chart.viewport import Range
from tui.widgets.canvas import dot_rows

CELLS_PER_X_LABEL = 14
CELLS_PER_Y_LABEL = 3


class Axis(StrEnum):
    """The unit of the x axis."""

    STEP = "step"
    RELATIVE = "relative time"
    WALL = "wall time"


def origin(axis: Axis, line: Line) -> float:
    """The Unix time of a line at 0 on the axis; 0 unless the axis is relative."""
    return line.timeline.start if axis is Axis.RELATIVE and line.timeline else 0.0


def x_of(axis: Axis, line: Line, step: float) -> float:
    """The position on the axis of a line's step; NaN if its time is not known."""
    if axis is Axis.STEP:
        return step
    if line.timeline is None:
        return float("nan")
    return float(line.timeline.seconds_at(np.array([step]))[0]) - origin(axis, line)


def steps_of(axis: Axis, line: Line, x: Float64s) -> Float64s:
    """The fractional steps of a line at positions on the axis; infinite outside its time."""
    if axis is Axis.STEP or line.timeline is None:
        return x
    return line.timeline.steps_at(x + origin(axis, line))


def step_of(axis: Axis, line: Line, x: float) -> float:
    """The fractional step of a line at one position on the axis."""
    return float(steps_of(axis, line, np.array([x]))[0])


def format_position(axis: Axis, x: float) -> str:
    """A position on a time axis as text; "" for steps."""
    if axis is Axis.STEP:
        return ""
    return duration(x, "compact") if axis is Axis.RELATIVE else ticks.wall_labels([x, x])[0]


def extent(axis: Axis, lines: Sequence[Line]) -> Range:
    """The positions of the first and the newest value on the axis; 0 without any."""
    drawn = [line for line in lines if len(line.curve)]
    firsts = [x_of(axis, line, line.curve.first_step) for line in drawn]
    ends = [x_of(axis, line, line.curve.last_step) for line in drawn]
    newest = max((end for end in ends if end == end), default=0.0)
    if axis is Axis.RELATIVE:
        return 0.0, newest
    if axis is Axis.WALL:
        firsts = [line.timeline.start for line in lines if line.timeline]
    return min((first for first in firsts if first == first), default=0.0), newest


def x_ticks(axis: Axis, shown: Range, width: int) -> Ticks:
    """The labels below ``width`` cells."""
    start, stop = shown
    max_count = max(1, width // CELLS_PER_X_LABEL)
    if axis is Axis.STEP:
        values = ticks.linear(start, stop, max_count)
        labels = ticks.step_labels(values)
    elif axis is Axis.RELATIVE:
        values = ticks.clock(start, stop, max_count)
        labels = [duration(value, "compact") for value in values]
    else:
        values = ticks.wall_clock(start, stop, max_count)
        labels = ticks.wall_labels(values)
    cells = [min(width - 1, int((v - start) / (stop - start) * width)) for v in values]
    return Ticks(tuple(cells), tuple(labels))


def y_ticks(limits: Range, logarithmic: bool, rows: int, dots: int, min_width: int) -> Ticks:
    """The labels beside ``rows`` cells of ``dots`` rows of dots each, all of the same width."""
    max_count = max(2, rows // CELLS_PER_Y_LABEL)
    kind = ticks.logarithmic if logarithmic else ticks.linear
    values = kind(*limits, max_count)
    labels = ticks.log_labels(values) if logarithmic else ticks.value_labels(values)
    from_top = dot_rows(np.array(values), *limits, rows * dots) // dots
    labels = [label.rjust(min_width - 1) + " " for label in labels]
    return Ticks(tuple((rows - 1 - from_top).tolist()), tuple(labels))
