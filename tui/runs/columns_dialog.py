"""The dialog that chooses the columns of the runs table."""

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.runs.columns import RunColumn
from tui.widgets.capture import CapturingDialog


class ColumnsFilter(Input):
    """The text that narrows the list, without blanks: the space key ticks a column."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether a key is text."""
        return key != "space" and super().check_consume_key(key, character)


class ColumnsDialog(CapturingDialog[list[str] | None]):
    """A list of columns that typing narrows; returns the ids of those that are shown.

    An empty list is the default; None where nothing was changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Done", show=False),
        Binding("ctrl+r", "reset", "Default", show=False),
        Binding("space", "tick", "Tick", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
    ]

    def __init__(
        self,
        columns: Sequence[RunColumn],
        shown: Sequence[str],
        fitting: Callable[[Sequence[str]], Collection[str]],
    ) -> None:
        """`shown` are the ids of those that are shown now.

        `fitting` returns those for which the screen has room, of the ids that were chosen; without
        any, of the default.
        """
        super().__init__()
        self._columns = columns
        self._shown = set(shown)
        self._fitting = fitting
        self._with_room: Collection[str] = fitting([])
        self._listed: list[RunColumn] = []
        self._is_changed = False

    def compose(self) -> ComposeResult:
        """The filter, the columns, and the keys."""
        with Vertical(id="dialog"):
            yield Static("Columns", markup=False)
            yield ColumnsFilter(placeholder="type to narrow the list", compact=True)
            yield OptionList(id="columns")
            yield Static(
                "enter or space shows or hides a column, ctrl+r is the default, esc is done",
                markup=False,
                classes="hint",
            )

    def on_mount(self) -> None:
        """List all columns."""
        self.query_one(OptionList).can_focus = False
        self._list()

    @on(Input.Changed)
    def _list(self) -> None:
        text = _without_blanks(self.query_one(Input).value)
        self._listed = [column for column in self._columns if text in _without_blanks(column.name)]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._prompt(column)) for column in self._listed)
        options.highlighted = 0 if self._listed else None

    def _prompt(self, column: RunColumn) -> Content:
        is_shown = column.id in self._shown
        label = f"[{'x' if is_shown else ' '}] {column.name}"
        if is_shown and column.id not in self._with_room:
            return Content(f"{label}  (no room at this width)")
        return Content(label)

    @on(Input.Submitted)
    def action_tick(self) -> None:
        """Show or hide the highlighted column; a blank is no text to search for."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self._toggle(index)

    @on(OptionList.OptionSelected)
    def _toggle_selected(self, event: OptionList.OptionSelected) -> None:
        self._toggle(event.option_index)

    def _toggle(self, index: int) -> None:
        column = self._listed[index]
        self._shown ^= {column.id}
        self._is_changed = True
        self._with_room = self._fitting(self._chosen)
        options = self.query_one(OptionList)
        for at, listed in enumerate(self._listed):
            options.replace_option_prompt_at_index(at, self._prompt(listed))

    @property
    def _chosen(self) -> list[str]:
        return [column.id for column in self._columns if column.id in self._shown]

    def action_move(self, rows: int) -> None:
        """Move the highlight."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = max(0, min(options.highlighted + rows, len(self._listed) - 1))

    def action_reset(self) -> None:
        """Show the default columns."""
        self.dismiss([])

    def action_close(self) -> None:
        """Close; what was chosen is shown."""
        self.dismiss(self._chosen if self._is_changed else None)


def _without_blanks(text: str) -> str:
    return text.lower().replace(" ", "")
