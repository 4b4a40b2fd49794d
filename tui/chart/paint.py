"""Paint lines and marks into the cells of a canvas, each over what was painted before."""

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
from tui.terminal.characters import Glyphs
from tui.widgets.canvas import Canvas, DotRows, Mask, dot_rows, filled, spans

ASCII_LINES = "*o+x#@"
ASCII_BAND = "."
DASH_PATTERNS = ((1, 1), (6, 4), (4, 2), (10, 7), (8, 2), (12, 6))
"""By line: the period in columns of dots, and how many of them are drawn."""
STEEP_DOTS = 8
"""Rows of dots in one column; a line that covers as many is drawn there in full."""
MARK_SYMBOLS = {
    MarkKind.NONFINITE: ("×", "x"),
    MarkKind.WARNING: ("!", "!"),
    MarkKind.CHECKPOINT: ("▴", "^"),
}


@dataclass(frozen=True, slots=True, eq=False)
class PlottedLine:
    """One line, ready to be painted: its values by column of dots, on the scale of the y axis."""

    index: int
    """Its index among the lines, which decides pattern and ASCII letter."""
    style: int
    """The number of its colour, from 0 to 5."""
    raw: Trace
    smoothed: Float64s | None
    letter: str
    """The letter at its newest end; "" for none."""

    @property
    def values(self) -> Float64s:
        """What is drawn as a line, by column of dots; `raw` is then a band around or behind it."""
        return self.raw.mean if self.smoothed is None else self.smoothed


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark and its column of cells."""

    column: int
    mark: Mark


def paint(
    canvas: Canvas,
    lines: Sequence[PlottedLine],
    marks: Sequence[PlacedMark],
    y: Range,
    cursor: int | None = None,
) -> None:
    """Paint bands, marks, lines (the first one on top), and the cursor in its column of cells."""
    for line in reversed(lines):
        if line.smoothed is not None or line.raw.is_band:
            _paint_band(canvas, line, y)
    for placed in reversed(marks):
        if placed.mark.kind.is_vertical:
            _paint_vertical(canvas, placed)
    for line in reversed(lines):
        _paint_line(canvas, line, y)
    _write_symbols(canvas, marks)
    free = canvas.blank[0].tolist()
    if cursor is not None:
        _paint_cursor(canvas, cursor)
    _write_labels(canvas, marks, free)
    _write_letters(canvas, lines, y)


def _paint_cursor(canvas: Canvas, column: int) -> None:
    bar = "|" if canvas.glyphs is Glyphs.ASCII else "│"
    for row in np.flatnonzero(canvas.undrawn[:, column]).tolist():
        canvas.write(row, column, bar, ChartStyle.CURSOR)


def _paint_band(canvas: Canvas, line: PlottedLine, y: Range) -> None:
    dots = filled(*spans(line.raw.low, line.raw.high, y, canvas.rows), canvas.rows)
    canvas.fill(dots, ChartStyle.BAND + line.style, ASCII_BAND)


def _paint_line(canvas: Canvas, line: PlottedLine, y: Range) -> None:
    style = ChartStyle.LINE + line.style
    character = ASCII_LINES[line.index % LINE_STYLES]
    top, bottom = spans(line.values, line.values, y, canvas.rows)
    dots = filled(top, bottom, canvas.rows) & _dash_pattern(line.index, bottom - top)
    inside = ChartStyle.INSIDE + line.style
    canvas.draw(dots, style, inside, character)
    point = character if canvas.glyphs is Glyphs.ASCII else "•"
    for column in line.raw.points.tolist():
        row = dot_rows(line.raw.mean[[column]], *y, canvas.rows)[0]
        across, down = canvas.glyphs.dots
        canvas.write(int(row) // down, column // across, point, style)


def _dash_pattern(index: int, height: DotRows) -> Mask:
    period, drawn = DASH_PATTERNS[index % LINE_STYLES]
    return np.asarray((np.arange(len(height)) % period < drawn) | (height >= STEEP_DOTS))


def _paint_vertical(canvas: Canvas, placed: PlacedMark) -> None:
    bar = ":" if canvas.glyphs is Glyphs.ASCII else "┊"
    for row in np.flatnonzero(canvas.blank[:, placed.column]).tolist():
        canvas.write(row, placed.column, bar, _mark_style(placed.mark))


def _write_symbols(canvas: Canvas, marks: Sequence[PlacedMark]) -> None:
    for placed in reversed(marks):
        kind = placed.mark.kind
        if kind in MARK_SYMBOLS:
            symbol = MARK_SYMBOLS[kind][canvas.glyphs is Glyphs.ASCII]
            row = 0 if kind is MarkKind.NONFINITE else canvas.height - 1
            canvas.write(row, placed.column, symbol, _mark_style(placed.mark))


def _write_labels(canvas: Canvas, marks: Sequence[PlacedMark], free: list[bool]) -> None:
    """Write labels into free cells of the top row, to the right of their marks."""
    for placed in marks:
        start, label = placed.column + 1, canvas.glyphs.displayable(placed.mark.label)
        stop = start + len(label)
        plain = cell_len(label) == len(label) > 0
        if plain and stop < canvas.width and all(free[start : stop + 1]):
            canvas.write(0, start, label, _mark_style(placed.mark))
            free[start:stop] = [False] * len(label)


def _write_letters(canvas: Canvas, lines: Sequence[PlottedLine], y: Range) -> None:
    """Write a letter after each line's newest value, in the nearest row without another letter."""
    across, down = canvas.glyphs.dots
    taken: set[tuple[int, int]] = set()
    for line in lines:
        known = np.flatnonzero(~np.isnan(line.values))
        if not line.letter or not len(known):
            continue
        column = min(canvas.width - 1, int(known[-1]) // across + 1)
        at = int(dot_rows(line.values[known[-1:]], *y, canvas.rows)[0]) // down
        free = [row for row in range(canvas.height) if (row, column) not in taken]
        row = min(free, key=lambda row: abs(row - at), default=at)
        taken.add((row, column))
        canvas.write(row, column, line.letter, ChartStyle.LINE + line.style)


def _mark_style(mark: Mark) -> int:
    return ChartStyle[f"MARK_{mark.kind.name}"]
