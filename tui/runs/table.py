"""The table of runs, and details of the selected one.

The table draws its own rows, so that moving the pointer sends two rows to the terminal.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from core.output.counted import counted
from core.run.plan_text import steps_of_plan
from core.rundir.entry import RunEntry
from trainpad.text import cells, sanitize
from tui.chart.coloured import LineColoured, line_role
from tui.chart.line_letters import LETTERS
from tui.dashboard.header import STATE_SYMBOLS
from tui.runs import columns
from tui.runs.columns import Row, RunColumn
from tui.widgets.text_widget import Span, TextWidget, align_right, fit


class RunsTable(LineColoured):
    """One row per run, and a pointer to the selected one."""

    class RowClicked(Message):
        """A row was clicked."""

        def __init__(self, index: int, *, is_double: bool) -> None:
            super().__init__()
            self.index = index
            self.is_double = is_double

    class HeaderClicked(Message):
        """The header of a column was clicked."""

        def __init__(self, column: RunColumn) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[Row] = ()
        self._columns: Sequence[RunColumn] = ()
        self._marked: Mapping[Path, int] = {}
        self._pointer = 0
        self._top = 0
        self._sort_by: tuple[RunColumn, bool] = (columns.STARTED, False)
        self._empty_text = ""
        self._notice = ""

    @property
    def shown(self) -> Sequence[Row]:
        """The runs or groups that are listed, also those that the table has no room for."""
        return self._entries

    @property
    def page(self) -> int:
        """The number of visible runs."""
        return max(1, self.size.height - 1 - bool(self._notice))

    def show(
        self,
        entries: Sequence[Row],
        columns: Sequence[RunColumn],
        index: int,
        marked: Mapping[Path, int],
        sort_by: tuple[RunColumn, bool],
        empty_text: str,
        notice: str = "",
    ) -> None:
        """Show these runs or groups with the pointer at `index`, or `empty_text` if there are none.

        `marked` has the numbers of the letters and colours of marked runs. `sort_by` is the sort
        column, and whether the order is reversed. `notice` is the last line, if there is any.
        """
        if len(entries) != len(self._entries) or bool(notice) != bool(self._notice):
            self.refresh(layout=True)
        self._notice = notice
        self._entries, self._columns, self._pointer = entries, columns, index
        self._marked, self._sort_by, self._empty_text = marked, sort_by, empty_text
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A header, and a row for each run; two rows for a text instead; a row for the notice."""
        return 1 + max(1, len(self._entries)) + bool(self._notice)

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The header, the runs that fit, and the notice."""
        notice = [[(fit(f"    {self._notice}", width), "alert")]] if self._notice else []
        room = max(1, height - 1 - len(notice))
        self._top = max(min(self._top, self._pointer), self._pointer - room + 1)
        self._top = max(0, min(self._top, len(self._entries) - room))
        visible = columns.columns_that_fit(self._columns, width)
        sort_by, is_reversed = self._sort_by
        if not self._entries:
            return [[], [(fit(f"    {self._empty_text}", width), "dim")], *notice]
        body = [
            self._row(index, visible, width)
            for index in range(self._top, min(self._top + room, len(self._entries)))
        ]
        arrows = "v^" if self.ascii_only else "▼▲"
        is_descending = sort_by.descending != is_reversed
        header = columns.header(visible, width, sort_by, arrows[0] if is_descending else arrows[1])
        return [header, *body, *notice]

    def _row(self, index: int, visible: Sequence[RunColumn], width: int) -> list[Span]:
        row = self._entries[index]
        entry = row if isinstance(row, RunEntry) else row.first
        is_selected = index == self._pointer
        slot = self._slot(row)
        pointer = "›" if is_selected else " "
        parts: list[Span] = [(f"{pointer} ", "live"), ("  ", "live")]
        if slot is not None:
            parts[1] = f"{LETTERS[slot]} ", line_role(slot)
        for column, text in columns.cells(row, visible, width):
            is_mixed = text.strip() == columns.MIXED and column.id == columns.STATE.id
            parts.append((text, "dim" if is_mixed else _role(column, entry)))
        if not is_selected:
            return parts
        text = "".join(text for text, _ in parts)
        return [(fit(text, width), "selected")]

    def _slot(self, row: Row) -> int | None:
        """The number of the letter of a marked run, or of a group of which a run is marked."""
        entries = (row,) if isinstance(row, RunEntry) else row.entries
        slots = (self._marked.get(entry.run.path) for entry in entries)
        return next((slot for slot in slots if slot is not None), None)

    def on_click(self, event: Click) -> None:
        """Post the row or the header that was clicked."""
        index = self._top + event.y - 1
        if event.y == 0:
            visible = columns.columns_that_fit(self._columns, self.size.width)
            column = columns.column_at(visible, self.size.width, event.x)
            if column is not None:
                self.post_message(self.HeaderClicked(column))
        elif event.y <= self.page and index < len(self._entries):
            self.post_message(self.RowClicked(index, is_double=event.chain > 1))

    def on_mouse_scroll_down(self) -> None:
        """Select the run three rows below."""
        self.post_message(
            self.RowClicked(min(len(self._entries) - 1, self._pointer + 3), is_double=False)
        )

    def on_mouse_scroll_up(self) -> None:
        """Select the run three rows above."""
        self.post_message(self.RowClicked(max(0, self._pointer - 3), is_double=False))


def _role(column: RunColumn, entry: RunEntry) -> str:
    """How the theme shows the cell of a run."""
    if entry.note.hidden:
        return "dim"
    if column.id == columns.STATE.id:
        return STATE_SYMBOLS[entry.summary.state][1]
    is_main = column.id == columns.NAME.id or column.priority >= columns.LAST.priority
    return "text" if is_main else "dim"


class RunDetails(TextWidget):
    """Three rows on the selected run: state and owner; folder and command; tags and note."""

    DEFAULT_CSS = "RunDetails { height: 3; }"

    def __init__(self) -> None:
        super().__init__()
        self._entry: RunEntry | None = None
        self._columns: Sequence[RunColumn] = ()

    def show(self, entry: RunEntry | None, columns: Sequence[RunColumn] = ()) -> None:
        """Show the details of this run, and how many of the `columns` have no room."""
        self._entry, self._columns = entry, columns
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - three rows
        """State and data set, and hidden columns; folder and command line; tags and note."""
        entry, hidden = self._entry, self._hidden_columns(width)
        if entry is None:
            return [[(align_right(hidden, width), "dim")]]
        sign, role = STATE_SYMBOLS[entry.summary.state]
        state = f"{sign} {_state_text(entry)}"
        parent = f"branched from {entry.parent}" if entry.parent else ""
        facts = [entry.summary.name, entry.summary.dataset, parent]
        rest = "".join(f" · {fact}" for fact in facts if fact)
        note = "  ".join([*(f"#{tag}" for tag in entry.note.tags), entry.note.text])
        room = max(0, width - 4 - len(state))
        facts_room = min(room, cells(rest))
        if facts_room + len(hidden) + 2 > room:
            facts_room, hidden = room, ""
        return [
            [("    ", "dim"), (fit(state, min(len(state), max(0, width - 4))), role),
             (fit(rest, facts_room), "dim"), (align_right(hidden, room - facts_room), "dim")],
            [(fit(f"    {sanitize(str(entry.run.path))}  {entry.values.command}", width), "dim")],
            [(fit(f"    {note}", width), "text")],
        ]  # fmt: skip

    def _hidden_columns(self, width: int) -> str:
        count = len(self._columns) - len(columns.columns_that_fit(self._columns, width))
        return f"{counted(count, 'column')} without room; C chooses " if count else ""


def _state_text(entry: RunEntry) -> str:
    state = entry.summary
    if state.is_study:
        return f"{state.state}: {state.steps:,} of {state.max_steps:,} trials"
    if not state.is_live:
        return f"{state.state} at step {steps_of_plan(state.steps, state.max_steps)}"
    return (
        f"{state.state} by {entry.owner} on {state.host}, process {state.pid}, "
        f"since {columns.format_time(state.since)}"
    )
