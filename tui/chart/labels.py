"""Text in a plot: the labels of marks, and the letters at the ends of lines."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from tui.chart.mark_labels import placed_labels
from tui.chart.marks import Mark
from tui.widgets.canvas import Canvas

MAX_SHIFT = 3
LABEL_ROWS = 2
"""Rows at the top in which a label may be written."""


class LineEnd(NamedTuple):
    """Where a line ends: the cell, its newest value, and the line's letter and style."""

    column: int
    row: int
    value: float
    letter: str
    style: int
    number: int
    """The number of its colour, for a letter inside a band."""


def write_labels(canvas: Canvas, marks: Sequence[tuple[int, Mark]]) -> None:
    """Write the labels of marks beside their columns, into the top rows, over no line or band."""
    for label in placed_labels(canvas.width, canvas.glyphs, marks):
        _write_label(canvas, label.start, label.text, label.style)


def _write_label(canvas: Canvas, start: int, text: str, style: int) -> None:
    stop = start + len(text)
    if start < 0 or stop > canvas.width:
        return
    drawn = ~canvas.undrawn[:LABEL_ROWS, start:stop]
    free = np.flatnonzero(~drawn.any(axis=1)).tolist()
    if free:
        canvas.write(free[0], start, text, style)


def write_if_blank(canvas: Canvas, rows: Sequence[int], start: int, text: str, style: int) -> None:
    """Write a text into the first of these rows where all its cells are empty, if there is one.

    It is moved up to `MAX_SHIFT` cells to the right, where that helps. It touches no other text but
    what is before `start`.
    """
    blank, rows = canvas.blank, [row for row in rows if 0 <= row < canvas.height]
    for column in range(start, min(start + MAX_SHIFT, canvas.width - len(text)) + 1):
        around = slice(max(start, column - 1), column + len(text) + 1)
        row = next((row for row in rows if blank[row, around].all()), None)
        if row is not None:
            canvas.write(row, column, text, style)
            return


def write_letters(canvas: Canvas, ends: Sequence[LineEnd]) -> None:
    """Write each line's letter after its newest value.

    They are in the rows of their lines, those of one row beside each other. Where there is no room
    for that, those of a column are below each other, as near to their lines as that allows. The
    greatest value is always first, also where noise makes it that of a line below another.
    """
    for column in sorted({end.column for end in ends}, reverse=True):
        own = sorted((end for end in ends if end.column == column), key=lambda end: -end.value)
        cells = _beside_each_other(canvas, column, own)
        if cells is None:
            own = own[: canvas.height]
            rows = _spread([end.row for end in own], canvas.height)
            cells = [(row, column) for row in rows]
        for (row, at), end in zip(cells, own, strict=True):
            canvas.write(row, at, end.letter, end.style, end.number)


def _beside_each_other(
    canvas: Canvas, column: int, ends: Sequence[LineEnd]
) -> list[tuple[int, int]] | None:
    """Cells in the rows of the lines, each below or right of the last; None without room."""
    used: Counter[int] = Counter()
    cells = []
    for row in accumulate((end.row for end in ends), max):
        cells.append((row, column + used[row]))
        used[row] += 1
    blank = canvas.blank
    for row, count in used.items():
        if column + count > canvas.width or not blank[row, column + 1 : column + count].all():
            return None
    return cells


def _spread(rows: Sequence[int], height: int) -> list[int]:
    """Different rows in the same order, each group that overlaps around the middle one."""
    groups: list[list[int]] = []
    for row in rows:
        groups.append([row])
        while len(groups) > 1 and _first(groups[-2], height) + len(groups[-2]) > _first(
            groups[-1], height
        ):
            last = groups.pop()
            groups[-1] += last
    firsts = [_first(group, height) for group in groups]
    sizes = [len(group) for group in groups]
    return [first + i for first, size in zip(firsts, sizes, strict=True) for i in range(size)]


def _first(group: Sequence[int], height: int) -> int:
    """The row of the first letter of a group, as near to the rows of all as may be.

    Of two as near it is the one that leaves more letters in their rows; at least one is.
    """
    firsts = sorted(row - at for at, row in enumerate(group))
    middle = firsts[(len(group) - 1) // 2], firsts[len(group) // 2]
    return max(0, min(height - len(group), max(middle, key=firsts.count)))
