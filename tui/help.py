"""Every key of a screen, on one screen: the help, and the palette's entries, from the bindings."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.lines import fit, right

KEY_WIDTH = 9
COLUMN = 58
"""Cells that a key and its meaning take at the most."""


def bindings(screen: Screen[None]) -> Iterator[tuple[DOMNode, Binding]]:
    """What can be done on a screen by keys, and which node does it; each key once a node."""
    for node in (screen, *screen.query("*").results()):
        if node is not screen and not node.can_focus:
            continue
        done: set[str] = set()
        for _key, binding in node._bindings:  # noqa: SLF001 - there is no public way to list them
            if binding.tooltip and binding.action not in done:
                done.add(binding.action)
                yield node, binding


class Help(ModalScreen[None]):
    """Every key of a screen, with what it does, in as many columns as there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", show=False),
    ]

    def __init__(self, screen: Screen[None]) -> None:
        super().__init__()
        self._entries = [
            (screen.app.get_key_display(binding), binding.tooltip)
            for _node, binding in bindings(screen)
        ]

    def compose(self) -> ComposeResult:
        """Key and meaning, column by column."""
        columns = max(1, min(3, (self.app.size.width - 6) // COLUMN + 1))
        width = min(COLUMN, (self.app.size.width - 6) // columns)
        cells = [
            f"{right(key, KEY_WIDTH)}  {fit(meaning, width - KEY_WIDTH - 3)} "
            for key, meaning in self._entries
        ]
        rows = -(-len(cells) // columns)
        lines = ["".join(cells[row::rows]) for row in range(rows)]
        with VerticalScroll(id="help"):
            yield Static(Content("\n".join(line.rstrip() for line in lines)))
