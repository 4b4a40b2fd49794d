"""The letters of the lines on a chart, by which its legend names them."""

from collections.abc import Sequence
from typing import Final

from tui.chart.dashes import pattern_of, sample
from tui.chart.legend import LineLabel
from tui.chart.palette import LINE_STYLES
from tui.chart.traces import Line
from tui.terminal.characters import Glyphs

LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
"""Of the lines on a chart; the next ones begin again with other colours."""


def lettered(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines that have letters: those in the legend, if there are several."""
    shown = [line for line in lines if not line.is_void]
    return shown if len(shown) > 1 else ()


def letter_of(lines: Sequence[Line], index: int) -> str:
    """The letter of a line: none for a line that is alone, or void."""
    line = lines[index]
    if line.is_void or not lettered(lines):
        return ""
    return line.letter or LETTERS[index % len(LETTERS)]


def line_label(lines: Sequence[Line], index: int, glyphs: Glyphs, *, tinted: bool) -> LineLabel:
    """The label of a line; with a piece of the line, where colours do not say which it is."""
    line, letter = lines[index], letter_of(lines, index)
    if not letter:
        return LineLabel("", line.name)
    repetition = (index if line.style is None else line.style) // LINE_STYLES
    has_tints = tinted and glyphs is not Glyphs.ASCII
    pattern = pattern_of(index, repetition, glyphs, tinted=has_tints)
    return LineLabel(letter, line.name, sample(index, pattern, glyphs, tinted=has_tints))
