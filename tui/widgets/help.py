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

from tui.widgets.footer import sign_of
from tui.widgets.screens import PLACES
from tui.widgets.text_widget import fit, right, spelled

GO = "app.go("
PLAIN = "-ascii"
"""The class of an app that shows ASCII alone."""
COLUMN = 74
"""Cells that a key and its meaning take at the most."""
MOST = 3
"""Columns."""
FRAME_CELLS, FRAME_ROWS = 6, 2
"""What lies around the keys: a border, and blanks at both sides."""


def bindings(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """What can be done on a screen by keys, and which node does it; each key once a node."""
    refused: frozenset[str] = getattr(screen, "refused", frozenset())
    for node in (screen, *screen.query("*").results()):
        if node is not screen and not node.can_focus:
            continue
        done = set(refused)
        for _key, binding in node._bindings:  # noqa: SLF001 - there is no public way to list them
            if binding.tooltip and binding.action not in done:
                done.add(binding.action)
                yield node, binding


def commands(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What the palette offers on a screen: all that its keys do."""
    for node, binding in bindings(screen):
        action = partial(screen.app.run_action, binding.action, node)
        yield SystemCommand(binding.description, binding.tooltip, action)


class Help(ModalScreen[None]):
    """Every key of a screen, with what it does, in as few columns as there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", show=False),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        plain = screen.app.has_class(PLAIN)
        places = f"{PLACES[0].key}-{PLACES[-1].key}", ", ".join(place.title for place in PLACES)
        found = [binding for _node, binding in bindings(screen)]
        goes = any(binding.action.startswith(GO) for binding in found)
        self._entries = [(*places, "Screens")] * goes + [
            (sign_of(screen.app, binding, ascii_only=plain), binding.tooltip, binding.description)
            for binding in found
            if not binding.action.startswith(GO)
        ]

    def compose(self) -> ComposeResult:
        """Key and meaning, in as few columns as fit; a short name where a meaning has no room."""
        size = self.app.size
        columns = min(MOST, -(-len(self._entries) // max(1, size.height - FRAME_ROWS)))
        width = min(COLUMN, (size.width - FRAME_CELLS) // columns)
        keys = max(cell_len(key) for key, _, _ in self._entries)
        room = width - keys - 3
        cells = [
            f"{right(key, keys)}  {fit(meaning if cell_len(meaning) <= room else name, room)} "
            for key, meaning, name in self._entries
        ]
        rows = -(-len(cells) // columns)
        lines = ["".join(cells[row::rows]) for row in range(rows)]
        with VerticalScroll(id="help"):
            told = "\n".join(line.rstrip() for line in lines)
            yield Static(Content(spelled(told) if self.app.has_class(PLAIN) else told))
