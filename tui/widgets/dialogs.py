"""The screens that lie over another: how to leave or end a run, for what, from where to branch."""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

EXPLANATION_WIDTH = 34
"""Cells for what an answer does."""
STOP = ("stop", "s", "Stop and save", "end the run with a checkpoint")
DETACH = ("detach", "d", "Detach", "leave it training; `trainpad open` comes back to it")
START_NEW = (
    "next",
    "n",
    "End it",
    "save a checkpoint, then train a new run with what the panel says",
)
CANCEL = ("go on", "escape", "Go on", "stay here")


class ChoiceDialog(ModalScreen[str]):
    """Asks what to do about a run that trains; answers with the first word of a choice."""

    QUESTION: ClassVar[str]
    CHOICES: ClassVar[tuple[tuple[str, str, str, str], ...]]
    """Answer, key, title and what it does."""

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical(id="dialog"):
            yield Static(self.QUESTION, markup=False)
            yield OptionList(
                *(
                    Option(Content(_format_choice(title, "esc" if key == "escape" else key, what)))
                    for _, key, title, what in self.CHOICES
                )
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer with the chosen one."""
        self.dismiss(self.CHOICES[event.option_index][0])

    def action_choose(self, choice: str) -> None:
        """Answer with this."""
        self.dismiss(choice)


def _format_choice(title: str, key: str, what: str) -> str:
    """Title, key and meaning in columns; what goes on in a second row begins where it began."""
    first, *more = wrap(what, EXPLANATION_WIDTH)
    return "\n".join([f"{title:14} {key:4} {first}", *(" " * 20 + row for row in more)])


def _bindings(*choices: tuple[str, str, str, str]) -> list[BindingType]:
    return [
        Binding(key, f"choose('{choice}')", title, show=False) for choice, key, title, _ in choices
    ]


class QuitDialog(ChoiceDialog):
    """Asks how to leave; answers ``stop``, ``detach`` or ``go on``."""

    QUESTION = "The network is still training."
    CHOICES = (STOP, DETACH, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = _bindings(*CHOICES)


class StopDialog(ChoiceDialog):
    """Asks whether to end the run; answers ``stop`` or ``go on``."""

    QUESTION = "End this run, for everybody who looks at it?"
    CHOICES = (STOP, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = _bindings(*CHOICES)


class NewRunDialog(ChoiceDialog):
    """Asks whether a new run is to end the one that trains; answers ``next`` or ``go on``."""

    QUESTION = "A new run ends the one that is still training."
    CHOICES = (START_NEW, CANCEL)
    BINDINGS: ClassVar[list[BindingType]] = _bindings(*CHOICES)


class BranchDialog(ModalScreen[int]):
    """Asks which checkpoint a new run is to start with; answers its place in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
    ]

    def __init__(self, choices: Sequence[str], changes: str) -> None:
        super().__init__()
        self._choices = choices
        self._changes = changes

    def compose(self) -> ComposeResult:
        """What the new run will be, and the checkpoints, newest first."""
        with Vertical(id="dialog"):
            yield Static(f"A new run from this one, {self._changes}", markup=False)
            yield OptionList(*(Option(Content(choice)) for choice in self._choices))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer with the chosen one."""
        self.dismiss(event.option_index)
