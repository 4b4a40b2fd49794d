"""Modal dialogs: quit, stop the run, start a new run, branch from a checkpoint."""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.widgets.capture import CapturingDialog

EXPLANATION_WIDTH = 30
"""Cells for the explanation of a choice."""
STOP = ("stop", "s", "Stop and save", "end the run with a checkpoint")
STOP_PROGRAM = ("stop", "s", "Stop", "ask the program to end; SIGTERM where it has no run.tick()")
DETACH = ("detach", "d", "Detach", "keep training; `trainpad open` reattaches")
START_NEW = (
    "next",
    "n",
    "Stop and start new",
    "save a checkpoint, then train a new run with the panel's values",
)
CANCEL = ("cancel", "escape", "Cancel", "stay here")


class ChoiceDialog(CapturingDialog[str]):
    """A question with choices; returns the first item of the one that was chosen."""

    QUESTION: ClassVar[str]
    CHOICES: ClassVar[tuple[tuple[str, str, str, str], ...]]
    """Result, key, title and explanation."""

    def compose(self) -> ComposeResult:
        """The question and its choices."""
        with Vertical(id="dialog"):
            yield Static(self.QUESTION, markup=False)
            yield OptionList(
                *(
                    Option(
                        Content(_format_choice(title, "esc" if key == "escape" else key, explained))
                    )
                    for _, key, title, explained in self.CHOICES
                )
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the selected choice."""
        self.dismiss(self.CHOICES[event.option_index][0])

    def action_choose(self, choice: str) -> None:
        """Return this choice."""
        self.dismiss(choice)


def _format_choice(title: str, key: str, explanation: str) -> str:
    """Title, key and explanation in columns, the explanation wrapped in its own column."""
    first, *more = wrap(explanation, EXPLANATION_WIDTH)
    column = " " * 24
    return "\n".join([f"{title:18} {key:4} {first}", *(column + row for row in more)])


def bindings_of(*choices: tuple[str, str, str, str]) -> list[BindingType]:
    """The keys of these choices."""
    return [
        Binding(key, f"choose('{choice}')", title, show=False) for choice, key, title, _ in choices
    ]


class QuitDialog(ChoiceDialog):
    """Asks how to quit; returns ``stop``, ``detach`` or ``cancel``."""

    QUESTION = "The network is still training."
    CHOICES = (STOP, DETACH, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(*CHOICES)


class StopDialog(ChoiceDialog):
    """Asks whether to stop the run; returns ``stop`` or ``cancel``."""

    QUESTION = "Stop this run for everyone watching?"
    CHOICES = (STOP, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(*CHOICES)


class StopProgramDialog(ChoiceDialog):
    """Asks whether to stop an attached run, of which nobody knows whether it saves."""

    QUESTION = "Stop this run for everyone watching?"
    CHOICES = (STOP_PROGRAM, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(*CHOICES)


class NewRunDialog(ChoiceDialog):
    """Asks whether a new run may stop the one that is training; returns ``next`` or ``cancel``."""

    QUESTION = "A new run stops the one that is still training."
    CHOICES = (START_NEW, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(*CHOICES)


class BranchDialog(CapturingDialog[int]):
    """Asks which checkpoint a new run starts from; returns its index in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
    ]

    def __init__(self, choices: Sequence[str], changes: str) -> None:
        super().__init__()
        self._choices = choices
        self._changes = changes

    def compose(self) -> ComposeResult:
        """The new run's changes, and the checkpoints, newest first."""
        with Vertical(id="dialog"):
            yield Static(f"A new run from this one, {self._changes}", markup=False)
            yield OptionList(*(Option(Content(choice)) for choice in self._choices))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the index of the selected checkpoint."""
        self.dismiss(event.option_index)
