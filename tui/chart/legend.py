"""The rows above a chart: its title, and each line's value, the newest or at the cursor.

Values are beside the title; where several lines with their names do not fit there, below it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.chart.palette import ChartStyle
from tui.terminal.characters import Glyphs
from tui.widgets.text_widget import elide_middle

GAP = "   "
MIN_TITLE_WIDTH = 8
"""Cells that a title is not cut below."""
SHORT_TITLE_WIDTH = 24
"""Cells that a title is not cut below for the position of the cursor."""
VALUE_WIDTH = 9
"""Cells that are reserved for a value where entries are placed in rows."""
MAX_DIGITS = 8
"""Of a value, as many as a float32 has."""
FEW_LINES = 3
"""So many are known by the letters at their ends: samples of them get no row of their own."""
ROWS_OF_CHART_PER_ROW = 5
"""A chart has at least so many rows for each row of its legend."""


class LineLabel(NamedTuple):
    """What a line is called: its letter ("" for none) and name, and how it is drawn."""

    letter: str
    name: str
    sample: str = ""
    """A piece of the line, where its colour does not say which one it is."""

    @property
    def forms(self) -> tuple[str, str, str, str]:
        """All of it, without the sample, without the name, and the letter alone.

        The first that fits is shown.
        """
        whole, named, unnamed = (
            " ".join(part for part in parts if part)
            for parts in (
                (self.sample, self.letter, self.name),
                (self.letter, self.name),
                (self.sample, self.letter),
            )
        )
        return whole, named, unnamed, self.letter


WHOLE, NAMED, UNNAMED, LETTER = range(4)
"""The indices of `LineLabel.forms`."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line: its label, value (None for none), style and spread."""

    label: LineLabel
    value: float | None
    style: int
    spread: tuple[float, float] | None = None
    """The least and the greatest of the values that ``value`` is the mean of."""
    is_group: bool = False
    """Whether it is the mean of several lines, which is said even if it is alone."""
    signed: bool = False
    """Whether the values are differences, which have a sign."""
    digits: int = 4
    """Of each value, as many as are significant."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The value as text, and those of the spread."""
        values = [self.value, *(self.spread or ())]
        signs = ["+" if self.signed and value is not None and value > 0 else "" for value in values]
        texts = [format_value(value, self.digits) for value in values]
        return tuple(sign + text for sign, text in zip(signs, texts, strict=True))


@dataclass(frozen=True, slots=True)
class Legend:
    """The row's content: title, the note on the cursor, and the lines' values."""

    title: str
    note: str
    """Where the cursor is, then the texts of the marks there, with a `GAP` between them."""
    entries: Sequence[LegendEntry]
    glyphs: Glyphs

    def strips(self, width: int, rows: int, styles: Sequence[Style]) -> list[Strip]:
        """The legend in this many rows."""
        if rows < 2:
            return [self.render(width, styles)]
        form, placed = _fitting_form([entry.label for entry in self.entries], width, rows)
        rows_of_entries = [[self.entries[at] for at in row] for row in placed[: rows - 1]]
        hidden = len(self.entries) - sum(map(len, rows_of_entries))
        above = Legend(self.title, self.note, (), self.glyphs).render(width, styles)
        if hidden:
            more = Segment(f"{GAP}+{hidden}", styles[ChartStyle.AXIS])
            above = Strip([*above.crop(0, width - more.cell_length), more])
        return [above, *(self._row(row, form, width, styles) for row in rows_of_entries)]

    def _row(
        self, entries: Sequence[LegendEntry], form: int, width: int, styles: Sequence[Style]
    ) -> Strip:
        """A row of entries below the title, with their spreads if there is room."""
        for spread in (True, False):
            parts = [self._padded_entry(entry, form, spread, styles) for entry in entries]
            strip = Strip(segment for part in parts for segment in part)
            if strip.cell_length <= width:
                break
        return strip.adjust_cell_length(width, styles[ChartStyle.BLANK])

    def _padded_entry(
        self, entry: LegendEntry, form: int, spread: bool, styles: Sequence[Style]
    ) -> list[Segment]:
        """An entry in the cells that are reserved for it, or more with its spread."""
        segments = self._entry_segments(entry, form, styles, spread)
        missing = _cells(entry.label.forms[form]) - _length([segments])
        return [*segments, Segment(" " * max(0, missing), styles[ChartStyle.BLANK])]

    def render(self, width: int, styles: Sequence[Style]) -> Strip:
        """The row: title and note on the left, as many entries as fit on the right."""
        groups, note = self._values_and_position(width, styles)
        room = width - _length(groups)
        title = elide_middle(self.title, max(MIN_TITLE_WIDTH, room - cell_len(note))).rstrip()
        for mark in self.note.split(GAP)[1:]:
            if cell_len(title + note + GAP + mark) <= room:
                note += GAP + mark
        parts = [(title, ChartStyle.TITLE), (note, ChartStyle.CURSOR)]
        left = [
            Segment(self.glyphs.displayable(text), styles[style]) for text, style in parts if text
        ]
        gap = Segment(" " * max(0, room - _length([left])), styles[ChartStyle.BLANK])
        right = [segment for group in groups for segment in group]
        return Strip([*left, gap, *right]).adjust_cell_length(width, styles[ChartStyle.BLANK])

    def _values_and_position(
        self, width: int, styles: Sequence[Style]
    ) -> tuple[list[list[Segment]], str]:
        """The entries that are shown, and the position of the cursor, "" where it has no room.

        A title is cut only where its room is needed for a value.
        """
        whole = cell_len(self.title)
        position = f"  {self.note.split(GAP)[0]}" if self.note else ""
        for title in (whole, min(whole, SHORT_TITLE_WIDTH)):
            for note in (position, ""):
                room = width - title - cell_len(note)
                groups = self._fitting_entries(room, styles)
                if room >= 0 and len(groups) == len(self.entries):
                    return groups, note
        first = _length([self._entry_segments(entry, LETTER, styles) for entry in self.entries[:1]])
        title = max(MIN_TITLE_WIDTH, min(whole, width - first))
        return self._fitting_entries(width - title, styles), ""

    def _fitting_entries(self, width: int, styles: Sequence[Style]) -> list[list[Segment]]:
        """As many entries as fit into ``width`` cells; with letters only, if names are too long."""
        forms = ((WHOLE, True), (NAMED, True), (WHOLE, False), (NAMED, False))
        for form, spread in (*forms, (UNNAMED, False), (LETTER, False)):
            groups = [self._entry_segments(entry, form, styles, spread) for entry in self.entries]
            lengths = [_length([group]) for group in groups]
            if sum(lengths) <= width:
                return groups
        fitting = (n for n in range(len(groups), 0, -1) if sum(lengths[:n]) <= width)
        return groups[: next(fitting, 0)]

    def _entry_segments(
        self, entry: LegendEntry, form: int, styles: Sequence[Style], spread: bool = False
    ) -> list[Segment]:
        text, *extremes = entry.texts
        if spread and extremes:
            text = f"{text} ({' to '.join(extremes)})"
        value = Segment(text, styles[ChartStyle.VALUE])
        if len(self.entries) == 1 and not entry.is_group:
            return [Segment(GAP, styles[ChartStyle.BLANK]), value]
        text_before = self.glyphs.displayable(entry.label.forms[form])
        label = Segment(f"{GAP}{text_before} ", styles[entry.style])
        return [label, value]


def rows_needed(title: str, labels: Sequence[LineLabel], width: int, height: int) -> int:
    """How many rows the legend of a chart of this size has, by its lines' labels.

    The values are not considered, so that the number of rows does not change with them.
    """
    beside_title = NAMED if len(labels) <= FEW_LINES else WHOLE
    widths = [_cells(label.forms[beside_title]) for label in labels]
    most = height // ROWS_OF_CHART_PER_ROW
    if len(labels) < 2 or most < 2 or cell_len(title) + sum(widths) <= width:
        return 1
    return min(most, 1 + len(_fitting_form(labels, width, most)[1]))


def _fitting_form(
    labels: Sequence[LineLabel], width: int, rows: int
) -> tuple[int, list[list[int]]]:
    """The longest form in which the labels fit below a title, in all so many rows, and their rows.

    It is the shortest where none fits.
    """
    for form in (WHOLE, NAMED, UNNAMED, LETTER):
        placed = placed_in_rows([_cells(label.forms[form]) for label in labels], width)
        if len(placed) < rows:
            break
    return form, placed


def placed_in_rows(widths: Sequence[int], width: int) -> list[list[int]]:
    """The indices of entries of these widths, as many in each row of ``width`` cells as fit."""
    rows: list[list[int]] = [[]]
    for index, cells in enumerate(widths):
        if rows[-1] and sum(widths[at] for at in rows[-1]) + cells > width:
            rows.append([])
        rows[-1].append(index)
    return rows


def _length(groups: Sequence[Sequence[Segment]]) -> int:
    """The number of cells of some texts."""
    return sum(segment.cell_length for group in groups for segment in group)


def _cells(label: str) -> int:
    """The cells that are reserved for a label with its value."""
    return cell_len(f"{GAP}{label} " if label else GAP) + VALUE_WIDTH


def format_value(value: float | None, digits: int = 4) -> str:
    """A value with so many significant digits; a dash for None."""
    if value is None:
        return "-"
    if math.isnan(value):
        return "NaN"
    if not math.isfinite(value) or not value:
        return f"{value:g}"
    if 1e-4 <= abs(value) < 10**digits:
        return f"{value:#.{digits}g}".rstrip(".")
    return f"{value:.{digits - 1}e}"


def digits_for(low: float, high: float) -> int:
    """How many significant digits tell values from each other on an axis with these limits."""
    greatest = max(abs(low), abs(high))
    more = math.ceil(math.log10(greatest / (high - low))) if greatest else 0
    return min(MAX_DIGITS, max(4, 3 + more))
