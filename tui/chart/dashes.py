"""The dashes of lines, by which they differ without colours, and where a colour is used again."""

from functools import lru_cache

import numpy as np

from tui.chart.palette import LINE_STYLES
from tui.terminal.characters import Glyphs
from tui.widgets.canvas import Canvas, DotRows, LineDots, Mask

ASCII_LINES = "*o+x#@"
DASH_PATTERNS = ((1, 1), (6, 4), (4, 2), (10, 7), (8, 2), (12, 6))
"""By number: the period in columns of dots, and how many of them are drawn."""
STEEP_DOTS = 8
"""Rows of dots in one column; a line that covers as many is drawn there in full."""


def pattern_of(index: int, repetition: int, glyphs: Glyphs, *, tinted: bool) -> int:
    """The number of a line's pattern; lines of the same colour have different ones.

    Where lines differ in their colours or letters, the first one of each has no gaps.

    Args:
        index: The line's, among all.
        repetition: How many lines before it have its colour.
        glyphs: What it is drawn with.
        tinted: Whether the terminal has colours enough.
    """
    number = index + index // LINE_STYLES
    if tinted and glyphs is not Glyphs.ASCII:
        number = repetition
    elif glyphs is Glyphs.ASCII:
        number = index // LINE_STYLES
    return number % len(DASH_PATTERNS)


def dashes(pattern: int, height: DotRows) -> Mask:
    """Which columns of dots a line of this pattern is drawn in, by its height in each."""
    period, drawn = DASH_PATTERNS[pattern]
    return np.asarray((np.arange(len(height)) % period < drawn) | (height >= STEEP_DOTS))


@lru_cache(maxsize=128)
def sample(index: int, pattern: int, glyphs: Glyphs, *, tinted: bool) -> str:
    """A piece of a line for the legend; "" for a line that its colour says enough of.

    It is as long as the longest period of dots.
    """
    character = ASCII_LINES[index % LINE_STYLES]
    is_ascii = glyphs is Glyphs.ASCII
    if not pattern and (is_ascii or tinted):
        return character if is_ascii else ""
    canvas = Canvas(max(DASH_PATTERNS)[0] // glyphs.dots[0], 1, glyphs)
    drawn = np.zeros((canvas.rows, canvas.columns), np.bool_)
    drawn[canvas.rows // 2] = dashes(pattern, np.zeros(canvas.columns, np.int16))
    canvas.draw(LineDots(drawn, 1, None, character))
    return canvas.cells()[0][0]
