"""The row above a chart: its title, and each line's value, the newest or at the cursor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.chart.palette import ChartStyle
from tui.terminal.characters import Glyphs
from tui.widgets.text_widget import elide_middle, fit

GAP = "   "
MIN_TITLE_WIDTH = 8
"""Cells that a title is not cut below."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line: its letter ("" for none), name, value (None for none), style and spread."""

    letter: str
    name: str
    value: float | None
    style: int
    spread: tuple[float, float] | None = None
    """The least and the greatest of the values that ``value`` is the mean of."""


@dataclass(frozen=True, slots=True)
class Legend:
    """The row's content: title, the note on the cursor, and the lines' values."""

    title: str
    note: str
    entries: Sequence[LegendEntry]
    glyphs: Glyphs

    def render(self, width: int, styles: Sequence[Style]) -> Strip:
        """The row: title and note on the left, as many entries as fit on the right."""
        left = self._title_segments(width, styles)
        used = sum(segment.cell_length for segment in left)
        groups = self._fitting_entries(width - used, styles)
        right = [segment for group in groups for segment in group]
        used += sum(segment.cell_length for segment in right)
        gap = Segment(" " * max(0, width - used), styles[ChartStyle.BLANK])
        return Strip([*left, gap, *right]).adjust_cell_length(width, styles[ChartStyle.BLANK])

    def _title_segments(self, width: int, styles: Sequence[Style]) -> list[Segment]:
        """Title and note, cut so that the first value fits: the note first, at its end.

        A title is cut in the middle.
        """
        first = [self._entry_segments(entry, False, styles) for entry in self.entries[:1]]
        available = width - sum(segment.cell_length for group in first for segment in group)
        note = f"  {self.note}" if self.note else ""
        note = fit(
            note,
            min(cell_len(note), max(0, available - min(MIN_TITLE_WIDTH, cell_len(self.title)))),
        )
        title = elide_middle(self.title, max(MIN_TITLE_WIDTH, available - cell_len(note)))
        parts = [(title.rstrip(), ChartStyle.TITLE), (note, ChartStyle.CURSOR)]
        return [
            Segment(self.glyphs.displayable(text), styles[style]) for text, style in parts if text
        ]

    def _fitting_entries(self, width: int, styles: Sequence[Style]) -> list[list[Segment]]:
        """As many entries as fit into ``width`` cells; with letters only, if names are too long."""
        for named, spread in ((True, True), (True, False), (False, False)):
            groups = [self._entry_segments(entry, named, styles, spread) for entry in self.entries]
            lengths = [sum(segment.cell_length for segment in group) for group in groups]
            if sum(lengths) <= width:
                return groups
        fitting = (n for n in range(len(groups), 0, -1) if sum(lengths[:n]) <= width)
        return groups[: next(fitting, 0)]

    def _entry_segments(
        self, entry: LegendEntry, named: bool, styles: Sequence[Style], spread: bool = False
    ) -> list[Segment]:
        text = format_value(entry.value)
        if spread and entry.spread:
            low, high = map(format_value, entry.spread)
            text = f"{text} ({low} to {high})"
        value = Segment(text, styles[ChartStyle.VALUE])
        if len(self.entries) == 1:
            return [Segment(GAP, styles[ChartStyle.BLANK]), value]
        words = [entry.letter, entry.name] if named else [entry.letter]
        label = Segment(GAP + self.glyphs.displayable(" ".join(words)) + " ", styles[entry.style])
        return [label, value]


def format_value(value: float | None) -> str:
    """A value with four significant digits; a dash for None."""
    if value is None:
        return "-"
    if not math.isfinite(value) or not value:
        return f"{value:g}"
    return f"{value:#.4g}" if 1e-4 <= abs(value) < 1e4 else f"{value:.3e}"
