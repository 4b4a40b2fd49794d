"""The table of runs, details of the selected one, and the differences of the marked ones.

The table draws its own rows, so that moving the pointer sends two rows to the terminal.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from core.run.hparams import SPECS
from core.rundir.overview import RunEntry, differing_hparams
from tui.chart.chart import Chart
from tui.chart.palette import LINE_STYLES, ChartStyle
from tui.chart.scene import LETTERS
from tui.dashboard.header import STATE_SYMBOLS
from tui.runs import columns
from tui.runs.columns import RunColumn
from tui.widgets.text_widget import Span, TextWidget, align_right, fit


class LineColoured(TextWidget):
    """A widget of text rows in which runs have the colours of their lines on the chart."""

    @property
    def role_styles(self) -> Mapping[str, Style]:
        """The theme's styles, and one for each colour of lines: ``line-0``, ``line-1``, ..."""
        chart = self.screen.query(Chart).first()
        lines = {
            f"line-{i}": chart.chart_styles[ChartStyle.LINE + i] + Style(bold=True)
            for i in range(LINE_STYLES)
        }
        return {**super().role_styles, **lines}


def line_role(slot: int) -> str:
    """The role of the line with this number, in a `LineColoured` widget."""
    return f"line-{slot % LINE_STYLES}"


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
        self._entries: Sequence[RunEntry] = ()
        self._columns: Sequence[RunColumn] = ()
        self._marked: Mapping[Path, int] = {}
        self._pointer = 0
        self._top = 0
        self._sort_by: tuple[RunColumn, bool] = (columns.STARTED, False)
        self._empty_text = ""

    @property
    def page(self) -> int:
        """The number of visible runs."""
        return max(1, self.size.height - 1)

    def show(
        self,
        entries: Sequence[RunEntry],
        columns: Sequence[RunColumn],
        index: int,
        marked: Mapping[Path, int],
        sort_by: tuple[RunColumn, bool],
        empty_text: str,
    ) -> None:
        """Show these runs with the pointer at `index`, or `empty_text` if there are none.

        `marked` has the numbers of the letters and colours of marked runs. `sort_by` is the sort
        column, and whether the order is reversed.
        """
        if len(entries) != len(self._entries):
            self.refresh(layout=True)
        self._entries, self._columns, self._pointer = entries, columns, index
        self._marked, self._sort_by, self._empty_text = marked, sort_by, empty_text
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A header, and a row for each run; two rows for a text instead."""
        return 1 + max(1, len(self._entries))

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The header, and the runs that fit."""
        room = max(1, height - 1)
        self._top = max(min(self._top, self._pointer), self._pointer - room + 1)
        self._top = max(0, min(self._top, len(self._entries) - room))
        visible = columns.columns_that_fit(self._columns, width)
        sort_by, is_reversed = self._sort_by
        if not self._entries:
            return [[], [(fit(f"    {self._empty_text}", width), "dim")]]
        body = [
            self._row(index, visible, width)
            for index in range(self._top, min(self._top + room, len(self._entries)))
        ]
        arrows = "v^" if self.ascii_only else "▼▲"
        is_descending = sort_by.descending != is_reversed
        header = columns.header(visible, width, sort_by, arrows[0] if is_descending else arrows[1])
        return [header, *body]

    def _row(self, index: int, visible: Sequence[RunColumn], width: int) -> list[Span]:
        entry = self._entries[index]
        is_selected = index == self._pointer
        slot = self._marked.get(entry.run.path)
        pointer = "›" if is_selected else " "
        parts: list[Span] = [(f"{pointer} ", "live"), ("  ", "live")]
        if slot is not None:
            parts[1] = f"{LETTERS[slot]} ", line_role(slot)
        for column, text in columns.cells(entry, visible, width):
            role = "text"
            if column is columns.STATE:
                role = STATE_SYMBOLS[entry.summary.state][1]
            elif column is not columns.NAME and column.priority < columns.FIXED[1].priority:
                role = "dim"
            parts.append((text, role))
        if not is_selected:
            return parts
        text = "".join(text for text, _ in parts)
        return [(fit(text, width), "selected")]

    def on_click(self, event: Click) -> None:
        """Post the row or the header that was clicked."""
        index = self._top + event.y - 1
        if event.y == 0:
            visible = columns.columns_that_fit(self._columns, self.size.width)
            column = columns.column_at(visible, self.size.width, event.x)
            if column is not None:
                self.post_message(self.HeaderClicked(column))
        elif index < len(self._entries):
            self.post_message(self.RowClicked(index, is_double=event.chain > 1))

    def on_mouse_scroll_down(self) -> None:
        """Select the run three rows below."""
        self.post_message(
            self.RowClicked(min(len(self._entries) - 1, self._pointer + 3), is_double=False)
        )

    def on_mouse_scroll_up(self) -> None:
        """Select the run three rows above."""
        self.post_message(self.RowClicked(max(0, self._pointer - 3), is_double=False))


class RunDetails(TextWidget):
    """Two rows on the selected run: its state and owner, then tags and note."""

    DEFAULT_CSS = "RunDetails { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._entry: RunEntry | None = None

    def show(self, entry: RunEntry | None) -> None:
        """Show the details of this run."""
        self._entry = entry
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """State and data set; tags and note."""
        entry = self._entry
        if entry is None:
            return []
        sign, role = STATE_SYMBOLS[entry.summary.state]
        state = f"{sign} {_state_text(entry)}"
        parent = f"branched from {entry.parent}" if entry.parent else ""
        facts = [entry.summary.name, entry.summary.dataset, parent]
        rest = "".join(f" · {fact}" for fact in facts if fact)
        note = "  ".join([*(f"#{tag}" for tag in entry.note.tags), entry.note.text])
        return [
            [("    ", "dim"), (fit(state, min(len(state), max(0, width - 4))), role),
             (fit(rest, max(0, width - 4 - len(state))), "dim")],
            [(fit(f"    {note}", width), "text")],
        ]  # fmt: skip


def _state_text(entry: RunEntry) -> str:
    state = entry.summary
    if not state.is_live:
        return f"{state.state} at step {state.steps:,} of {state.max_steps:,}"
    return (
        f"{state.state} by {entry.owner} on {state.host}, process {state.pid}, "
        f"since {columns.format_time(state.since)}"
    )


class HparamDifferences(LineColoured):
    """The hyperparameters in which the marked runs differ, or a single run's non-default ones.

    Of more runs than fit, the first are shown.
    """

    LABEL_WIDTH, COLUMN_WIDTH, MIN_COLUMN_WIDTH = 16, 10, 7

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[tuple[str, RunEntry]] = ()

    def show(self, entries: Sequence[tuple[str, RunEntry]]) -> None:
        """Compare these runs, each with its letter."""
        is_wider = len(entries) != len(self._entries)
        self._entries = entries
        if is_wider:
            self.refresh(layout=True)
        self.redraw()

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's
        """The width of the labels and of one column per run."""
        return self.LABEL_WIDTH + self.COLUMN_WIDTH * max(2, len(self._entries))

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - all are visible
        """A header with the letters, accuracy, steps, and a row per hyperparameter."""
        if not self._entries:
            return []
        several = len(self._entries) > 1
        names = (
            differing_hparams([entry for _, entry in self._entries])
            if several
            else _non_default(self._entries[0][1])
        )
        fitting = self._fitting(width)
        title = "differences" if several else "hyperparameters"
        if len(fitting) < len(self._entries):
            title = f"{len(fitting)} of {len(self._entries)} runs"
        none = "no differing hyperparameters" if several else "all defaults"
        letters = [letter for letter, _ in fitting] if several else [""]
        body = [
            self._row(
                "best prec. @ 1", lambda e: columns.format_accuracy(e.summary.best), width, "text"
            ),
            self._row(
                "last prec. @ 1", lambda e: columns.format_accuracy(e.last_accuracy), width, "text"
            ),
            self._row("steps", lambda e: f"{e.summary.steps:,}", width, "dim"),
            *(self._hyperparameter_row(name, width) for name in names),
        ]
        header: list[Span] = [(fit(title, self.LABEL_WIDTH), "dim")]
        header += [
            (self._align(letter, width), line_role(LETTERS.index(letter)) if letter else "live")
            for letter in letters
        ]
        return [header, *body, *([] if names else [[(none, "dim")]])]

    def _hyperparameter_row(self, name: str, width: int) -> list[Span]:
        declared = SPECS[name]

        def show(entry: RunEntry) -> str:
            value = entry.hyperparameters[name]
            return entry.network if name == "network" else declared.format(value)

        return self._row(declared.label, show, width, "text")

    def _row(
        self, label: str, show: Callable[[RunEntry], str], width: int, role: str
    ) -> list[Span]:
        values = [(self._align(show(entry), width), role) for _, entry in self._fitting(width)]
        return [(fit(label, self.LABEL_WIDTH), "dim"), *values]

    def _fitting(self, width: int) -> Sequence[tuple[str, RunEntry]]:
        """The runs of which the columns fit."""
        return self._entries[: max(1, (width - self.LABEL_WIDTH) // self.MIN_COLUMN_WIDTH)]

    def _align(self, text: str, width: int) -> str:
        """`text`, right-aligned in a run's column."""
        room = (width - self.LABEL_WIDTH) // max(1, len(self._fitting(width)))
        most = self.COLUMN_WIDTH * (1 if len(self._entries) > 1 else 2)
        room = max(self.MIN_COLUMN_WIDTH, min(most, room))
        return " " + align_right(text, room - 1)


def _non_default(entry: RunEntry) -> list[str]:
    return [
        name for name, declared in SPECS.items() if entry.hyperparameters[name] != declared.default
    ]
