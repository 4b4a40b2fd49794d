"""Curves and marks as cells of a canvas; what is painted later covers what is below it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from core.run.log import MarkKind
from core.run.pyramid import Float64s
from tui.chart.marks import Mark
from tui.chart.palette import LINE_STYLES, ChartStyle
from tui.chart.traces import Trace
from tui.chart.viewport import Range
from tui.widgets.canvas import Canvas, DotRows, Glyphs, Mask, dot_rows, filled, spans

ASCII_LINES = "*o+x#@"
ASCII_BAND = "."
DASH_PATTERNS = ((1, 1), (6, 4), (4, 2), (10, 7), (8, 2), (12, 6))
"""By line: the period in columns of dots, and how many of these are drawn."""
STEEP_DOTS = 8
"""Rows of dots in one column from which on a line is drawn whatever its pattern."""
MARK_SYMBOLS = {
    MarkKind.NONFINITE: ("×", "x"),
    MarkKind.WARNING: ("!", "!"),
    MarkKind.CHECKPOINT: ("▴", "^"),
}


@dataclass(frozen=True, slots=True, eq=False)
class PlottedLine:
    """One line, ready to be painted: limits and values on the same scale."""

    index: int
    """Its place among the lines, which decides pattern and ASCII letter."""
    style: int
    """Its colour, from 0."""
    raw: Trace
    smoothed: Float64s | None
    letter: str
    """What stands at its newest end, or nothing."""

    @property
    def values(self) -> Float64s:
        """The bright line's values, by column of dots."""
        return self.raw.mean if self.smoothed is None else self.smoothed


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark and the column of cells that it is in."""

    column: int
    mark: Mark


def paint(
    canvas: Canvas,
    drawings: Sequence[PlottedLine],
    marks: Sequence[PlacedMark],
    y: Range,
    cursor: int | None = None,
) -> None:
    """Paint bands, marks, lines (the first one on top), and the cursor in its column of cells."""
    for drawing in reversed(drawings):
        if drawing.smoothed is not None or drawing.raw.is_band:
            _paint_band(canvas, drawing, y)
    for placed in reversed(marks):
        if placed.mark.kind.is_vertical:
            _paint_vertical(canvas, placed)
    for drawing in reversed(drawings):
        _paint_line(canvas, drawing, y)
    _write_symbols(canvas, marks)
    free = canvas.blank[0].tolist()
    if cursor is not None:
        _paint_cursor(canvas, cursor)
    _write_labels(canvas, marks, free)
    _write_letters(canvas, drawings, y)


def _paint_cursor(canvas: Canvas, column: int) -> None:
    bar = "|" if canvas.glyphs is Glyphs.ASCII else "│"
    for row in np.flatnonzero(canvas.undrawn[:, column]).tolist():
        canvas.write(row, column, bar, ChartStyle.CURSOR)


def _paint_band(canvas: Canvas, drawing: PlottedLine, y: Range) -> None:
    low, high, ink = (
        drawing.raw.low,
        drawing.raw.high,
        ChartStyle.BAND + drawing.style % LINE_STYLES,
    )
    dots = filled(*spans(low, high, y, canvas.rows), canvas.rows)
    canvas.fill(dots, ink, ASCII_BAND)


def _paint_line(canvas: Canvas, drawing: PlottedLine, y: Range) -> None:
    ink, letter = (
        ChartStyle.LINE + drawing.style % LINE_STYLES,
        ASCII_LINES[drawing.index % LINE_STYLES],
    )
    top, bottom = spans(drawing.values, drawing.values, y, canvas.rows)
    dots = filled(top, bottom, canvas.rows) & _dash_pattern(drawing.index, bottom - top)
    inside = ChartStyle.INSIDE + drawing.style % LINE_STYLES
    canvas.draw(dots, ink, inside, letter)
    sign = letter if canvas.glyphs is Glyphs.ASCII else "•"
    for column in drawing.raw.points.tolist():
        row = dot_rows(drawing.raw.mean[[column]], *y, canvas.rows)[0]
        across, down = canvas.glyphs.dots
        canvas.write(int(row) // down, column // across, sign, ink)


def _dash_pattern(place: int, height: DotRows) -> Mask:
    period, drawn = DASH_PATTERNS[place % LINE_STYLES]
    return np.asarray((np.arange(len(height)) % period < drawn) | (height >= STEEP_DOTS))


def _paint_vertical(canvas: Canvas, placed: PlacedMark) -> None:
    bar = ":" if canvas.glyphs is Glyphs.ASCII else "┊"
    for row in np.flatnonzero(canvas.blank[:, placed.column]).tolist():
        canvas.write(row, placed.column, bar, _mark_style(placed.mark))


def _write_symbols(canvas: Canvas, marks: Sequence[PlacedMark]) -> None:
    for placed in reversed(marks):
        kind = placed.mark.kind
        if kind in MARK_SYMBOLS:
            sign = MARK_SYMBOLS[kind][canvas.glyphs is Glyphs.ASCII]
            row = 0 if kind is MarkKind.NONFINITE else canvas.height - 1
            canvas.write(row, placed.column, sign, _mark_style(placed.mark))


def _write_labels(canvas: Canvas, marks: Sequence[PlacedMark], free: list[bool]) -> None:
    """Labels in the top row, right of their marks, in cells that are free."""
    for placed in marks:
        start, label = placed.column + 1, canvas.glyphs.displayable(placed.mark.label)
        stop = start + len(label)
        plain = cell_len(label) == len(label) > 0
        if plain and stop < canvas.width and all(free[start : stop + 1]):
            canvas.write(0, start, label, _mark_style(placed.mark))
            free[start:stop] = [False] * len(label)


def _write_letters(canvas: Canvas, drawings: Sequence[PlottedLine], y: Range) -> None:
    """A letter right of each line's newest value, in the nearest row without another letter."""
    across, down = canvas.glyphs.dots
    taken: set[tuple[int, int]] = set()
    for drawing in drawings:
        known = np.flatnonzero(~np.isnan(drawing.values))
        if not drawing.letter or not len(known):
            continue
        column = min(canvas.width - 1, int(known[-1]) // across + 1)
        at = int(dot_rows(drawing.values[known[-1:]], *y, canvas.rows)[0]) // down
        free = [row for row in range(canvas.height) if (row, column) not in taken]
        row = min(free, key=lambda row: abs(row - at), default=at)
        taken.add((row, column))
        canvas.write(row, column, drawing.letter, ChartStyle.LINE + drawing.style % LINE_STYLES)


def _mark_style(mark: Mark) -> int:
    return ChartStyle[f"MARK_{mark.kind.name}"]
