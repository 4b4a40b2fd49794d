"""The row above a chart: its title, and what each line's value is, now or at the cursor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.chart.palette import ChartStyle
from tui.widgets.canvas import Glyphs
from tui.widgets.text_widget import elide_middle, fit

GAP = "   "
MIN_TITLE_WIDTH = 8
"""Cells that a title keeps at the least."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """What one line says: its letter (if it has one), name, value and style."""

    letter: str
    name: str
    value: float | None
    style: int


@dataclass(frozen=True, slots=True)
class Legend:
    """What the row says: title, where the cursor is, and the readings."""

    title: str
    note: str
    entries: Sequence[LegendEntry]
    glyphs: Glyphs

    def render(self, width: int, styles: Sequence[Style]) -> Strip:
        """The row: title and note on the left, as many readings as fit on the right."""
        left = self._title_segments(width, styles)
        used = sum(segment.cell_length for segment in left)
        groups = self._fitting_entries(width - used, styles)
        right = [segment for group in groups for segment in group]
        used += sum(segment.cell_length for segment in right)
        gap = Segment(" " * max(0, width - used), styles[ChartStyle.BLANK])
        return Strip([*left, gap, *right]).adjust_cell_length(width, styles[ChartStyle.BLANK])

    def _title_segments(self, width: int, styles: Sequence[Style]) -> list[Segment]:
        """Title and note; what would hide the first value is cut: the note's end, then the title.

        Of a title the middle is left out.
        """
        first = [self._entry_segments(reading, False, styles) for reading in self.entries[:1]]
        room = width - sum(segment.cell_length for group in first for segment in group)
        note = f"  {self.note}" if self.note else ""
        note = fit(
            note, min(cell_len(note), max(0, room - min(MIN_TITLE_WIDTH, cell_len(self.title))))
        )
        title = elide_middle(self.title, max(MIN_TITLE_WIDTH, room - cell_len(note)))
        parts = [(title.rstrip(), ChartStyle.TITLE), (note, ChartStyle.CURSOR)]
        return [Segment(self.glyphs.displayable(text), styles[ink]) for text, ink in parts if text]

    def _fitting_entries(self, room: int, styles: Sequence[Style]) -> list[list[Segment]]:
        """The readings with names, or else with letters alone, as many as there is room for."""
        for named in (True, False):
            groups = [self._entry_segments(reading, named, styles) for reading in self.entries]
            lengths = [sum(segment.cell_length for segment in group) for group in groups]
            if sum(lengths) <= room:
                return groups
        fitting = (n for n in range(len(groups), 0, -1) if sum(lengths[:n]) <= room)
        return groups[: next(fitting, 0)]

    def _entry_segments(
        self, reading: LegendEntry, named: bool, styles: Sequence[Style]
    ) -> list[Segment]:
        value = Segment(format_value(reading.value), styles[ChartStyle.VALUE])
        if len(self.entries) == 1:
            return [Segment(GAP, styles[ChartStyle.BLANK]), value]
        words = [reading.letter, reading.name] if named else [reading.letter]
        label = Segment(GAP + self.glyphs.displayable(" ".join(words)) + " ", styles[reading.style])
        return [label, value]


def format_value(value: float | None) -> str:
    """A value to four significant digits; a dash for none."""
    if value is None:
        return "-"
    if not math.isfinite(value) or not value:
        return f"{value:g}"
    return f"{value:#.4g}" if 1e-4 <= abs(value) < 1e4 else f"{value:.3e}"
