"""A canvas of braille dots, quadrants or ASCII, drawn by numpy, a whole plot at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.run.pyramid import Float64s
from tui.terminal.characters import Glyphs

Mask = npt.NDArray[np.bool_]
DotRows = npt.NDArray[np.int16]
Codes = npt.NDArray[np.uint32]
Eighths = npt.NDArray[np.int16]
Styles = npt.NDArray[np.int16]
CellRow = tuple[str, bytes]
"""A row of cells: its text, and the style of each character as int16."""
Run = tuple[str, int]
"""A piece of text with one style."""

_BRAILLE = 0x2800
_QUADRANTS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
_BLANK = ord(" ")
_LOWER_EIGHTHS = np.array([ord(c) for c in " ▁▂▃▄▅▆▇█"], np.uint32)
STIPPLES = {Glyphs.BRAILLE: ("10", "00", "01", "00"), Glyphs.QUADRANT: ("10", "00")}
"""The dots of a cell that show an area without colours, from the top."""
EIGHTHS = 8
_SHIFTS = {
    Glyphs.BRAILLE: {(y, x): y + 3 * x if y < 3 else 6 + x for y in range(4) for x in range(2)},
    Glyphs.QUADRANT: {(y, x): 2 * y + x for y in range(2) for x in range(2)},
}
"""The bit of each dot, by its row and column in the cell."""


def dot_rows(values: Float64s, low: float, high: float, rows: int) -> DotRows:
    """The row of dots, 0 at the top, of each value; values outside the limits are clipped."""
    known = np.where(np.isnan(values), low, values)
    scaled = (high - np.clip(known, low, high)) * ((rows - 1) / (high - low))
    return np.rint(scaled).astype(np.int16)


def heights(values: Float64s, limits: tuple[float, float], height: int, down: int) -> Float64s:
    """The position of each value in cells from the top, of `height` cells of `down` dots each."""
    low, high = limits
    rows = (high - np.clip(values, low, high)) * ((height * down - 1) / (high - low))
    return np.asarray((rows + 0.5) / down)


def spans(
    low: Float64s, high: Float64s, limits: tuple[float, float], rows: int
) -> tuple[DotRows, DotRows]:
    """The first and last row of dots in each column, extended so that neighbours touch.

    A column without a value (NaN) gets an empty span: its first row is below its last.
    """
    known = ~np.isnan(low) & ~np.isnan(high)
    top, bottom = dot_rows(high, *limits, rows), dot_rows(low, *limits, rows)
    joined_top, joined_bottom = top.copy(), bottom.copy()
    both = known[1:] & known[:-1]
    gap_above, gap_below = both & (top[1:] > bottom[:-1]), both & (bottom[1:] < top[:-1])
    joined_top[1:][gap_above] = bottom[:-1][gap_above] + 1
    joined_bottom[1:][gap_below] = top[:-1][gap_below] - 1
    joined_top, joined_bottom = np.minimum(joined_top, top), np.maximum(joined_bottom, bottom)
    joined_top[~known], joined_bottom[~known] = 1, 0
    return joined_top, joined_bottom


def filled(top: DotRows, bottom: DotRows, rows: int) -> Mask:
    """The dots from ``top`` to ``bottom`` of each column: bool ``[rows, columns]``."""
    row = np.arange(rows, dtype=np.int16)[:, np.newaxis]
    return (row >= top) & (row <= bottom)


def runs_of(row: CellRow) -> list[Run]:
    """A row of cells as pieces of text with one style."""
    text, encoded = row
    styles = np.frombuffer(encoded, np.int16)
    starts = [0, *(np.flatnonzero(styles[1:] != styles[:-1]) + 1).tolist()]
    pieces = zip(starts, [*starts[1:], len(text)], styles[starts].tolist(), strict=True)
    return [(text[start:stop], style) for start, stop, style in pieces]


def _widened(dots: Mask) -> Mask:
    """The dots and their neighbours above, below, left and right."""
    wide = dots.copy()
    wide[1:] |= dots[:-1]
    wide[:-1] |= dots[1:]
    wide[:, 1:] |= dots[:, :-1]
    wide[:, :-1] |= dots[:, 1:]
    return wide


def _turns(drawn: Mask, layers: Sequence[int]) -> Mask:
    """Which line each cell has the colour of: bool ``[lines, height, width]``, as `drawn` has.

    In each layer lines take turns. One of a higher layer has twice as many columns as one of the
    lowest, or three times in the next, and so on; and it has all those in which it only crosses it.
    """
    ranks = np.unique(layers, return_inverse=True)[1]
    if ranks.any():
        rank = ranks[:, np.newaxis, np.newaxis]
        below = drawn & (rank < np.max(np.where(drawn, rank, 0), axis=0))
        shared = np.pad(below.any(axis=(0, 1)), 1)
        is_beside = shared[:-2] & shared[1:-1] & shared[2:]
        drawn = drawn & (~below | is_beside)
    shares = drawn * (ranks + 1)[:, np.newaxis, np.newaxis]
    stop = np.cumsum(shares, axis=0)
    turn = np.arange(drawn.shape[2]) % np.maximum(stop[-1], 1)
    return np.asarray(drawn & (stop - shares <= turn) & (turn < stop))


class AreaStyles(NamedTuple):
    """The styles of an area's cells."""

    full: int
    """Its colour as background."""
    upper_edge: int
    """Its colour as foreground, for a cell that is filled from below."""
    lower_edge: int
    """Its colour as background, and no foreground, for a cell that is filled from above."""
    shade: int
    """For the characters that show an area without colours."""
    first_line: int
    """The style of the first line inside the area; those of the others follow."""


class LineDots(NamedTuple):
    """A line, ready to be drawn."""

    dots: Mask
    """Bool ``[rows, columns]``."""
    style: int
    number: int | None
    """Its number among the styles inside areas, which have their tint: they are used in cells that
    an area fills at least half. None for a void line, which has no such styles."""
    letter: str
    """What it is drawn with in ASCII."""
    layer: int = 0
    """Lines of a greater number come first in the cells that they share with others."""


class Canvas:
    """The cells of a plot in three layers: areas, lines above them, text on top.

    With `tinted`, areas are backgrounds, with edges in eighths of a cell; otherwise sparse dots,
    which go on in the cells of lines but for a margin, or in ASCII letters.
    """

    def __init__(self, width: int, height: int, glyphs: Glyphs, *, tinted: bool = False) -> None:
        self.width, self.height, self.glyphs = width, height, glyphs
        self.tinted = tinted and glyphs is not Glyphs.ASCII
        self._inside = np.zeros((height, width), np.int16)
        """The style of the first line inside the area that fills the cell at least half; or 0."""
        self._areas = np.zeros((height, width), np.uint32)
        self._area_dots = self._line_dots = np.zeros((0, 0), np.bool_)
        """The dots of areas without tint, and of the lines over them; empty without such areas."""
        self._lines = np.zeros((height, width), np.uint32)
        """The dots of lines, as numbers, or in ASCII letters."""
        self._is_void = np.zeros((height, width), np.bool_)
        self._text = np.zeros((height, width), np.uint32)
        self._styles = np.zeros((height, width), np.int16)
        self._solid = np.zeros((height, width), np.bool_)

    @property
    def columns(self) -> int:
        """Dots across."""
        return self.width * self.glyphs.dots[0]

    @property
    def rows(self) -> int:
        """Dots down."""
        return self.height * self.glyphs.dots[1]

    @property
    def blank(self) -> Mask:
        """Which cells are empty: bool ``[height, width]``."""
        return np.asarray(self._areas | self._lines | self._text == 0)

    @property
    def undrawn(self) -> Mask:
        """Which cells have neither area nor line, though maybe text: bool ``[height, width]``."""
        return np.asarray(self._areas | self._lines == 0)

    def fill(self, top: Float64s, bottom: Float64s, styles: AreaStyles, letter: str) -> None:
        """Fill between two heights, in cells from the top, of each column of dots; NaN for none.

        Without a tint it shows as sparse dots, in ASCII as ``letter`` in cells that it fills half.
        """
        if not self.tinted and self.glyphs is not Glyphs.ASCII:
            self._fill_dots(top, bottom, styles)
            return
        across = self.glyphs.dots[0]
        top = np.fmin.reduce(top.reshape(-1, across), axis=1)
        bottom = np.fmax.reduce(bottom.reshape(-1, across), axis=1)
        known = ~np.isnan(top) & ~np.isnan(bottom)
        if not known.any():
            return
        upper = np.rint(EIGHTHS * np.where(known, top, 0)).astype(np.int16)
        lower = np.rint(EIGHTHS * np.where(known, bottom, 0)).astype(np.int16)
        # Only the rows that it touches, which may be few.
        first = max(0, int(upper[known].min()) // EIGHTHS)
        stop_row = min(self.height, int(lower[known].max()) // EIGHTHS + 1)
        cell = EIGHTHS * np.arange(first, stop_row, dtype=np.int16)[:, np.newaxis]
        start = np.minimum(np.maximum(upper - cell, 0), EIGHTHS)
        stop = np.minimum(np.maximum(lower - cell, 0), EIGHTHS)
        self._fill_rows(slice(first, stop_row), start, stop, styles, letter)

    def _fill_rows(
        self, rows: slice, start: Eighths, stop: Eighths, styles: AreaStyles, letter: str
    ) -> None:
        """Fill cells of these rows between two heights in eighths from each cell's top."""
        areas, style_of = self._areas[rows], self._styles[rows]
        filled = start < stop
        half = filled & (stop - start >= EIGHTHS // 2)
        if not self.tinted:
            np.copyto(areas, ord(letter), where=half)
            np.copyto(style_of, styles.shade, where=half)
            return
        # An area inside one cell is extended to the nearer of the cell's edges.
        from_above = filled & (stop < EIGHTHS) & (start + stop < EIGHTHS)
        from_below = filled & (start > 0) & ~from_above
        full = filled & ~from_above & ~from_below
        np.copyto(areas, _BLANK, where=full)
        np.copyto(style_of, styles.full, where=full)
        areas[from_below] = _LOWER_EIGHTHS[EIGHTHS - start[from_below]]
        style_of[from_below] = styles.upper_edge
        areas[from_above] = _LOWER_EIGHTHS[EIGHTHS - stop[from_above]]
        style_of[from_above] = styles.lower_edge
        np.copyto(self._solid[rows], ~from_below, where=filled)
        np.copyto(self._inside[rows], styles.first_line, where=half)

    def _fill_dots(self, top: Float64s, bottom: Float64s, styles: AreaStyles) -> None:
        """Set those dots between two heights, in cells from the top, that are in the stipple."""
        down = self.glyphs.dots[1]
        middle = (np.arange(self.rows, dtype=np.float64)[:, np.newaxis] + 0.5) / down
        pattern = np.array([[dot == "1" for dot in row] for row in STIPPLES[self.glyphs]])
        dots = (middle >= top) & (middle <= bottom)
        dots &= np.tile(pattern, (self.height, self.width))
        if not self._area_dots.size:
            self._area_dots, self._line_dots = np.zeros((2, self.rows, self.columns), np.bool_)
        self._area_dots |= dots
        filled = self._codes(dots, "") != 0
        np.copyto(self._areas, _BLANK, where=filled)
        np.copyto(self._styles, styles.shade, where=filled)

    def draw(self, *lines: LineDots) -> None:
        """Set the dots of the lines, over those that were drawn before, the lower layers first.

        Dots of lines below stay, but for void ones. A cell hides the tints of areas, so that a line
        stays thin, and has one colour: that of the line; of several lines in a cell each has it in
        its turn, one column of cells after the other, so that none hides another.
        """
        codes = [self._codes(line.dots, line.letter) for line in lines]
        drawn = np.array([code != 0 for code in codes])
        turns = _turns(drawn, [line.layer for line in lines]) if len(lines) > 1 else drawn
        covered = drawn.any(axis=0)
        self._lines[covered & self._is_void] = 0
        np.copyto(self._is_void, lines[0].number is None, where=covered)
        for line, code, has_turn in zip(lines, codes, turns, strict=True):
            self._set_dots(line.dots, code, has_turn)
            self._colour(line, has_turn)

    def _set_dots(self, dots: Mask, code: Codes, has_turn: Mask) -> None:
        """Add a line's dots to those of the cells; in ASCII its letter, where it has its turn."""
        if self.glyphs is Glyphs.ASCII:
            np.copyto(self._lines, code, where=has_turn)
            return
        self._lines |= code
        if self._line_dots.size:
            self._line_dots |= dots

    def _colour(self, line: LineDots, where: Mask) -> None:
        """Give cells the colour of a line, with the tint of the area that they are inside."""
        if line.number is None:
            np.copyto(self._styles, line.style, where=where)
            np.copyto(self._solid, False, where=where)
            return
        inside = self._inside != 0
        np.copyto(
            self._styles, np.where(inside, self._inside + line.number, line.style), where=where
        )
        np.copyto(self._solid, inside, where=where)

    def write(
        self, row: int, column: int, text: str, style: int, number: int | None = None
    ) -> None:
        """Write single-width characters into cells, clipped to the plot.

        With the ``number`` of a line they have the tint of the area that they are inside.
        """
        start, stop = max(0, column), min(self.width, column + len(text))
        if start < stop:
            self._text[row, start:stop] = [ord(c) for c in text[start - column : stop - column]]
            inside = self._inside[row, start:stop] if number is not None else np.int16(0)
            self._styles[row, start:stop] = np.where(inside, inside + (number or 0), style)
            self._solid[row, start:stop] = inside != 0

    def cells(self) -> list[CellRow]:
        """For each row its text, and the style of each character as int16."""
        text = self._characters().astype("<u4").tobytes().decode("utf-32-le")
        styles, width = self._carried_styles().tobytes(), self.width
        return [
            (text[row * width : (row + 1) * width], styles[2 * row * width : 2 * (row + 1) * width])
            for row in range(self.height)
        ]

    def runs(self) -> list[list[Run]]:
        """For each row its pieces of text with one style; blanks take the style before them."""
        return [runs_of(row) for row in self.cells()]

    def _codes(self, dots: Mask, letter: str) -> Codes:
        """A number for each cell's dots, 0 for none."""
        across, down = self.glyphs.dots
        cells = dots.reshape(self.height, down, self.width, across)
        if self.glyphs is Glyphs.ASCII:
            return cells[:, 0, :, 0] * np.uint32(ord(letter))
        code = np.zeros((self.height, self.width), np.uint8)
        bits = cells.view(np.uint8)
        for (y, x), shift in _SHIFTS[self.glyphs].items():
            code |= bits[:, y, :, x] << np.uint8(shift)
        return code.astype(np.uint32)

    def _characters_of(self, codes: Codes) -> Codes:
        """The characters of these dots."""
        if self.glyphs is Glyphs.QUADRANT:
            return _QUADRANTS[codes]
        return codes + np.uint32(_BRAILLE) if self.glyphs is Glyphs.BRAILLE else codes

    def _characters(self) -> Codes:
        """The character of each cell: text over lines over areas."""
        dots = self._lines
        if self._area_dots.size:
            margin = _widened(_widened(self._line_dots))
            dots = dots | self._codes(self._area_dots & ~margin, "")
        found = np.where(dots, self._characters_of(dots), self._areas)
        found = np.where(self._text, self._text, found)
        found[found == 0] = _BLANK
        return found

    def _carried_styles(self) -> Styles:
        """The style of each cell; blanks have that of the cell before, unless it has a tint."""
        blank = self.blank
        index = np.arange(blank.size).reshape(blank.shape)
        last = np.where(blank, index[:, :1], index)
        np.maximum.accumulate(last, axis=1, out=last)
        styles = self._styles.ravel()[last]
        styles[blank & self._solid.ravel()[last]] = 0
        return styles
