"""The axes of a chart: their units, ranges and labels."""

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from core.run.durations import duration
from core.run.pyramid import Float64s
from core.run.timeline import Timeline
from tui.chart import ticks
from tui.chart.cells import steps_at
from tui.chart.even_rows import even_labels
from tui.chart.frame import Ticks
from tui.chart.traces import Line
from tui.chart.viewport import Range
from tui.widgets.canvas import dot_rows

CELLS_PER_X_LABEL = 14
CELLS_PER_Y_LABEL = 3
MIN_DECADES = 3
"""Powers of ten on an axis below which numbers between them are labelled too."""


class Axis(StrEnum):
    """The unit of the x axis."""

    STEP = "step"
    EPOCH = "epoch"
    RELATIVE = "relative time"
    WALL = "wall time"


class XAxis(NamedTuple):
    """The x axis of a plot: what it shows, and where its labels and the marks between are."""

    shown: Range
    ticks: Ticks
    minor: tuple[int, ...]
    """The cells of the marks between labels; none where there is no room."""

    def until(self, last: int) -> "XAxis":
        """The axis without what is beyond a cell."""
        kept = [
            pair
            for pair in zip(self.ticks.cells, self.ticks.labels, strict=True)
            if pair[0] <= last
        ]
        ticks = Ticks(tuple(cell for cell, _ in kept), tuple(label for _, label in kept))
        return self._replace(ticks=ticks, minor=tuple(cell for cell in self.minor if cell <= last))


class YAxis(NamedTuple):
    """The y axis of a plot: what it shows, and its labels."""

    limits: Range
    ticks: Ticks


def timeline_of(axis: Axis, line: Line) -> Timeline | None:
    """What gives a line's positions on the axis; None for steps, and where it is not known."""
    if axis is Axis.STEP:
        return None
    return line.epochs if axis is Axis.EPOCH else line.timeline


def origin(axis: Axis, line: Line) -> float:
    """The Unix time of a line at 0 on the axis; 0 unless the axis is relative."""
    return line.timeline.start if axis is Axis.RELATIVE and line.timeline else 0.0


def x_of(axis: Axis, line: Line, step: float) -> float:
    """The position on the axis of a line's step; NaN if its time is not known."""
    if axis is Axis.STEP:
        return step
    timeline = timeline_of(axis, line)
    if timeline is None:
        return float("nan")
    return float(timeline.seconds_at(np.array([step]))[0]) - origin(axis, line)


def steps_of(axis: Axis, line: Line, x: Float64s) -> Float64s:
    """The fractional steps of a line at positions on the axis; infinite outside its time."""
    timeline = timeline_of(axis, line)
    if timeline is None:
        return x
    return steps_at(timeline, x + origin(axis, line))


def step_of(axis: Axis, line: Line, x: float) -> float:
    """The fractional step of a line at one position on the axis."""
    return float(steps_of(axis, line, np.array([x]))[0])


def format_position(axis: Axis, x: float) -> str:
    """A position on another axis than that of steps as text; "" for steps."""
    if axis is Axis.STEP:
        return ""
    if axis is Axis.EPOCH:
        return f"epoch {x:.2f}"
    return duration(x, "compact") if axis is Axis.RELATIVE else ticks.wall_labels([x, x])[0]


def extent(axis: Axis, lines: Sequence[Line]) -> Range:
    """The positions of the first and the newest value on the axis; 0 without any."""
    parts = [part for line in lines for part in line.parts if len(part.curve)]
    firsts = [x_of(axis, part, part.curve.first_step) for part in parts]
    ends = [x_of(axis, part, part.curve.last_step) for part in parts]
    newest = max((end for end in ends if end == end), default=0.0)
    if axis is Axis.RELATIVE:
        return 0.0, newest
    if axis is Axis.WALL:
        firsts = [part.timeline.start for part in parts if part.timeline]
    return min((first for first in firsts if first == first), default=0.0), newest


@lru_cache(maxsize=256)
def x_axis(axis: Axis, visible: Range, width: int) -> XAxis:
    """The x axis of ``width`` cells that shows the range ``visible``, and a little more."""
    step, offset = _x_step(axis, visible, max(1, width // CELLS_PER_X_LABEL))
    shown, per_tick = visible, 0
    if math.isfinite(step):
        start, stop, per_tick = ticks.whole_cells(
            visible[0] + offset, visible[1] + offset, step, width
        )
        shown = start - offset, stop - offset
    values = ticks.multiples(shown[0] + offset, shown[1] + offset, step)
    cells = [
        min(width - 1, int((v - offset - shown[0]) / (shown[1] - shown[0]) * width + 1e-6))
        for v in values
    ]
    labels = _x_labels(axis, [v - offset for v in values])
    minor = _minor_cells(cells, per_tick, ticks.parts(step, per_tick), width)
    return XAxis(shown, Ticks(tuple(cells), tuple(labels)), minor)


def _x_step(axis: Axis, visible: Range, max_count: int) -> tuple[float, float]:
    """The distance of two labels, and how far the clock that they are round on is ahead."""
    span = visible[1] - visible[0]
    if axis in (Axis.STEP, Axis.EPOCH):
        return ticks.linear_step(*visible, max_count), 0.0
    offset = ticks.wall_offset(visible[0]) if axis is Axis.WALL else 0.0
    return ticks.clock_step(span, max_count), offset


def _x_labels(axis: Axis, values: Sequence[float]) -> list[str]:
    if axis is Axis.STEP:
        return ticks.step_labels(values)
    if axis is Axis.EPOCH:
        return ticks.value_labels(values)
    if axis is Axis.RELATIVE:
        return [duration(value, "compact") for value in values]
    return ticks.wall_labels(values)


def _minor_cells(cells: Sequence[int], per_tick: int, parts: int, width: int) -> tuple[int, ...]:
    """The cells of the marks between labels that are ``per_tick`` cells from each other."""
    if parts < 2 or not cells:
        return ()
    found = range(cells[0] % (per_tick // parts), width, per_tick // parts)
    return tuple(cell for cell in found if cell not in cells)


@lru_cache(maxsize=256)
def y_axis(limits: Range, logarithmic: bool, rows: int, dots: int, min_width: int) -> YAxis:
    """The y axis of ``rows`` cells of ``dots`` rows of dots each that shows these limits.

    Its labels are all of the same width. It may show more than the limits, so that the labels
    are evenly spaced.
    """
    max_count = max(2, rows // CELLS_PER_Y_LABEL)
    even = even_labels(*limits, max_count, rows, dots, whole=logarithmic)
    values: Sequence[float]
    if even is not None and not (logarithmic and len(even.values) < MIN_DECADES):
        limits, values, cells = even
    else:
        values = (ticks.logarithmic if logarithmic else ticks.linear)(*limits, max_count)
        from_top = dot_rows(np.array(values), *limits, rows * dots) // dots
        cells = tuple((rows - 1 - from_top).tolist())
    labels = ticks.log_labels(values) if logarithmic else ticks.value_labels(values)
    return YAxis(limits, Ticks(cells, tuple(label.rjust(min_width - 1) + " " for label in labels)))
