"""The visible ranges of a chart's axes.

Both move rarely and by much, not often and by little: each move sends the whole chart to the
terminal again, while a curve that grows within the same limits changes a few cells.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.run.pyramid import Float64s
from tui.chart.ticks import round_up

FULL_RANGE_FACTORS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
LOG_GRID = 0.25
MIN_WIDTH = 8.0
RESOLUTION = 4e-9
"""The least part of the positions that a range may be wide: a float has 16 digits, a label ten."""
GROWTH = 1.25
FAR_FROM_ZERO = 0.5
"""An axis does not start at 0 if all its values are above this fraction of the greatest."""
OUTER = 0.05
MAX_STRETCH = 4.0
DIVERGED = 1000.0
MIN_DIVERGED_COLUMNS = 8
FOLLOW_FRACTION = 0.25

Range = tuple[float, float]


def full_range(first: float, newest: float) -> Range:
    """The x axis for values from ``first`` to ``newest``, with a quarter more to grow into.

    It starts at 0, unless values are below 0 or all of them are far above it.
    """
    least = min_width(first, newest)
    start, span = 0.0, max(newest - min(first, 0.0), least)
    if first < 0 or first > FAR_FROM_ZERO * newest:
        span = max(newest - first, least)
        grid = round_up(span / 8)
        start = math.floor(first / grid) * grid
        span = max(newest - start, least)
    return start, start + round_up(span * GROWTH, FULL_RANGE_FACTORS)


def min_width(start: float, stop: float) -> float:
    """How wide a range of positions like these is at least, so that its cells differ."""
    return max(MIN_WIDTH, RESOLUTION * max(abs(start), abs(stop)))


def robust_range(low: Float64s, high: Float64s) -> Range:
    """From the least to the greatest value of columns, without a few that are far from the others.

    A side is cut if twentieths of the columns at both ends would take most of the height.
    """
    low, high = low[np.isfinite(low)], high[np.isfinite(high)]
    if not len(low) or not len(high):
        return (math.nan, math.nan)
    least, greatest = float(low.min()), float(high.max())
    inner_low, inner_high = _quantile(low, OUTER), _quantile(high, 1 - OUTER)
    span = inner_high - inner_low
    if not 0 < span * MAX_STRETCH < greatest - least:
        return least, greatest
    return max(least, inner_low - span / 2), min(greatest, inner_high + span / 2)


def _quantile(values: Float64s, part: float) -> float:
    """What `np.quantile` gives of finite values, in a tenth of its time."""
    ordered = np.sort(values)
    place = part * (len(ordered) - 1)
    below = int(place)
    first, second = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return float(first + (place - below) * (second - first))


def diverges(mean: Float64s) -> bool:
    """Whether the newest of positive values by column is a thousand times their median."""
    known = mean[np.isfinite(mean)]
    if len(known) < MIN_DIVERGED_COLUMNS or known.min() <= 0:
        return False
    return bool(known[-1] > DIVERGED * np.median(known))


@dataclass
class Viewport:
    """The visible range of the x axis: all of it, a fixed part, or its newest part."""

    visible: Range | None = None
    """The visible part, or None for everything."""
    following: bool = False
    """Whether the part moves along with the newest value."""
    whole_plan: bool = False
    """Whether everything includes the steps that are planned but not done."""
    _kept: Range | None = None

    def full(self, first: float, newest: float, planned: float) -> Range:
        """Everything: kept until a value is beyond its end, or it is more than twice too long."""
        start, stop = full_range(first, newest)
        is_planned = planned >= newest and planned - start > RESOLUTION * planned
        if self.whole_plan and is_planned:
            return start, planned
        if self._kept is not None and self._kept[0] == start and newest <= self._kept[1]:
            kept = self._kept[1]
            stop = kept if kept - start <= 2 * (stop - start) else stop
        self._kept = (start, stop)
        return start, min(stop, planned) if is_planned else stop

    def range(self, full: Range, newest: float) -> Range:
        """The visible range; one that follows moves by a quarter of its width at a time."""
        if self.visible is None:
            return full
        start, stop = self.visible
        if self.following and newest > stop:
            by = (stop - start) * FOLLOW_FRACTION
            moved = math.ceil((newest - stop) / by) * by
            self.visible = (start + moved, stop + moved)
        return self.visible

    def zoom(self, factor: float, center: float | None, full: Range, newest: float) -> None:
        """Show ``factor`` times as much; ``center`` (None: the newest value) stays in place."""
        start, stop = self.range(full, newest)
        width = max(min_width(start, stop), (stop - start) * factor)
        if width >= full[1] - full[0]:
            self.show_all()
            return
        pivot = min(max(start, newest), stop) if center is None else center
        fraction = (pivot - start) / (stop - start)
        self._set_visible(pivot - fraction * width, width, full, newest)

    def pan(self, fraction: float, full: Range, newest: float) -> None:
        """Move by this fraction of the visible width, to later steps if positive."""
        if self.visible is not None:
            start, stop = self.range(full, newest)
            self._set_visible(start + fraction * (stop - start), stop - start, full, newest)

    def follow(self, full: Range, newest: float) -> None:
        """Show the newest part: a tenth of the values, or as much as is visible now."""
        start, stop = self.range(full, newest)
        tenth = (newest - full[0]) / 10 / (1 - FOLLOW_FRACTION)
        width = stop - start if self.visible else max(min_width(start, stop), tenth)
        self._set_visible(newest - width * (1 - FOLLOW_FRACTION), width, full, newest)
        self.following = True

    def show_all(self) -> None:
        """Show everything so far."""
        self.visible, self.following, self.whole_plan = None, False, False

    def reset(self) -> None:
        """Show everything of other curves."""
        self.show_all()
        self._kept = None

    def _set_visible(self, start: float, width: float, full: Range, newest: float) -> None:
        start = max(full[0], min(start, max(full[1], newest + width * FOLLOW_FRACTION) - width))
        self.visible = (start, start + width)
        self.following = start <= newest <= start + width


@dataclass
class YLimits:
    """The y axis: round limits, kept until a value exceeds them or half of the height is unused."""

    current: Range | None = None
    logarithmic: bool = False

    def update(self, low: float, high: float, logarithmic: bool) -> Range:
        """The limits for values from ``low`` to ``high``, NaN if there are none.

        With ``logarithmic`` both are base-10 logarithms.
        """
        if logarithmic != self.logarithmic:
            self.current, self.logarithmic = None, logarithmic
        if not (math.isfinite(low) and math.isfinite(high)):
            return self.current or ((-1.0, 0.0) if logarithmic else (0.0, 1.0))
        fresh = _round_limits(low, high, logarithmic)
        if self.current is None or not _still_fits(self.current, fresh, low, high):
            self.current = fresh
        return self.current


def _still_fits(limits: Range, fresh: Range, low: float, high: float) -> bool:
    wasted = limits[1] - limits[0] > 2 * (fresh[1] - fresh[0])
    return limits[0] <= low and high <= limits[1] and not wasted


def _round_limits(low: float, high: float, logarithmic: bool) -> Range:
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        room = 0.25 if logarithmic else abs(high) / 10 or 0.5
        low, high = low - room, high + room
    grid = LOG_GRID if logarithmic else round_up((high - low) / 8)
    return (math.floor(low / grid) * grid, math.ceil(high / grid) * grid)
