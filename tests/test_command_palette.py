"""The command palette on tiny terminals."""

from collections.abc import Iterable

import pytest
from textual.app import SystemCommand
from textual.command import CommandList
from textual.screen import Screen

from tests.helpers.waiting import until
from tui.terminal.base_app import BaseApp
from tui.terminal.command_palette import SafeCommandPalette


class ManyCommands(BaseApp[None]):
    """An app with more commands than rows."""

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for number in range(40):
            yield SystemCommand(f"command {number:02}", "does nothing", lambda: None)


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (80, 24)])
async def test_pages_of_the_palette_at_any_size(size: tuple[int, int]) -> None:
    app = ManyCommands()
    async with app.run_test(size=size) as pilot:
        await pilot.press("ctrl+p")
        commands = app.screen.query_one(CommandList)
        await until(pilot, lambda: commands.option_count >= 40)
        await pilot.press("down", "pagedown")
        paged = commands.highlighted
        assert paged is not None
        assert (paged > 1) == (size == (80, 24))
        await pilot.press("pageup", "pageup")
        assert commands.highlighted in (0, 1)


async def test_the_palette_reopens_as_soon_as_it_is_closed() -> None:
    app = ManyCommands()
    async with app.run_test() as pilot:
        app.action_command_palette()
        await pilot.pause()
        closed = app.screen
        assert isinstance(closed, SafeCommandPalette)
        closed.dismiss()
        app.action_command_palette()
        await pilot.pause()
        assert isinstance(app.screen, SafeCommandPalette)
        assert app.screen is not closed
