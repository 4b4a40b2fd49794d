"""The visible ranges of a chart's axes.

Both move rarely and by much, not often and by little: each move sends the whole chart to the
terminal again, while a curve that grows within the same limits changes a few cells.
"""

import math
from dataclasses import dataclass

from tui.chart.ticks import round_up

FULL_RANGE_FACTORS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
LOG_GRID = 0.25
MIN_WIDTH = 8.0
FOLLOW_FRACTION = 0.25

Range = tuple[float, float]


def full_range(newest: float, planned: float) -> Range:
    """The x axis for all values: to the planned end, or with about a quarter to grow into."""
    end = max(newest, MIN_WIDTH)
    return (
        0.0,
        planned if planned >= newest and planned > 0 else round_up(end, FULL_RANGE_FACTORS),
    )


@dataclass
class Viewport:
    """The visible range of the x axis: all of it, a fixed part, or its newest part."""

    visible: Range | None = None
    """The visible part, or None for everything."""
    following: bool = False
    """Whether the part moves along with the newest value."""

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
        width = max(MIN_WIDTH, (stop - start) * factor)
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
        """Show the newest part: a quarter of everything, or as much as is visible now."""
        start, stop = self.range(full, newest)
        width = stop - start if self.visible else max(MIN_WIDTH, (stop - start) * FOLLOW_FRACTION)
        self._set_visible(newest - width * (1 - FOLLOW_FRACTION), width, full, newest)
        self.following = True

    def show_all(self) -> None:
        """Show everything."""
        self.visible, self.following = None, False

    def _set_visible(self, start: float, width: float, full: Range, newest: float) -> None:
        start = max(full[0], min(start, full[1] - width))
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
