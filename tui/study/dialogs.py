"""Dialogs of a study: one line, such as a setting or a range; and whether to stop all trials."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.widgets.capture import CapturingDialog
from tui.widgets.dialogs import CANCEL, ChoiceDialog, bindings_of


class LineDialog(CapturingDialog[str]):
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


STOP = ("stop", "s", "Stop", "the runs save and end; the same study can go on later")
KEEP = ("keep", "d", "Detach", "keep trying; `trainpad open STUDY` shows it again")


class StopAllDialog(ChoiceDialog):
    """Asks whether to stop all trials; returns ``stop`` or ``cancel``."""

    QUESTION = "Stop all trials and end this sweep?"
    CHOICES = (STOP, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(*CHOICES)


class LeaveDialog(ChoiceDialog):
    """Asks how to leave a sweep that runs; returns ``stop``, ``keep`` or ``cancel``."""

    QUESTION = "The sweep is still running."
    CHOICES = (STOP, KEEP, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(*CHOICES)
