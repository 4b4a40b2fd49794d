"""What is below a dialog is dimmed as Textual does it, style by style."""

from pathlib import Path

import pytest
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color
from textual.renderables.background_screen import BackgroundScreen

from tests.helpers.app import Scripted
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.terminal.dimmed import DimmedScreen
from tui.terminal.textual_private import screen_strips

SEGMENTS = [
    Segment("plain"),
    Segment("red on blue", Style.parse("bold red on #0000ff")),
    Segment("link", Style(link="https://example.org", meta={"@click": "bell"}, color="green")),
    Segment("", None, [(ControlType.BELL,)]),
]
TINTS = [Color(20, 20, 30, 0.6), Color(255, 255, 255, 0.1), Color(0, 0, 0, 0)]


@pytest.mark.parametrize("tint", TINTS)
def test_segments_are_tinted_as_textual_tints_them(tint: Color) -> None:
    expected = list(BackgroundScreen.process_segments(SEGMENTS, tint))
    assert list(DimmedScreen.process_segments(SEGMENTS, tint)) == expected


@pytest.mark.parametrize("key", ["ctrl+p", "q"])
async def test_a_dialog_dims_the_screen_below(tmp_path: Path, key: str) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        first = screen_strips(app.screen)[0]
        await pilot.press(key)
        await until(pilot, lambda: screen_strips(app.screen)[0] != first)
        assert screen_strips(app.screen)[0].text == first.text


async def test_the_help_hides_the_screen_below(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("question_mark")
        await until(pilot, lambda: not screen_strips(app.screen)[0].text.strip())
