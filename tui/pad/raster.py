"""Rasterize strokes at the resolution of the pad's cells, and report which cells changed.

A moving pen adds to the raster; resizing, undo and the eraser draw it again from the strokes.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from textual.geometry import Region

from data.ink_field import DistanceField
from tui.pad.drawing import Points, Stroke
from tui.widgets.half_blocks import quantise

Levels = npt.NDArray[np.uint8]


class PadRaster:
    """Grey levels of a square of `rows` rows of cells: ``2 * rows`` pixels wide and high."""

    def __init__(self, rows: int, greys: int) -> None:
        self.side = 2 * rows
        self.levels: Levels = np.zeros((self.side, self.side), np.uint8)
        self._greys = greys
        self._field = DistanceField(self.side, self.side)

    def add_segment(self, points: Points, width: float) -> list[Region]:
        """Add a line in the unit square; return the changed cells, one region per row."""
        rows, columns = self._field.add(points * self.side, width * self.side)
        rows = slice(rows.start - rows.start % 2, rows.stop + rows.stop % 2)
        return self._update_levels(rows, columns)

    def redraw(self, strokes: Iterable[Stroke]) -> list[Region]:
        """Replace the content by these strokes; return the changed cells."""
        self._field = DistanceField(self.side, self.side)
        for stroke in strokes:
            self._field.add(stroke.points * self.side, stroke.width * self.side)
        return self._update_levels(slice(0, self.side), slice(0, self.side))

    def _update_levels(self, rows: slice, columns: slice) -> list[Region]:
        new = quantise(self._field.ink(rows, columns), self._greys)
        shown = self.levels[rows, columns]
        changed = (new != shown).reshape(-1, 2, new.shape[1]).any(axis=1)
        shown[:] = new
        return [
            _row_region(row + rows.start // 2, columns.start, np.flatnonzero(changed[row]))
            for row in np.flatnonzero(changed.any(axis=1)).tolist()
        ]


def _row_region(row: int, left: int, columns: npt.NDArray[np.intp]) -> Region:
    first, last = int(columns[0]), int(columns[-1])
    return Region(left + first, row, last - first + 1, 1)
