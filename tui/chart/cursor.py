"""The cursor of a chart: a position on the x axis that stays where it is as curves grow."""

from dataclasses import dataclass

from tui.chart.viewport import Range


@dataclass
class Cursor:
    """A position in units of the x axis; None without a cursor."""

    x: float | None = None

    def toggle(self, newest: float) -> None:
        """Appear at the newest value, or disappear."""
        self.x = newest if self.x is None else None

    def move_to(self, cell: int, shown: Range, width: int) -> None:
        """Move to the middle of a cell."""
        start, stop = shown
        self.x = start + (min(max(cell, 0), width - 1) + 0.5) * (stop - start) / width

    def move(self, cells: int, shown: Range, width: int, whole_steps: bool) -> None:
        """Move this many cells to the right, and at least one step if the axis counts steps."""
        start, stop = shown
        by = (stop - start) / width
        by = max(1.0, by) if whole_steps else by
        if self.x is not None:
            self.x = min(stop, max(start, self.x + cells * by))
