"""A dialog that asks for one line: a setting to queue, a range, a number of trials."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class LineDialog(ModalScreen[str]):
    """Asks for a line of text; returns it, or nothing after escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", "Close", show=False)]

    def __init__(self, question: str, text: str, error: str = "") -> None:
        super().__init__()
        self._question, self._text, self._error = question, text, error

    def compose(self) -> ComposeResult:
        """The question, the line, and why the last one was refused."""
        with Vertical(id="dialog"):
            yield Static(self._question, markup=False)
            yield Input(self._text, compact=True)
            if self._error:
                yield Static(self._error, markup=False, id="dialog-error")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the line."""
        self.dismiss(event.value.strip())
