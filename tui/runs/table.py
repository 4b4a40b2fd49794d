"""The list of runs, what is known of the one that is pointed at, and how marked ones differ.

The list draws its own rows, so that moving the pointer sends two rows and not a whole table.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from core.run.hparams import SPECS
from core.rundir.overview import RunEntry, differing_hparams
from tui.dashboard.header import STATE_SYMBOLS
from tui.runs import rows
from tui.runs.rows import RunColumn
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

MARKS = "abcdef"
"""The letters of marked runs, as the chart gives them: as many as it has colours."""


class RunsTable(TextWidget):
    """A row for each run, with a pointer on one of them."""

    class RowClicked(Message):
        """A row was clicked."""

        def __init__(self, place: int, *, twice: bool) -> None:
            super().__init__()
            self.index = place
            self.is_double = twice

    class HeaderClicked(Message):
        """The name of a column was clicked."""

        def __init__(self, column: RunColumn) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[RunEntry] = ()
        self._columns: Sequence[RunColumn] = ()
        self._marked: Mapping[Path, str] = {}
        self._pointer = 0
        self._top = 0
        self._sort_by: tuple[RunColumn, bool] = (rows.STARTED, False)
        self._empty_text = ""

    @property
    def page(self) -> int:
        """How many runs are shown at once."""
        return max(1, self.size.height - 1)

    def show(
        self,
        entries: Sequence[RunEntry],
        columns: Sequence[RunColumn],
        place: int,
        marked: Mapping[Path, str],
        by: tuple[RunColumn, bool],
        empty: str,
    ) -> None:
        """Show these runs with the pointer at `place`; `empty` is said where there are none.

        `by` is the column that they are sorted by, and whether the other way round.
        """
        self._entries, self._columns, self._pointer = entries, columns, place
        self._marked, self._sort_by, self._empty_text = marked, by, empty
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The head, and as many runs as there is room for."""
        room = max(1, height - 1)
        self._top = max(min(self._top, self._pointer), self._pointer - room + 1)
        self._top = max(0, min(self._top, len(self._entries) - room))
        given = rows.columns_that_fit(self._columns, width)
        by, backward = self._sort_by
        if not self._entries:
            return [[], [(fit(f"    {self._empty_text}", width), "dim")]]
        body = [
            self._row(place, given, width)
            for place in range(self._top, min(self._top + room, len(self._entries)))
        ]
        arrows = "v^" if self.ascii_only else "▼▲"
        falls = by.descending != backward
        head = rows.header(given, width, by, arrows[0] if falls else arrows[1])
        return [head, *body]

    def _row(self, place: int, given: Sequence[RunColumn], width: int) -> list[Span]:
        entry = self._entries[place]
        here = place == self._pointer
        letter = self._marked.get(entry.run.path, " ")
        parts: list[Span] = [(f"{'›' if here else ' '} {letter} ", "live")]
        for column, text in rows.cells(entry, given, width):
            role = "text"
            if column is rows.STATE:
                role = STATE_SYMBOLS[entry.summary.state][1]
            elif column is not rows.NAME and column.priority < rows.FIXED[1].priority:
                role = "dim"
            parts.append((text, role))
        if not here:
            return parts
        text = "".join(text for text, _ in parts)
        return [(fit(text, width), "selected")]

    def on_click(self, event: Click) -> None:
        """Point at the row that was clicked, or sort by the column."""
        place = self._top + event.y - 1
        if event.y == 0:
            given = rows.columns_that_fit(self._columns, self.size.width)
            column = rows.column_at(given, self.size.width, event.x)
            if column is not None:
                self.post_message(self.HeaderClicked(column))
        elif place < len(self._entries):
            self.post_message(self.RowClicked(place, twice=event.chain > 1))

    def on_mouse_scroll_down(self) -> None:
        """Point three rows lower."""
        self.post_message(
            self.RowClicked(min(len(self._entries) - 1, self._pointer + 3), twice=False)
        )

    def on_mouse_scroll_up(self) -> None:
        """Point three rows higher."""
        self.post_message(self.RowClicked(max(0, self._pointer - 3), twice=False))


class RunDetails(TextWidget):
    """Two rows on the run that is pointed at: who trains it where, and what was noted."""

    DEFAULT_CSS = "RunDetails { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._entry: RunEntry | None = None

    def show(self, entry: RunEntry | None) -> None:
        """Show what is known of this run."""
        self._entry = entry
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """Facts, and tags with the note."""
        entry = self._entry
        if entry is None:
            return []
        sign, role = STATE_SYMBOLS[entry.summary.state]
        told = f"{sign} {_state_text(entry)}"
        facts = [entry.summary.name, entry.summary.dataset]
        rest = "".join(f" · {fact}" for fact in facts if fact)
        noted = "  ".join([*(f"#{tag}" for tag in entry.note.tags), entry.note.text])
        return [
            [("    ", "dim"), (fit(told, min(len(told), max(0, width - 4))), role),
             (fit(rest, max(0, width - 4 - len(told))), "dim")],
            [(fit(f"    {noted}", width), "text")],
        ]  # fmt: skip


def _state_text(entry: RunEntry) -> str:
    state = entry.summary
    if not state.is_live:
        return f"{state.state} at step {state.steps:,} of {state.max_steps:,}"
    return (
        f"{state.state} by {entry.owner} on {state.host}, process {state.pid}, "
        f"since {rows.format_time(state.since)}"
    )


class Differences(TextWidget):
    """In what the marked runs differ; of a single run, what is not at its default."""

    LABEL_WIDTH, COLUMN_WIDTH = 16, 10

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[tuple[str, RunEntry]] = ()

    def show(self, entries: Sequence[tuple[str, RunEntry]]) -> None:
        """Show these runs, each with its letter."""
        wider = len(entries) != len(self._entries)
        self._entries = entries
        if wider:
            self.refresh(layout=True)
        self.redraw()

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's
        """A column for each run."""
        return self.LABEL_WIDTH + self.COLUMN_WIDTH * max(2, len(self._entries))

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - all are given
        """A head with the letters, precision, and a row for each hyperparameter."""
        if not self._entries:
            return []
        several = len(self._entries) > 1
        names = (
            differing_hparams([entry for _, entry in self._entries])
            if several
            else _non_default(self._entries[0][1])
        )
        title = "differences" if several else "hyperparameters"
        none = "none in their hyperparameters" if several else "all at their defaults"
        letters = [letter for letter, _ in self._entries] if several else [""]
        body = [
            self._row(
                "best precision", lambda e: rows.format_accuracy(e.summary.best), width, "text"
            ),
            self._row("steps", lambda e: f"{e.summary.steps:,}", width, "dim"),
            *(self._hyperparameter_row(name, width) for name in names),
        ]
        head: list[Span] = [(fit(title, self.LABEL_WIDTH), "dim")]
        head += [(self._align(letter, width), "live") for letter in letters]
        return [head, *body, *([] if names else [[(none, "dim")]])]

    def _hyperparameter_row(self, name: str, width: int) -> list[Span]:
        declared = SPECS[name]

        def show(entry: RunEntry) -> str:
            value = entry.hyperparameters[name]
            return entry.network if name == "hidden" else declared.format(value)

        return self._row(declared.label, show, width, "text")

    def _row(
        self, label: str, show: Callable[[RunEntry], str], width: int, role: str
    ) -> list[Span]:
        values = [(self._align(show(entry), width), role) for _, entry in self._entries]
        return [(fit(label, self.LABEL_WIDTH), "dim"), *values]

    def _align(self, text: str, width: int) -> str:
        """`text` at the right of its run's column."""
        room = (width - self.LABEL_WIDTH) // max(1, len(self._entries))
        room = max(
            4, min(self.COLUMN_WIDTH if len(self._entries) > 1 else 2 * self.COLUMN_WIDTH, room)
        )
        return " " + align_right(text, room - 1)


def _non_default(entry: RunEntry) -> list[str]:
    return [
        name for name, declared in SPECS.items() if entry.hyperparameters[name] != declared.default
    ]
