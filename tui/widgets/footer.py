"""The row of keys at the bottom: what this screen can do at the left, what all can at the right.

Textual's own Footer makes a widget of every key, and all of them anew whenever another screen or
widget takes over: most of what a key that changes the screen costs. This is one row of text.
"""

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tui.widgets.text_widget import Lines, Part

GAP = 2
"""Cells between two keys."""
TYPED_INTO = "-typed-into"
"""The class of a widget whose keys alone work while it has the focus: what is typed is its own."""
EVERYWHERE = "app."
"""How the actions begin that every screen has."""


class Entry(NamedTuple):
    """A key that is shown: how it is written, what it does, and what Textual calls it."""

    sign: str
    name: str
    key: str
    tooltip: str

    @property
    def width(self) -> int:
        """Cells that it takes, with the gap behind it."""
        return cell_len(self.sign) + 1 + cell_len(self.name) + GAP


def sign_of(app: App[object], binding: Binding, *, ascii_only: bool) -> str:
    """A key as it is written on keyboards; by its name where ASCII has no sign for it."""
    sign = app.get_key_display(binding)
    return sign if sign.isascii() or not ascii_only else binding.key


class KeyRow(Lines):
    """The keys that work now; a click on one presses it."""

    DEFAULT_CSS = "KeyRow { dock: bottom; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._placed: list[tuple[int, Entry]] = []
        """Where each entry begins."""

    def on_mount(self) -> None:
        """Follow what can be done: it depends on what has the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - one row
        """As many keys of the screen's own as there is room for beside those of all screens."""
        own, everywhere = self._entries()
        tail = sum(entry.width for entry in everywhere)
        room = width - tail - 1
        fitting = []
        for entry in own:
            room -= entry.width
            if room < 0:
                break
            fitting.append(entry)
        between = max(0, width - 1 - tail - sum(entry.width for entry in fitting))
        self._placed = [*_placed(fitting, 1), *_placed(everywhere, max(1, width - tail))]
        parts = [(" ", "text"), *_parts(fitting), (" " * between, "text"), *_parts(everywhere)]
        return [parts]

    def _entries(self) -> tuple[list[Entry], list[Entry]]:
        """The keys of what is focused and of the screen; and those of all screens."""
        own: dict[str, Entry] = {}
        everywhere: dict[str, Entry] = {}
        if not self.screen.is_current:
            return [], []  # nothing can be pressed here yet, or any more
        refused: frozenset[str] = getattr(self.screen, "refused", frozenset())
        focused = self.screen.focused
        taker = focused if focused is not None and focused.has_class(TYPED_INTO) else None
        for node, binding, enabled, tooltip in self.screen.active_bindings.values():
            shows = binding.show and enabled and binding.action not in refused
            if shows and _works(binding, node, taker):
                sign = sign_of(self.app, binding, ascii_only=self.ascii_only)
                entry = Entry(sign, binding.description, binding.key, tooltip)
                found = everywhere if binding.action.startswith(EVERYWHERE) else own
                found.setdefault(binding.action, entry)
        return [*own.values()], [*everywhere.values()]

    def _at(self, x: int) -> Entry | None:
        for start, entry in self._placed:
            if start <= x < start + entry.width - GAP:
                return entry
        return None

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        entry = self._at(event.x)
        if entry is not None:
            self.app.simulate_key(entry.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say more of the key under the pointer."""
        entry = self._at(event.x)
        self.tooltip = entry.tooltip if entry is not None else None


def _works(binding: Binding, node: DOMNode, taker: DOMNode | None) -> bool:
    """Whether a key gets past the widget that takes what is typed; help always does."""
    return taker is None or node is taker or binding.action == "app.help"


def _placed(entries: list[Entry], start: int) -> Iterator[tuple[int, Entry]]:
    for entry in entries:
        yield start, entry
        start += entry.width


def _parts(entries: list[Entry]) -> Iterator[Part]:
    for entry in entries:
        yield entry.sign, "live"
        yield f" {entry.name}{' ' * GAP}", "text"
