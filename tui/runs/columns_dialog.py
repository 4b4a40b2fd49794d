"""The dialog that chooses the columns of the runs table."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.runs.columns import RunColumn


class ColumnsDialog(ModalScreen[list[str] | None]):
    """A list of columns that typing narrows; returns the ids of those that are shown.

    An empty list is the default; None where nothing was changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Done", show=False),
        Binding("ctrl+r", "reset", "Default", show=False),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
    ]

    def __init__(self, columns: Sequence[RunColumn], shown: Sequence[str]) -> None:
        """`shown` are the ids of those that are shown now."""
        super().__init__()
        self._columns = columns
        self._shown = set(shown)
        self._listed: list[RunColumn] = []
        self._is_changed = False

    def compose(self) -> ComposeResult:
        """The filter, the columns, and the keys."""
        with Vertical(id="dialog"):
            yield Static("Columns", markup=False)
            yield Input(placeholder="type to narrow the list", compact=True)
            yield OptionList(id="columns")
            yield Static(
                "enter shows or hides a column, ctrl+r is the default, esc is done",
                markup=False,
                classes="hint",
            )

    def on_mount(self) -> None:
        """List all columns."""
        self.query_one(OptionList).can_focus = False
        self._list()

    @on(Input.Changed)
    def _list(self) -> None:
        text = self.query_one(Input).value.lower()
        self._listed = [column for column in self._columns if text in column.name.lower()]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._prompt(column)) for column in self._listed)
        options.highlighted = 0 if self._listed else None

    def _prompt(self, column: RunColumn) -> Content:
        return Content(f"[{'x' if column.id in self._shown else ' '}] {column.name}")

    @on(Input.Submitted)
    def _toggle_highlighted(self) -> None:
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
        self.query_one(OptionList).replace_option_prompt_at_index(index, self._prompt(column))

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
        chosen = [column.id for column in self._columns if column.id in self._shown]
        self.dismiss(chosen if self._is_changed else None)
