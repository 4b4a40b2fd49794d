"""The row above a chart: its title, and what each line's value is, now or at the cursor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.chart.palette import Ink
from tui.widgets.canvas import Glyphs
from tui.widgets.text_widget import both_ends, fit

GAP = "   "
LEAST = 8
"""Cells that a title keeps at the least."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one line says: its letter (if it has one), name, value and style."""

    letter: str
    name: str
    value: float | None
    ink: int


@dataclass(frozen=True, slots=True)
class Heading:
    """What the row says: title, where the cursor is, and the readings."""

    title: str
    note: str
    readings: Sequence[Reading]
    glyphs: Glyphs

    def strip(self, width: int, styles: Sequence[Style]) -> Strip:
        """The row: title and note on the left, as many readings as fit on the right."""
        left = self._left(width, styles)
        used = sum(segment.cell_length for segment in left)
        groups = self._groups(width - used, styles)
        right = [segment for group in groups for segment in group]
        used += sum(segment.cell_length for segment in right)
        gap = Segment(" " * max(0, width - used), styles[Ink.NOTHING])
        return Strip([*left, gap, *right]).adjust_cell_length(width, styles[Ink.NOTHING])

    def _left(self, width: int, styles: Sequence[Style]) -> list[Segment]:
        """Title and note; what would hide the first value is cut: the note's end, then the title.

        Of a title the middle is left out.
        """
        first = [self._group(reading, False, styles) for reading in self.readings[:1]]
        room = width - sum(segment.cell_length for group in first for segment in group)
        note = f"  {self.note}" if self.note else ""
        note = fit(note, min(cell_len(note), max(0, room - min(LEAST, cell_len(self.title)))))
        title = both_ends(self.title, max(LEAST, room - cell_len(note)))
        parts = [(title.rstrip(), Ink.TITLE), (note, Ink.CURSOR)]
        return [Segment(self.glyphs.spell(text), styles[ink]) for text, ink in parts if text]

    def _groups(self, room: int, styles: Sequence[Style]) -> list[list[Segment]]:
        """The readings with names, or else with letters alone, as many as there is room for."""
        for named in (True, False):
            groups = [self._group(reading, named, styles) for reading in self.readings]
            lengths = [sum(segment.cell_length for segment in group) for group in groups]
            if sum(lengths) <= room:
                return groups
        fitting = (n for n in range(len(groups), 0, -1) if sum(lengths[:n]) <= room)
        return groups[: next(fitting, 0)]

    def _group(self, reading: Reading, named: bool, styles: Sequence[Style]) -> list[Segment]:
        value = Segment(value_text(reading.value), styles[Ink.VALUE])
        if len(self.readings) == 1:
            return [Segment(GAP, styles[Ink.NOTHING]), value]
        words = [reading.letter, reading.name] if named else [reading.letter]
        label = Segment(GAP + self.glyphs.spell(" ".join(words)) + " ", styles[reading.ink])
        return [label, value]


def value_text(value: float | None) -> str:
    """A value to four significant digits; a dash for none."""
    if value is None:
        return "-"
    if not math.isfinite(value) or not value:
        return f"{value:g}"
    return f"{value:#.4g}" if 1e-4 <= abs(value) < 1e4 else f"{value:.3e}"
