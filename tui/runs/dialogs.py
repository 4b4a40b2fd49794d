"""The two dialogs of the Runs screen: a form of a few lines, and a question to say yes to."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class Form(ModalScreen[list[str] | None]):
    """Asks for a few lines of text; answers with them, or None where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Leave", show=False),
    ]

    def __init__(self, title: str, fields: Sequence[tuple[str, str]], hint: str = "") -> None:
        """`fields` are labels, each with what stands there at first."""
        super().__init__()
        self._title = title
        self._fields = fields
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The title, a line for each field, and what to press."""
        with Vertical(id="dialog"):
            yield Static(self._title, markup=False)
            for label, value in self._fields:
                yield Static(label, markup=False, classes="label")
                yield Input(value, compact=True)
            yield Static(f"{self._hint}enter takes it, esc leaves", markup=False, classes="hint")

    @on(Input.Submitted)
    def _answer(self) -> None:
        self.dismiss([field.value for field in self.query(Input)])


class Question(ModalScreen[bool]):
    """Asks something that only ``y`` says yes to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n,escape,q", "answer(False)", "No", show=False),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question, and what to press."""
        with Vertical(id="dialog"):
            yield Static(self._question, markup=False)
            yield Static("y yes, esc no", markup=False, classes="hint")

    def action_answer(self, answer: bool) -> None:
        """Answer with this."""
        self.dismiss(answer)
