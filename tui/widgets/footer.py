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

from tui.widgets.text_widget import Span, TextWidget

GAP = 2
"""Cells between two keys."""
CAPTURES_TYPING = "-typed-into"
"""The class of a widget whose keys alone work while it has the focus: what is typed is its own."""
GLOBAL_PREFIX = "app."
"""How the actions begin that every screen has."""


class KeyHint(NamedTuple):
    """A key that is shown: how it is written, what it does, and what Textual calls it."""

    label: str
    description: str
    key: str
    tooltip: str

    @property
    def width(self) -> int:
        """Cells that it takes, with the gap behind it."""
        return cell_len(self.label) + 1 + cell_len(self.description) + GAP


def key_label(app: App[object], binding: Binding, *, ascii_only: bool) -> str:
    """A key as it is written on keyboards; by its name where ASCII has no sign for it."""
    sign = app.get_key_display(binding)
    return sign if sign.isascii() or not ascii_only else binding.key


class KeyFooter(TextWidget):
    """The keys that work now; a click on one presses it."""

    DEFAULT_CSS = "KeyFooter { dock: bottom; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._positions: list[tuple[int, KeyHint]] = []
        """Where each entry begins."""

    def on_mount(self) -> None:
        """Follow what can be done: it depends on what has the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._update_keys)

    def _update_keys(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """As many keys of the screen's own as there is room for beside those of all screens."""
        own, everywhere = self._hints()
        tail = sum(entry.width for entry in everywhere)
        room = width - tail - 1
        fitting = []
        for entry in own:
            room -= entry.width
            if room < 0:
                break
            fitting.append(entry)
        between = max(0, width - 1 - tail - sum(entry.width for entry in fitting))
        self._positions = [*_positioned(fitting, 1), *_positioned(everywhere, max(1, width - tail))]
        parts = [(" ", "text"), *_spans(fitting), (" " * between, "text"), *_spans(everywhere)]
        return [parts]

    def _hints(self) -> tuple[list[KeyHint], list[KeyHint]]:
        """The keys of what is focused and of the screen; and those of all screens."""
        own: dict[str, KeyHint] = {}
        everywhere: dict[str, KeyHint] = {}
        if not self.screen.is_current:
            return [], []  # nothing can be pressed here yet, or any more
        refused: frozenset[str] = getattr(self.screen, "disabled_actions", frozenset())
        focused = self.screen.focused
        taker = focused if focused is not None and focused.has_class(CAPTURES_TYPING) else None
        for node, binding, enabled, tooltip in self.screen.active_bindings.values():
            shows = binding.show and enabled and binding.action not in refused
            if shows and _is_usable(binding, node, taker):
                sign = key_label(self.app, binding, ascii_only=self.ascii_only)
                entry = KeyHint(sign, binding.description, binding.key, tooltip)
                found = everywhere if binding.action.startswith(GLOBAL_PREFIX) else own
                found.setdefault(binding.action, entry)
        return [*own.values()], [*everywhere.values()]

    def _hint_at(self, x: int) -> KeyHint | None:
        for start, entry in self._positions:
            if start <= x < start + entry.width - GAP:
                return entry
        return None

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        entry = self._hint_at(event.x)
        if entry is not None:
            self.app.simulate_key(entry.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say more of the key under the pointer."""
        entry = self._hint_at(event.x)
        self.tooltip = entry.tooltip if entry is not None else None


def _is_usable(binding: Binding, node: DOMNode, taker: DOMNode | None) -> bool:
    """Whether a key gets past the widget that takes what is typed; help always does."""
    return taker is None or node is taker or binding.action == "app.help"


def _positioned(entries: list[KeyHint], start: int) -> Iterator[tuple[int, KeyHint]]:
    for entry in entries:
        yield start, entry
        start += entry.width


def _spans(entries: list[KeyHint]) -> Iterator[Span]:
    for entry in entries:
        yield entry.label, "live"
        yield f" {entry.description}{' ' * GAP}", "text"
