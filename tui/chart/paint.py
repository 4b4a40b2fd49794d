"""Curves and marks as cells of a canvas; what is painted later covers what is below it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from core.run.pyramid import Floats
from tui.chart.marks import Mark, MarkKind
from tui.chart.palette import LINES, Ink
from tui.chart.traces import Trace
from tui.chart.viewport import Range
from tui.widgets.canvas import Canvas, DotRows, Glyphs, Mask, dot_rows, filled, spans

ASCII_LINES = "*o+x#@"
ASCII_BAND = "."
PATTERNS = ((1, 1), (6, 4), (4, 2), (10, 7), (8, 2), (12, 6))
"""By line: the period in columns of dots, and how many of these are drawn."""
STEEP = 8
"""Rows of dots in one column from which on a line is drawn whatever its pattern."""
SIGNS = {
    MarkKind.NONFINITE: ("×", "x"),
    MarkKind.WARNING: ("!", "!"),
    MarkKind.CHECKPOINT: ("▴", "^"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One line, ready to be painted: limits and values on the same scale."""

    place: int
    """Its place among the lines, which decides pattern and ASCII letter."""
    style: int
    """Its colour, from 0."""
    raw: Trace
    smooth: Floats | None
    letter: str
    """What stands at its newest end, or nothing."""

    @property
    def shown(self) -> Floats:
        """The bright line's values, by column of dots."""
        return self.raw.mean if self.smooth is None else self.smooth


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark and the column of cells that it is in."""

    column: int
    mark: Mark


def paint(
    canvas: Canvas,
    drawings: Sequence[Drawing],
    marks: Sequence[Placed],
    y: Range,
    cursor: int | None = None,
) -> None:
    """Paint bands, marks, lines (the first one on top), and the cursor in its column of cells."""
    for drawing in reversed(drawings):
        if drawing.smooth is not None or drawing.raw.has_width:
            _paint_band(canvas, drawing, y)
    for placed in reversed(marks):
        if placed.mark.kind.upright:
            _paint_upright(canvas, placed)
    for drawing in reversed(drawings):
        _paint_line(canvas, drawing, y)
    _write_signs(canvas, marks)
    free = canvas.blank[0].tolist()
    if cursor is not None:
        _paint_cursor(canvas, cursor)
    _write_labels(canvas, marks, free)
    _write_letters(canvas, drawings, y)


def _paint_cursor(canvas: Canvas, column: int) -> None:
    bar = "|" if canvas.glyphs is Glyphs.ASCII else "│"
    for row in np.flatnonzero(canvas.undrawn[:, column]).tolist():
        canvas.write(row, column, bar, Ink.CURSOR)


def _paint_band(canvas: Canvas, drawing: Drawing, y: Range) -> None:
    low, high, ink = drawing.raw.low, drawing.raw.high, Ink.BAND + drawing.style % LINES
    dots = filled(*spans(low, high, y, canvas.rows), canvas.rows)
    canvas.fill(dots, ink, ASCII_BAND)


def _paint_line(canvas: Canvas, drawing: Drawing, y: Range) -> None:
    ink, letter = Ink.LINE + drawing.style % LINES, ASCII_LINES[drawing.place % LINES]
    top, bottom = spans(drawing.shown, drawing.shown, y, canvas.rows)
    dots = filled(top, bottom, canvas.rows) & _pattern(drawing.place, bottom - top)
    inside = Ink.INSIDE + drawing.style % LINES
    canvas.draw(dots, ink, inside, letter)
    sign = letter if canvas.glyphs is Glyphs.ASCII else "•"
    for column in drawing.raw.points.tolist():
        row = dot_rows(drawing.raw.mean[[column]], *y, canvas.rows)[0]
        across, down = canvas.glyphs.dots
        canvas.write(int(row) // down, column // across, sign, ink)


def _pattern(place: int, height: DotRows) -> Mask:
    period, drawn = PATTERNS[place % LINES]
    return np.asarray((np.arange(len(height)) % period < drawn) | (height >= STEEP))


def _paint_upright(canvas: Canvas, placed: Placed) -> None:
    bar = ":" if canvas.glyphs is Glyphs.ASCII else "┊"
    for row in np.flatnonzero(canvas.blank[:, placed.column]).tolist():
        canvas.write(row, placed.column, bar, _mark_ink(placed.mark))


def _write_signs(canvas: Canvas, marks: Sequence[Placed]) -> None:
    for placed in reversed(marks):
        kind = placed.mark.kind
        if kind in SIGNS:
            sign = SIGNS[kind][canvas.glyphs is Glyphs.ASCII]
            row = 0 if kind is MarkKind.NONFINITE else canvas.height - 1
            canvas.write(row, placed.column, sign, _mark_ink(placed.mark))


def _write_labels(canvas: Canvas, marks: Sequence[Placed], free: list[bool]) -> None:
    """Labels in the top row, right of their marks, in cells that are free."""
    for placed in marks:
        start, label = placed.column + 1, canvas.glyphs.spell(placed.mark.label)
        stop = start + len(label)
        plain = cell_len(label) == len(label) > 0
        if plain and stop < canvas.width and all(free[start : stop + 1]):
            canvas.write(0, start, label, _mark_ink(placed.mark))
            free[start:stop] = [False] * len(label)


def _write_letters(canvas: Canvas, drawings: Sequence[Drawing], y: Range) -> None:
    """A letter right of each line's newest value, in the nearest row without another letter."""
    across, down = canvas.glyphs.dots
    taken: set[tuple[int, int]] = set()
    for drawing in drawings:
        known = np.flatnonzero(~np.isnan(drawing.shown))
        if not drawing.letter or not len(known):
            continue
        column = min(canvas.width - 1, int(known[-1]) // across + 1)
        at = int(dot_rows(drawing.shown[known[-1:]], *y, canvas.rows)[0]) // down
        free = [row for row in range(canvas.height) if (row, column) not in taken]
        row = min(free, key=lambda row: abs(row - at), default=at)
        taken.add((row, column))
        canvas.write(row, column, drawing.letter, Ink.LINE + drawing.style % LINES)


def _mark_ink(mark: Mark) -> int:
    return Ink[f"MARK_{mark.kind.name}"]
