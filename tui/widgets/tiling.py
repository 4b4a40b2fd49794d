"""How many tiles fit side by side and below each other."""

from typing import NamedTuple


class Tiling(NamedTuple):
    """Tiles of a preferred size, in cells, and how many there are at most."""

    width: int
    height: int
    max_columns: int
    max_rows: int

    def grid_of(self, width: int, height: int) -> tuple[int, int]:
        """Return how many columns and rows of tiles fit, at least one of each."""
        columns = min(self.max_columns, max(1, width // self.width))
        return columns, min(self.max_rows, max(1, height // self.height))
