"""The help screen: every key of a screen, from its bindings."""

from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.terminal.characters import ASCII_CLASS, to_ascii
from tui.terminal.command_palette import key_label, screen_bindings
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import align_right, fit

GO_ACTION = "app.go("
MAX_COLUMN_WIDTH = 74
"""Cells of a key and its explanation."""
MAX_COLUMNS = 3
FRAME_CELLS, FRAME_ROWS = 6, 2
"""Taken by the border and the margins."""


class HelpScreen(ModalScreen[None]):
    """Every key of a screen and what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", show=False),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        ascii_only = screen.app.has_class(ASCII_CLASS)
        screens = ", ".join(info.title for info in SCREENS)
        screen_keys = f"{SCREENS[0].key}-{SCREENS[-1].key}", screens, "Screens"
        found = [binding for _node, binding in screen_bindings(screen)]
        has_screen_keys = any(binding.action.startswith(GO_ACTION) for binding in found)
        self._entries = [screen_keys] * has_screen_keys + [
            (
                key_label(screen.app, binding, ascii_only=ascii_only),
                binding.tooltip,
                binding.description,
            )
            for binding in found
            if not binding.action.startswith(GO_ACTION)
        ]
        """Key, explanation and short description."""

    def compose(self) -> ComposeResult:
        """Keys and explanations in as few columns as fit; descriptions where these do not fit."""
        size = self.app.size
        columns = min(MAX_COLUMNS, -(-len(self._entries) // max(1, size.height - FRAME_ROWS)))
        width = min(MAX_COLUMN_WIDTH, (size.width - FRAME_CELLS) // columns)
        key_width = max(cell_len(key) for key, _, _ in self._entries)
        room = width - key_width - 3
        cells = [
            f"{align_right(key, key_width)}  "
            f"{fit(tooltip if cell_len(tooltip) <= room else description, room)} "
            for key, tooltip, description in self._entries
        ]
        rows = -(-len(cells) // columns)
        lines = ["".join(cells[row::rows]) for row in range(rows)]
        with VerticalScroll(id="help"):
            text = "\n".join(line.rstrip() for line in lines)
            yield Static(Content(to_ascii(text) if self.app.has_class(ASCII_CLASS) else text))
