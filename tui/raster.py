"""Lines as characters: dots in braille, quadrants or ASCII, drawn by numpy, a plot at a time."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from core.pyramid import Floats, Integers

Mask = npt.NDArray[np.bool_]

_BRAILLE = 0x2800
_DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint16)
_QUADRANT_BITS = np.array([[1, 2], [4, 8]], np.uint16)
_QUADRANTS = np.array([ord(c) for c in " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"], np.uint32)
_BLANK = ord(" ")


class Glyphs(StrEnum):
    """What the terminal can show; a cell holds 2x4 dots, 2x2 or one."""

    BRAILLE = "braille"
    QUADRANT = "quadrant"
    ASCII = "ascii"

    @property
    def dots(self) -> tuple[int, int]:
        """Dots in a cell, across and down."""
        return {"braille": (2, 4), "quadrant": (2, 2), "ascii": (1, 1)}[self.value]


def dot_rows(values: Floats, low: float, high: float, rows: int) -> Integers:
    """The row of dots, 0 on top, for each value; values beyond the limits lie on the edge."""
    scaled = (high - np.clip(values, low, high)) * ((rows - 1) / (high - low))
    return np.rint(np.nan_to_num(scaled)).astype(np.int64)


def spans(
    low: Floats, high: Floats, limits: tuple[float, float], rows: int
) -> tuple[Integers, Integers]:
    """The topmost and lowest row of dots in each column, so that neighbours touch.

    A column without a value (NaN) gets an empty span: top below bottom.
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


def filled(top: Integers, bottom: Integers, rows: int) -> Mask:
    """The dots from ``top`` to ``bottom`` in each column: bool ``[rows, columns]``."""
    row = np.arange(rows)[:, np.newaxis]
    return (row >= top) & (row <= bottom)


class Canvas:
    """The cells of a plot: what is painted or written later covers what was there."""

    def __init__(self, width: int, height: int, glyphs: Glyphs) -> None:
        self.width, self.height, self.glyphs = width, height, glyphs
        self._dots = np.zeros((height, width), np.uint16)
        self._text = np.zeros((height, width), np.uint32)
        self._styles = np.zeros((height, width), np.int64)

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
        return np.equal(self._dots, 0) & np.equal(self._text, 0)

    def paint(self, dots: Mask, style: int, letter: str) -> None:
        """Set dots (bool ``[rows, columns]``) and give their cells a style; ``letter`` in ASCII."""
        across, down = self.glyphs.dots
        cells = dots.reshape(self.height, down, self.width, across)
        if self.glyphs is Glyphs.ASCII:
            touched = cells[:, 0, :, 0]
            self._text[touched] = ord(letter)
        else:
            bits = _DOT_BITS if self.glyphs is Glyphs.BRAILLE else _QUADRANT_BITS
            code = np.einsum("hywx,yx->hw", cells.astype(np.uint16), bits)
            touched = code != 0
            self._dots |= code
        self._styles[touched] = style

    def write(self, row: int, column: int, text: str, style: int) -> None:
        """Put single-width characters into cells, cut where the plot ends."""
        cells = slice(max(0, column), min(self.width, column + len(text)))
        shown = text[cells.start - column : cells.stop - column] if cells.stop > cells.start else ""
        self._text[row, cells.start : cells.start + len(shown)] = [ord(c) for c in shown]
        self._styles[row, cells.start : cells.start + len(shown)] = style

    def runs(self) -> Iterator[list[tuple[str, int]]]:
        """For each row its pieces of text with one style; blanks take the style before them."""
        texts = self._codepoints().astype("<u4").tobytes().decode("utf-32-le")
        styles = self._carried_styles()
        for row in range(self.height):
            text = texts[row * self.width : (row + 1) * self.width]
            yield _runs(text, styles[row])

    def _codepoints(self) -> npt.NDArray[np.uint32]:
        if self.glyphs is Glyphs.QUADRANT:
            drawn = _QUADRANTS[self._dots]
        else:
            drawn = np.where(self._dots, self._dots.astype(np.uint32) + _BRAILLE, _BLANK)
        return np.where(self._text, self._text, drawn).astype(np.uint32)

    def _carried_styles(self) -> Integers:
        last = np.where(self.blank, 0, np.arange(self.width))
        np.maximum.accumulate(last, axis=1, out=last)
        return np.take_along_axis(self._styles, last, axis=1)


def _runs(text: str, styles: Integers) -> list[tuple[str, int]]:
    ends = [*(np.flatnonzero(np.diff(styles)) + 1).tolist(), len(text)]
    starts: Sequence[int] = [0, *ends[:-1]]
    return [(text[a:b], int(styles[a])) for a, b in zip(starts, ends, strict=True)]
