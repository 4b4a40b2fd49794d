"""The command palette on tiny terminals."""

from collections.abc import Iterable

import pytest
from textual.app import SystemCommand
from textual.command import CommandList
from textual.screen import Screen

from tests.helpers.waiting import until
from tui.terminal.base_app import BaseApp
from tui.terminal.command_palette import SafeCommandPalette
from tui.terminal.textual_private import screen_strips

HELP = "Does nothing at all, which takes a sentence that is longer than a narrow window"


class ManyCommands(BaseApp[None]):
    """An app with more commands than rows."""

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for number in range(40):
            yield SystemCommand(f"command {number:02}", HELP, lambda: None)


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


@pytest.mark.parametrize(
    "size", [(60, 20), (80, 24), (100, 30), (120, 35), (160, 45), (200, 60), (90, 27)]
)
async def test_the_last_entry_of_the_palette_is_whole(size: tuple[int, int]) -> None:
    app = ManyCommands()
    async with app.run_test(size=size) as pilot:
        await pilot.press("ctrl+p")
        commands = app.screen.query_one(CommandList)
        await until(pilot, lambda: commands.option_count >= 40)
        await until(pilot, lambda: len(shown_entries(app)) > 2)
        for key in ("", "end", "up"):
            await pilot.press(*([key] if key else []))
            await until(pilot, lambda: len(set(map(len, shown_entries(app)))) == 1)
            assert len(shown_entries(app)[-1]) == 2


def shown_entries(app: BaseApp[None]) -> list[list[str]]:
    """The rows of each entry of the palette that is on the screen, from the first that begins."""
    commands = app.screen.query_one(CommandList)
    region = commands.content_region.intersection(app.screen.region)
    entries: list[list[str]] = []
    for strip in screen_strips(app.screen)[region.y : region.bottom]:
        row = strip.crop(region.x, region.right).text.strip()
        if row.startswith("command ") or not entries:
            entries.append([])
        entries[-1].append(row)
    return entries


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
