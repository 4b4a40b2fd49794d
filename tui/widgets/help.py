"""Every key of a screen, on one screen: the help, and the palette's entries, from the bindings."""

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.widgets.footer import key_label
from tui.widgets.screens import SCREENS
from tui.widgets.text_widget import align_right, fit, to_ascii

GO_ACTION = "app.go("
ASCII_CLASS = "-ascii"
"""The class of an app that shows ASCII alone."""
MAX_COLUMN_WIDTH = 74
"""Cells that a key and its meaning take at the most."""
MAX_COLUMNS = 3
"""Columns."""
FRAME_CELLS, FRAME_ROWS = 6, 2
"""What lies around the keys: a border, and blanks at both sides."""


def screen_bindings(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """What can be done on a screen by keys, and which node does it; each key once a node."""
    refused: frozenset[str] = getattr(screen, "disabled_actions", frozenset())
    for node in (screen, *screen.query("*").results()):
        if node is not screen and not node.can_focus:
            continue
        done = set(refused)
        for _key, binding in node._bindings:  # noqa: SLF001 - there is no public way to list them
            if binding.tooltip and binding.action not in done:
                done.add(binding.action)
                yield node, binding


def palette_commands(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What the palette offers on a screen: all that its keys do."""
    for node, binding in screen_bindings(screen):
        action = partial(screen.app.run_action, binding.action, node)
        yield SystemCommand(binding.description, binding.tooltip, action)


class HelpScreen(ModalScreen[None]):
    """Every key of a screen, with what it does, in as few columns as there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", show=False),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        plain = screen.app.has_class(ASCII_CLASS)
        places = f"{SCREENS[0].key}-{SCREENS[-1].key}", ", ".join(place.title for place in SCREENS)
        found = [binding for _node, binding in screen_bindings(screen)]
        goes = any(binding.action.startswith(GO_ACTION) for binding in found)
        self._entries = [(*places, "Screens")] * goes + [
            (key_label(screen.app, binding, ascii_only=plain), binding.tooltip, binding.description)
            for binding in found
            if not binding.action.startswith(GO_ACTION)
        ]

    def compose(self) -> ComposeResult:
        """Key and meaning, in as few columns as fit; a short name where a meaning has no room."""
        size = self.app.size
        columns = min(MAX_COLUMNS, -(-len(self._entries) // max(1, size.height - FRAME_ROWS)))
        width = min(MAX_COLUMN_WIDTH, (size.width - FRAME_CELLS) // columns)
        keys = max(cell_len(key) for key, _, _ in self._entries)
        room = width - keys - 3
        cells = [
            f"{align_right(key, keys)}  {fit(text if cell_len(text) <= room else name, room)} "
            for key, text, name in self._entries
        ]
        rows = -(-len(cells) // columns)
        lines = ["".join(cells[row::rows]) for row in range(rows)]
        with VerticalScroll(id="help"):
            told = "\n".join(line.rstrip() for line in lines)
            yield Static(Content(to_ascii(told) if self.app.has_class(ASCII_CLASS) else told))
