"""Textual's command palette with the commands of a screen's keys, safe on tiny terminals."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Final

from rich.console import RenderableType
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette
from textual.dom import DOMNode
from textual.events import Resize
from textual.screen import Screen

from tui.terminal.characters import ASCII_CLASS
from tui.terminal.dimmed import dimmed
from tui.terminal.textual_private import bindings_of

BUILTIN_COMMANDS = ("Theme", "Quit")
"""Textual's own commands that are offered; the others are for other kinds of apps."""
KEY_GROUPS: Final = {"←↓↑→": "←", ", .": ","}
"""How the row of keys names several keys at once, and the one of them that has the binding."""


ENTRY_ROWS = 2
"""Rows of a command in the palette: its name, and what it does."""
LIST_SHARE, LIST_BORDER, AROUND_LIST = 0.7, 2, 10
"""How much of the screen's height the palette's list takes at most with its border, the rows of
that, and those of all that is above and below its entries."""


class SafeCommandPalette(CommandPalette):
    """The palette with whole entries; paging does nothing while its list has no visible row."""

    DEFAULT_CSS = """
    SafeCommandPalette CommandList {
        box-sizing: content-box;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "page('page_down')", "Next page", show=False),
        Binding("pageup", "page('page_up')", "Previous page", show=False),
    ]

    def on_resize(self, event: Resize) -> None:
        """Let the list end with the last row of an entry."""
        self.query_one(CommandList).styles.max_height = list_rows(event.size.height)

    def render(self) -> RenderableType:
        """What is below, dimmed."""
        return dimmed(super().render())

    def action_page(self, action: str) -> None:
        """Page up or down; Textual's own action raises while no row is visible."""
        commands = self.query_one(CommandList)
        if commands.scrollable_content_region:
            getattr(commands, f"action_{action}")()


def list_rows(height: int) -> int:
    """Rows of the palette's list: whole entries, if the screen is as high as one of them needs."""
    most = max(0, int(LIST_SHARE * height) - LIST_BORDER)
    entries = min(most, height - AROUND_LIST) // ENTRY_ROWS
    return entries * ENTRY_ROWS if entries > 0 else most


def disabled_actions(screen: Screen[Any]) -> frozenset[str]:
    """The actions of a screen that are unavailable in this window; none if it does not say."""
    return getattr(screen, "disabled_actions", frozenset())


def dimmed_actions(node: DOMNode) -> frozenset[str]:
    """The actions of a screen or widget that can do nothing now; none if it does not say."""
    return getattr(node, "dimmed_actions", frozenset())


def key_name(screen: Screen[Any], binding: Binding) -> str:
    """What a key does in a word or two; it may depend on the state of what the screen shows."""
    names: Mapping[str, str] = getattr(screen, "key_names", {})
    return names.get(binding.action, binding.description)


def key_label(app: App[object], binding: Binding, *, ascii_only: bool) -> str:
    """A key as it is written on keyboards; by its name where ASCII has no symbol for it."""
    label = app.get_key_display(binding)
    return label if label.isascii() or not ascii_only else binding.key


def own_key_label(app: App[object], binding: Binding, *, ascii_only: bool = False) -> str:
    """As `key_label`, without the other keys that the row of keys names with this one."""
    label = key_label(app, binding, ascii_only=ascii_only)
    return KEY_GROUPS.get(label, label)


def screen_bindings(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """The bindings with a tooltip on a screen, and the node of each; one per node and action."""
    disabled = disabled_actions(screen)
    for node in (screen, *screen.query("*").results()):
        if node is not screen and not node.can_focus:
            continue
        seen = set(disabled)
        for binding in bindings_of(node):
            if binding.tooltip and binding.action not in seen:
                seen.add(binding.action)
                yield node, binding


def palette_commands(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """The commands of the keys that do something now, each with its key."""
    ascii_only = screen.app.has_class(ASCII_CLASS)
    for node, binding in screen_bindings(screen):
        is_focused = node is screen or node is screen.focused
        if is_focused and binding.action not in dimmed_actions(node):
            action = partial(screen.app.run_action, binding.action, node)
            key = key_label(screen.app, binding, ascii_only=ascii_only)
            title = f"{key_name(screen, binding)} ({key})"
            yield SystemCommand(title, binding.tooltip, action)
