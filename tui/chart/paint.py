"""Paint lines and marks into the cells of a canvas, each over what was painted before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np

from core.run.pyramid import Float64s
from tui.chart.dashes import ASCII_LINES, dashes, pattern_of
from tui.chart.labels import LineEnd, write_if_blank, write_labels, write_letters
from tui.chart.mark_labels import mark_style
from tui.chart.marks import PlacedMark
from tui.chart.palette import LINE_STYLES, ChartStyle, inside_style
from tui.chart.rule import CHANGE_SIGN
from tui.chart.traces import Trace, logarithm
from tui.chart.viewport import Range
from tui.terminal.characters import Glyphs
from tui.widgets.canvas import (
    AreaStyles,
    Canvas,
    LineDots,
    Mask,
    dot_rows,
    filled,
    heights,
    spans,
)

ASCII_BAND = "."
POINT_DOTS = {Glyphs.BRAILLE: (2, 2), Glyphs.QUADRANT: (2, 1), Glyphs.ASCII: (1, 1)}
"""The size of a point in dots, across and down."""
MIN_BAND_DOTS, MIN_BAND_SHARE = 2, 0.1
"""A band that is higher than the line's slope by so many dots in fewer columns than this share is
drawn in those only: elsewhere it is that slope, and would be a ragged edge beside the line."""


@dataclass(frozen=True, slots=True, eq=False)
class PlottedLine:
    """One line, ready to be painted: its values by column of dots, on the scale of the y axis."""

    index: int
    """Its index among the lines, which decides pattern and ASCII letter."""
    style: int
    """The number of its colour, from 0 to 5."""
    repetition: int
    """How many lines before it have its colour, which decides its pattern where colours differ."""
    raw: Trace
    smoothed: Float64s | None
    letter: str
    """The letter at its newest end; "" for none."""
    layer: int = 0
    """Lines of a greater number have more of the cells that they share with others."""
    has_band: bool = False
    """Whether its band is painted, where it has one."""
    is_void: bool = False
    """Whether it is painted dim."""
    newest: float = math.nan
    """Its newest value, as the legend has it; NaN where it is not visible, or one in `values`."""

    @property
    def line_style(self) -> int:
        """The style of its line."""
        return (ChartStyle.VOID if self.is_void else ChartStyle.LINE) + self.style

    @property
    def is_banded(self) -> bool:
        """Whether its band is painted too."""
        return bool(self.has_band) and (self.smoothed is not None or self.raw.is_band)

    @property
    def drawn(self) -> tuple[Float64s, Float64s]:
        """The least and the greatest that is painted, by column of dots."""
        return (self.raw.low, self.raw.high) if self.is_banded else self.line_span

    @property
    def values(self) -> Float64s:
        """What is drawn as a line, by column of dots; `raw` is then a band around or behind it."""
        return self.raw.mean if self.smoothed is None else self.smoothed

    @property
    def ends(self) -> Float64s:
        """The values, but in the first and last column where the line begins and where it ends."""
        return self.raw.ends if self.smoothed is None else self.smoothed

    @property
    def line_span(self) -> tuple[Float64s, Float64s]:
        """The least and the greatest that the line itself covers, by column of dots."""
        if self.ends is self.values:
            return self.values, self.values
        return np.fmin(self.values, self.ends), np.fmax(self.values, self.ends)

    def logarithm(self) -> "PlottedLine":
        """The line on a logarithmic scale."""
        smooth = None if self.smoothed is None else logarithm(self.smoothed)
        newest = float(logarithm(np.array(self.newest)))
        return replace(self, raw=self.raw.logarithm(), smoothed=smooth, newest=newest)

    def minus(self, values: Float64s) -> "PlottedLine":
        """The difference of the line to these values, by column."""
        smooth = None if self.smoothed is None else self.smoothed - values
        return replace(self, raw=self.raw.minus(values), smoothed=smooth, newest=math.nan)

    def inside(self, y: Range) -> "PlottedLine":
        """The line without the columns that are entirely outside the limits."""
        raw = self.raw
        outside = (raw.low > y[1]) | ((raw.high < y[0]) & np.isfinite(raw.high))
        smooth = (
            None if self.smoothed is None else _without(self.smoothed, _beyond(self.smoothed, y))
        )
        low, high = _without(raw.low, outside), _without(raw.high, outside)
        mean = _without(raw.mean, outside | _beyond(raw.mean, y))
        points = raw.points[~np.isnan(mean[raw.points])]
        ends = np.clip(_without(raw.ends, np.isnan(mean)), *y)
        return replace(self, raw=Trace(low, high, mean, points, ends), smoothed=smooth)


ARROW_ROWS = 4
"""Rows in which the values of lines beyond the limits are written, one of a line each."""


def _beyond(values: Float64s, y: Range) -> Mask:
    """Where finite values are outside the limits."""
    return np.asarray(np.isfinite(values) & ((values > y[1]) | (values < y[0])))


def _without(values: Float64s, removed: Mask) -> Float64s:
    return np.where(removed, np.nan, values) if removed.any() else values


def paint(
    canvas: Canvas,
    lines: Sequence[PlottedLine],
    marks: Sequence[PlacedMark],
    y: Range,
    cursor: int | None = None,
) -> None:
    """Paint bands, marks, lines, and the cursor in its column of cells.

    Lines of a higher layer have more of the cells that they share with others, and void ones none.
    """
    ordered = sorted(lines, key=lambda line: (not line.is_void, line.layer, -line.index))
    clipped = [line for line in ordered if any(_beyond(edge, y).any() for edge in line.drawn)]
    ordered = [line.inside(y) if line in clipped else line for line in ordered]
    for line in ordered:
        if line.is_banded:
            _paint_band(canvas, line, y)
    for placed in reversed(marks):
        if placed.mark.kind.is_vertical:
            _paint_vertical(canvas, placed)
    for _, group in groupby(ordered, key=lambda line: line.is_void):
        canvas.draw(*(_line_dots(canvas, line, y) for line in group))
    if cursor is not None:
        _paint_cursor(canvas, cursor)
    write_labels(canvas, [(placed.column, placed.mark) for placed in marks])
    ends = (_end(canvas, line, y) for line in lines if line.letter)
    write_letters(canvas, [end for end in ends if end is not None])
    _write_beyond(canvas, clipped, y)
    for line in ordered:
        _write_nonpositive(canvas, line)


def _paint_cursor(canvas: Canvas, column: int) -> None:
    bar = "|" if canvas.glyphs is Glyphs.ASCII else "│"
    for row in np.flatnonzero(canvas.undrawn[:, column]).tolist():
        canvas.write(row, column, bar, ChartStyle.CURSOR)


def _paint_band(canvas: Canvas, line: PlottedLine, y: Range) -> None:
    down = canvas.glyphs.dots[1]
    top = heights(line.raw.high, y, canvas.height, down)
    bottom = heights(line.raw.low, y, canvas.height, down)
    mean = heights(line.raw.mean, y, canvas.height, down)
    slope = np.abs(np.diff(mean, prepend=mean[:1]))
    is_high = bottom - top > slope + MIN_BAND_DOTS / down
    if np.count_nonzero(is_high) < MIN_BAND_SHARE * np.count_nonzero(~np.isnan(top)):
        top = np.where(is_high, top, np.nan)
    band, under = ChartStyle.BAND + line.style, ChartStyle.UNDER + line.style
    lines, inside = inside_style(0, band=line.style), inside_style(line.style, band=line.style)
    shade = ChartStyle.SHADE + line.style
    canvas.fill(top, bottom, AreaStyles(inside, band, under, shade, lines), ASCII_BAND)


def _line_dots(canvas: Canvas, line: PlottedLine, y: Range) -> LineDots:
    """The dots of a line with its points, in its pattern, and its styles."""
    character = ASCII_LINES[line.index % LINE_STYLES]
    top, bottom = spans(*line.line_span, y, canvas.rows)
    dots = filled(top, bottom, canvas.rows)
    pattern = pattern_of(line.index, line.repetition, canvas.glyphs, tinted=canvas.tinted)
    if pattern and not line.is_void:
        dots &= dashes(pattern, bottom - top)
    if len(line.raw.points):
        _add_points(dots, line, y, POINT_DOTS[canvas.glyphs])
    number = None if line.is_void else line.style
    return LineDots(dots, line.line_style, number, character, line.layer)


def _add_points(dots: Mask, line: PlottedLine, y: Range, size: tuple[int, int]) -> None:
    """Set the dots of the line's points, each as many dots wide and high as ``size``."""
    across, down = size
    values = line.raw.mean[line.raw.points]
    rows = dot_rows(values, *y, len(dots)).tolist()
    for column, row in zip(line.raw.points.tolist(), rows, strict=True):
        top = min(row, len(dots) - down)
        dots[top : top + down, column : column + across] = True


def _paint_vertical(canvas: Canvas, placed: PlacedMark) -> None:
    bar = CHANGE_SIGN[canvas.glyphs is Glyphs.ASCII]
    for row in np.flatnonzero(canvas.blank[:, placed.column]).tolist():
        canvas.write(row, placed.column, bar, mark_style(placed.mark))


class _Beyond(NamedTuple):
    """Where a line is beyond one of the limits."""

    line: PlottedLine
    cells: Sequence[int]
    """The columns of cells that have an arrow."""
    farthest: int
    """The one of them where the line is farthest away."""
    value: float
    """The value there."""


def _write_beyond(canvas: Canvas, clipped: Sequence[PlottedLine], y: Range) -> None:
    """Write arrows where lines are beyond the limits, then the value that is farthest of each."""
    arrows = "^v" if canvas.glyphs is Glyphs.ASCII else "↑↓"
    last = canvas.height - 1
    above = [_beyond_limit(canvas, line, line.drawn[1], y[1], 1.0) for line in clipped]
    below = [_beyond_limit(canvas, line, line.drawn[0], y[0], -1.0) for line in clipped]
    for found, arrow, rows in (
        (above, arrows[0], range(min(ARROW_ROWS, last))),
        (below, arrows[1], range(last, max(last - ARROW_ROWS, 0), -1)),
    ):
        lines = [beyond for beyond in found if beyond is not None]
        for beyond in lines:
            for cell in beyond.cells:
                canvas.write(rows.start, cell, arrow, beyond.line.line_style)
        taken = {cell for beyond in lines for cell in beyond.cells}
        for beyond in lines:
            after = next(c for c in range(beyond.farthest, canvas.width + 1) if c not in taken)
            text = f"{beyond.value:.4g}"
            write_if_blank(canvas, rows, after, text, beyond.line.line_style)


def _beyond_limit(
    canvas: Canvas, line: PlottedLine, values: Float64s, limit: float, sign: float
) -> _Beyond | None:
    """Where values are beyond a limit: an upper one where `sign` is 1, a lower one where -1."""
    columns = np.flatnonzero((values * sign > limit * sign) & ~np.isneginf(values))
    if not len(columns):
        return None
    across = canvas.glyphs.dots[0]
    farthest = int(columns[np.argmax(values[columns] * sign)])
    cells = sorted({int(column) // across for column in columns})
    return _Beyond(line, cells, farthest // across, float(values[farthest]))


def _write_nonpositive(canvas: Canvas, line: PlottedLine) -> None:
    """Write an arrow, and why, where a line is minus infinity on a logarithmic scale."""
    below = np.flatnonzero(np.isneginf(line.values))
    if not len(below):
        return
    is_ascii, last = canvas.glyphs is Glyphs.ASCII, canvas.height - 1
    cells = sorted({int(column) // canvas.glyphs.dots[0] for column in below})
    for cell in cells:
        canvas.write(last, cell, "v" if is_ascii else "↓", line.line_style)
    text = "<= 0" if is_ascii else "≤ 0"
    write_if_blank(canvas, (last - 1, last - 2), cells[0], text, line.line_style)


def _end(canvas: Canvas, line: PlottedLine, y: Range) -> LineEnd | None:
    """Where a line's letter belongs: after its newest value."""
    known = np.flatnonzero(~np.isnan(line.values))
    if not len(known):
        return None
    across, down = canvas.glyphs.dots
    column = min(canvas.width - 1, int(known[-1]) // across + 1)
    value = float(line.ends[known[-1]]) if math.isnan(line.newest) else line.newest
    row = int(dot_rows(line.ends[known[-1:]], *y, canvas.rows)[0]) // down
    return LineEnd(column, row, value, line.letter, line.line_style, line.style)
