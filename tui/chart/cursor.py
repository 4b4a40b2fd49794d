"""The cursor of a chart: a place on the x axis, moved by cells, that stays put as curves grow."""

from dataclasses import dataclass

from tui.chart.viewport import Range


def cell_of(x: float, shown: Range, width: int) -> int:
    """The cell in which a place on the axis is shown; the nearest one for what lies outside."""
    start, stop = shown
    return min(width - 1, max(0, int((x - start) / (stop - start) * width)))


@dataclass
class Cursor:
    """Where the values are read, in units of the x axis; None without a cursor."""

    x: float | None = None

    def toggle(self, newest: float) -> None:
        """Appear at the newest value, or go."""
        self.x = newest if self.x is None else None

    def move_to(self, cell: int, shown: Range, width: int) -> None:
        """Go to the middle of a cell."""
        start, stop = shown
        self.x = start + (min(max(cell, 0), width - 1) + 0.5) * (stop - start) / width

    def move(self, cells: int, shown: Range, width: int, whole_steps: bool) -> None:
        """Go some cells later, by no less than a step where the axis counts steps."""
        start, stop = shown
        by = (stop - start) / width
        by = max(1.0, by) if whole_steps else by
        if self.x is not None:
            self.x = min(stop, max(start, self.x + cells * by))
