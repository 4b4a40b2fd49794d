"""The two screens that lie over another: how to leave, and which keys there are."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

CHOICES = (
    ("stop", "s", "Stop and save", "end the run with a checkpoint"),
    ("detach", "d", "Detach", "leave it training; `trainpad open` comes back to it"),
    ("go on", "escape", "Go on", "stay here"),
)


class QuitDialog(ModalScreen[str]):
    """Asks how to leave a run that trains; answers ``stop``, ``detach`` or ``go on``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"choose('{choice}')", title, show=False) for choice, key, title, _ in CHOICES
    ]

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical(id="dialog"):
            yield Static("The network is still training.", markup=False)
            yield OptionList(
                *(
                    Option(Content(f"{title:14} {'esc' if key == 'escape' else key:4} {what}"))
                    for _, key, title, what in CHOICES
                )
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer with the chosen one."""
        self.dismiss(CHOICES[event.option_index][0])

    def action_choose(self, choice: str) -> None:
        """Answer with this."""
        self.dismiss(choice)


class Help(ModalScreen[None]):
    """Every key of a screen, with what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", show=False),
    ]

    def __init__(self, screen: Screen[None]) -> None:
        super().__init__()
        self._rows = _keys(screen)

    def compose(self) -> ComposeResult:
        """Two columns: key and meaning."""
        with VerticalScroll(id="help"):
            yield Static(Content("\n".join(self._rows)))


def _keys(screen: Screen[None]) -> list[str]:
    rows: dict[str, str] = {}
    widgets = [screen, *screen.query("*")]
    for node in widgets:
        for _key, binding in node._bindings:  # noqa: SLF001 - there is no public way to list them
            if binding.tooltip:
                shown = screen.app.get_key_display(binding)
                rows.setdefault(binding.tooltip, shown)
    return [f"{shown:>12}   {meaning}" for meaning, shown in rows.items()]
