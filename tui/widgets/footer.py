"""The row of keys at the bottom: the screen's own at the left, those of all screens at the right.

Textual's Footer makes a widget of every key, and all of them again whenever another screen or
widget gets the focus: most of the cost of a key that changes the screen. This is one row of text.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tui.terminal.command_palette import (
    dimmed_actions,
    disabled_actions,
    key_label,
    key_name,
)
from tui.widgets.text_widget import Span, TextWidget

GAP = 2
"""Cells between two keys."""
CAPTURES_TYPING = "-captures-typing"
"""CSS class of a widget that receives all keys while it has the focus."""
GLOBAL_PREFIX = "app."
"""Prefix of the actions that every screen has."""


class KeyHint(NamedTuple):
    """A key in the footer."""

    label: str
    """How the key is written."""
    description: str
    key: str
    """Textual's name of the key."""
    tooltip: str
    dimmed: bool = False
    """Whether the key can do nothing now."""

    @property
    def width(self) -> int:
        """Cells, with the gap after it."""
        return cell_len(self.label) + 1 + cell_len(self.description) + GAP


class KeyFooter(TextWidget):
    """The keys that can be pressed now; a click on one presses it."""

    DEFAULT_CSS = "KeyFooter { dock: bottom; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._positions: list[tuple[int, KeyHint]] = []
        """The column where each key begins."""

    def on_mount(self) -> None:
        """Update with the bindings, which depend on the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._update_keys)

    def _update_keys(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """As many of the screen's own keys as fit beside those of all screens."""
        own, common = self._hints()
        common_width = sum(hint.width for hint in common)
        room = width - common_width - 1
        fitting = []
        for hint in own:
            room -= hint.width
            if room < 0:
                break
            fitting.append(hint)
        gap = max(0, width - 1 - common_width - sum(hint.width for hint in fitting))
        self._positions = [
            *_positioned(fitting, 1),
            *_positioned(common, max(1, width - common_width)),
        ]
        return [[(" ", "text"), *_spans(fitting), (" " * gap, "text"), *_spans(common)]]

    def _hints(self) -> tuple[list[KeyHint], list[KeyHint]]:
        """The keys of the focused widget and the screen, and those of all screens."""
        own: dict[str, KeyHint] = {}
        common: dict[str, KeyHint] = {}
        if not self.screen.is_current:
            return [], []  # no key reaches this screen now
        disabled = disabled_actions(self.screen)
        focused = self.screen.focused
        capturing = focused if focused is not None and focused.has_class(CAPTURES_TYPING) else None
        active = self.screen.active_bindings.values()
        dimmed_of = {node: dimmed_actions(node) for node in {binding.node for binding in active}}
        for node, binding, enabled, tooltip in active:
            is_shown = binding.show and enabled and binding.action not in disabled
            if is_shown and _is_usable(binding, node, capturing):
                label = key_label(self.app, binding, ascii_only=self.ascii_only)
                name = key_name(self.screen, binding)
                dimmed = binding.action in dimmed_of[node]
                hint = KeyHint(label, name, binding.key, tooltip, dimmed)
                hints = common if _is_common(self.screen, binding.action) else own
                hints.setdefault(binding.action, hint)
        first = [action for action in footer_first(self.screen) if action in own]
        ordered = dict.fromkeys([*first, *own])
        return [own[action] for action in ordered], [*common.values()]

    def _hint_at(self, x: int) -> KeyHint | None:
        for start, hint in self._positions:
            if start <= x < start + hint.width - GAP:
                return hint
        return None

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        hint = self._hint_at(event.x)
        if hint is not None:
            self.app.simulate_key(hint.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the tooltip of the key under the pointer."""
        hint = self._hint_at(event.x)
        self.tooltip = hint.tooltip if hint is not None else None


def _is_common(screen: Screen[object], action: str) -> bool:
    """Whether a key is at the right: all screens have one for this."""
    return action.startswith(GLOBAL_PREFIX) or action in getattr(screen, "FOOTER_LAST", ())


def footer_first(screen: Screen[object]) -> Sequence[str]:
    """The actions that a screen's row of keys begins with: what matters where room is short."""
    return getattr(screen, "FOOTER_FIRST", ())


def _is_usable(binding: Binding, node: DOMNode, capturing: DOMNode | None) -> bool:
    """Whether a key gets past the widget that captures typing; help always does."""
    if capturing is None or node is capturing or binding.action == "app.help":
        return True
    return binding.action in getattr(capturing, "PASSED_ACTIONS", ())


def _positioned(hints: list[KeyHint], start: int) -> Iterator[tuple[int, KeyHint]]:
    for hint in hints:
        yield start, hint
        start += hint.width


def _spans(hints: list[KeyHint]) -> Iterator[Span]:
    for hint in hints:
        yield hint.label, "dim" if hint.dimmed else "live"
        yield f" {hint.description}{' ' * GAP}", "dim" if hint.dimmed else "text"
