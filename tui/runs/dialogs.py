"""The dialogs of the Runs screen: a form with text fields, and a confirmation."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.widgets.capture import CapturingDialog


class FormDialog(CapturingDialog[list[str] | None]):
    """Text fields; returns their values, or None if cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", show=False),
    ]

    def __init__(self, title: str, fields: Sequence[tuple[str, str]], hint: str = "") -> None:
        """`fields` are labels with initial values."""
        super().__init__()
        self._title = title
        self._fields = fields
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The title, the fields, and the keys."""
        with Vertical(id="dialog"):
            yield Static(self._title, markup=False)
            for label, value in self._fields:
                yield Static(label, markup=False, classes="label")
                yield Input(value, compact=True)
            yield Static(
                f"{self._hint}enter to confirm, esc to cancel", markup=False, classes="hint"
            )

    @on(Input.Submitted)
    def _answer(self) -> None:
        self.dismiss([field.value for field in self.query(Input)])


class ConfirmDialog(CapturingDialog[bool]):
    """A question that only ``y`` confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n,escape,q", "answer(False)", "No", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question, and the keys."""
        with Vertical(id="dialog"):
            yield Static(self._question, markup=False)
            yield Static("y yes, esc no", markup=False, classes="hint")

    def action_answer(self, answer: bool) -> None:
        """Close with this answer."""
        self.dismiss(answer)
