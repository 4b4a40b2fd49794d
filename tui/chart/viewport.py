"""Which part of the curves a chart shows.

Both ranges move seldom and far, not often and little:
each move sends the whole chart to the terminal again, while a curve that grows within still limits
changes a few cells.
"""

import math
from dataclasses import dataclass

from tui.chart.ticks import round_up

WHOLE_STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
LOG_GRID = 0.25
LEAST_WIDTH = 8.0
FOLLOW_BY = 0.25

Range = tuple[float, float]


def whole(newest: float, planned: float) -> Range:
    """The axis for everything: to the planned end, or with room to grow by about a quarter."""
    end = max(newest, LEAST_WIDTH)
    return (0.0, planned if planned >= newest and planned > 0 else round_up(end, WHOLE_STEPS))


@dataclass
class Window:
    """The part of the x axis that is shown: all of it, a fixed part, or its newest part."""

    part: Range | None = None
    """What is shown, or None for everything."""
    following: bool = False
    """Whether the part moves along with the newest value."""

    def range(self, everything: Range, newest: float) -> Range:
        """What is shown now; a part that follows moves on by a quarter of itself at a time."""
        if self.part is None:
            return everything
        start, stop = self.part
        if self.following and newest > stop:
            by = (stop - start) * FOLLOW_BY
            moved = math.ceil((newest - stop) / by) * by
            self.part = (start + moved, stop + moved)
        return self.part

    def zoom(self, factor: float, about: float | None, everything: Range, newest: float) -> None:
        """Show ``factor`` times as much, keeping ``about`` (the newest value if None) in place."""
        start, stop = self.range(everything, newest)
        width = max(LEAST_WIDTH, (stop - start) * factor)
        if width >= everything[1] - everything[0]:
            self.show_all()
            return
        pivot = min(max(start, newest), stop) if about is None else about
        share = (pivot - start) / (stop - start)
        self._place(pivot - share * width, width, everything, newest)

    def pan(self, share: float, everything: Range, newest: float) -> None:
        """Move by ``share`` of what is shown, later if positive."""
        if self.part is not None:
            start, stop = self.range(everything, newest)
            self._place(start + share * (stop - start), stop - start, everything, newest)

    def follow(self, everything: Range, newest: float) -> None:
        """Show the newest part: a quarter of everything, or as much as is shown now."""
        start, stop = self.range(everything, newest)
        width = stop - start if self.part else max(LEAST_WIDTH, (stop - start) * FOLLOW_BY)
        self._place(newest - width * (1 - FOLLOW_BY), width, everything, newest)
        self.following = True

    def show_all(self) -> None:
        """Show everything."""
        self.part, self.following = None, False

    def _place(self, start: float, width: float, everything: Range, newest: float) -> None:
        start = max(everything[0], min(start, everything[1] - width))
        self.part = (start, start + width)
        self.following = start <= newest <= start + width


@dataclass
class Limits:
    """The y axis: round limits, kept until a value leaves them or half of the height is unused."""

    current: Range | None = None
    logarithmic: bool = False

    def update(self, low: float, high: float, logarithmic: bool) -> Range:
        """The limits for values (their logarithms, if so) from ``low`` to ``high``, NaN if none."""
        if logarithmic != self.logarithmic:
            self.current, self.logarithmic = None, logarithmic
        if not (math.isfinite(low) and math.isfinite(high)):
            return self.current or ((-1.0, 0.0) if logarithmic else (0.0, 1.0))
        fresh = _round_limits(low, high, logarithmic)
        if self.current is None or not _still_good(self.current, fresh, low, high):
            self.current = fresh
        return self.current


def _still_good(limits: Range, fresh: Range, low: float, high: float) -> bool:
    wasted = limits[1] - limits[0] > 2 * (fresh[1] - fresh[0])
    return limits[0] <= low and high <= limits[1] and not wasted


def _round_limits(low: float, high: float, logarithmic: bool) -> Range:
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        room = 0.25 if logarithmic else abs(high) / 10 or 0.5
        low, high = low - room, high + room
    grid = LOG_GRID if logarithmic else round_up((high - low) / 8)
    return (math.floor(low / grid) * grid, math.ceil(high / grid) * grid)
