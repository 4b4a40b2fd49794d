"""The numbers that a chart shows as text: each line's newest values, or those at the cursor."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.run.pyramid import Float64s
from tui.chart import axes
from tui.chart.axes import Axis
from tui.chart.traces import Line
from tui.chart.viewport import Range


class Values(NamedTuple):
    """Mean, least and greatest of some values of a line."""

    mean: float
    low: float
    high: float

    def complement(self) -> "Values":
        """Those of 1 minus the values."""
        return Values(1 - self.mean, 1 - self.high, 1 - self.low)

    def minus(self, value: float) -> "Values":
        """Those of the differences to a value."""
        return Values(self.mean - value, self.low - value, self.high - value)

    def smoothed(self, mean: float, *, is_newest: bool) -> "Values":
        """These values with the mean of a smoothed line; of its newest value that alone."""
        return Values(mean, mean, mean) if is_newest else self._replace(mean=mean)


def newest(line: Line) -> Values | None:
    """The newest value of a line three times; of one with members, over their newest values."""
    return _over_parts([_nearest(part, part.curve.last_step) for part in line.parts])


def at_column(values: Float64s, column: int | None) -> float | None:
    """The value in a column, or the last one; None where none is."""
    if column is None:
        known = np.flatnonzero(~np.isnan(values))
        return float(values[known[-1]]) if len(known) else None
    found = float(values[min(len(values) - 1, column)])
    return None if math.isnan(found) else found


def in_cell(axis: Axis, line: Line, x: float, cell: Range) -> Values | None:
    """The values of a line in a cell around the position ``x``; else the nearest, three times.

    Of a line with members they are over the members' means.
    """
    return _over_parts([_part_in_cell(axis, part, x, cell) for part in line.parts])


def _part_in_cell(axis: Axis, line: Line, x: float, cell: Range) -> Values | None:
    curve, steps = line.curve, axes.steps_of(axis, line, np.array(cell))
    count = curve.count(steps[0], steps[1])
    if count:
        columns = curve.columns(steps)
        mean = float(columns.mean[0])
        if count > 1 or math.isfinite(mean):
            return Values(mean, float(columns.low[0]), float(columns.high[0]))
    return _nearest(line, float(np.floor(axes.step_of(axis, line, x))))


def _nearest(line: Line, step: float) -> Values | None:
    found = line.curve.nearest(step) if math.isfinite(step) else None
    return None if found is None else Values(found[1], found[1], found[1])


def _over_parts(found: Sequence[Values | None]) -> Values | None:
    """The values of the only part, or those over the means of several."""
    if len(found) == 1:
        return found[0]
    means = [values.mean for values in found if values is not None]
    means = [mean for mean in means if not math.isnan(mean)]
    return Values(sum(means) / len(means), min(means), max(means)) if means else None


def steps_note(
    axis: Axis, lines: Sequence[Line], x: float, steps: Float64s, unit: str = "steps"
) -> str:
    """The steps between ``steps[0]`` and ``steps[1]``: ``steps 500 to 509``, or ``step 500``.

    ``unit`` is what is counted in place of steps, in the plural.
    """
    one = unit.removesuffix("s")
    if not np.isfinite(steps).all():
        step = axes.step_of(axis, lines[0].parts[0], x)
        return f"{one} {math.floor(step):,}" if math.isfinite(step) else ""
    newest_step = max(part.curve.last_step for line in lines for part in line.parts)
    first, last = math.ceil(steps[0]), min(math.ceil(steps[1]) - 1, newest_step)
    return f"{unit} {first:,} to {last:,}" if first < last else f"{one} {first:,}"
