"""Textual's command palette: all that keys do, and safe where there is no room for it."""

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette
from textual.screen import Screen

from tui.terminal.ordered_input import OrderedInputApp
from tui.widgets.help import palette_commands

Result = TypeVar("Result")
BUILTIN_COMMANDS = ("Theme", "Quit")
"""What Textual offers of its own; the rest is for apps of another kind."""


class SafeCommandPalette(CommandPalette):
    """The palette; a page of a list that has no room on the screen is no page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "page('page_down')", "Next page", show=False),
        Binding("pageup", "page('page_up')", "Previous page", show=False),
    ]

    def action_page(self, where: str) -> None:
        """Go a page up or down; Textual's own way raises where not one row can be seen."""
        commands = self.query_one(CommandList)
        if commands.scrollable_content_region:
            getattr(commands, f"action_{where}")()


class CommandPaletteApp(OrderedInputApp[Result]):
    """An app with such a palette."""

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All that the keys of this screen do, then Textual's own."""
        titles = set()
        for command in palette_commands(screen):
            titles.add(command.title)
            yield command
        for command in super().get_system_commands(screen):
            if command.title in BUILTIN_COMMANDS and command.title not in titles:
                yield command

    def action_command_palette(self) -> None:
        """Show the palette; Textual's own words for it hold a character that is not ASCII.

        It has no id, as Textual's does: one that was just left is still there for a moment.
        """
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(SafeCommandPalette(placeholder="Search for commands"))
