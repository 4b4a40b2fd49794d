"""When the pad reads: after the ink is shown, seldom, and never too little."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import RenderableType
from textual.pilot import Pilot
from textual.screen import Screen

from tui.pad import screen
from tui.pad.app import PadApp
from tui.pad.sketch_pad import SketchPad
from tui.widgets.help import HelpScreen
from tui.widgets.probability_bars import ProbabilityBars


@pytest.fixture
def app(tmp_path: Path) -> PadApp:
    return PadApp(log_dir=tmp_path / "runs")


@pytest.fixture
def noted(app: PadApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was sent to the terminal, and when the drawing was read."""
    found: list[str] = []
    read, display = app.pad_screen._classify, app._display

    def noting_read() -> None:
        found.append("read")
        read()

    def noting_display(screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is not None:
            found.append("shown")
        display(screen, renderable)

    monkeypatch.setattr(app.pad_screen, "_classify", noting_read)
    monkeypatch.setattr(app, "_display", noting_display)
    return found


def go(app: PadApp, *places: tuple[float, float]) -> SketchPad:
    """Draw on with the pen down."""
    pad = app.screen.query_one(SketchPad)
    for start, end in pairwise(places):
        pad._move_pen(start, end, False)
    return pad


def told(app: PadApp) -> bool:
    return app.pad_screen.query_one(ProbabilityBars)._probabilities is not None


async def until_rested(pilot: Pilot[None]) -> None:
    await pilot.pause(screen.INTERVAL + screen.PAUSE + 0.2)


async def test_ink_is_shown_before_it_is_read(
    app: PadApp, noted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 0.3)  # a reading could well come first
    async with app.run_test(size=(80, 24)) as pilot:
        await until_rested(pilot)
        noted.clear()
        pad = go(app, (0.3, 0.2), (0.7, 0.2))
        while noted[:2] != ["shown", "read"]:
            await pilot.pause(0.01)
        noted.clear()
        pad._move_pen((0.7, 0.2), (0.4, 0.8), False)
        pad._end_drag()
        while len(noted) < 2:
            await pilot.pause(0.01)
        assert noted[:2] == ["shown", "read"]
        assert told(app)


async def test_while_the_pen_moves_it_is_read_seldom_and_what_it_rests_on_is_read(
    app: PadApp, noted: list[str]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_rested(pilot)
        noted.clear()
        for step in range(20):
            pad = go(app, (0.1 + step / 30, 0.2), (0.1 + (step + 1) / 30, 0.2))
            await pilot.pause(0.001)
        moving = noted.count("read")
        assert 1 <= moving < 15
        before = app.pad_screen._network_input()[0]
        pad._move_pen((0.7, 0.2), (0.4, 0.8), False)
        await until_rested(pilot)
        assert noted.count("read") > moving
        shown = app.pad_screen.query_one(screen.NetworkInput)._image
        assert (shown == app.pad_screen._network_input()[0]).all()
        assert (shown != before).any()
        reads = noted.count("read")
        await until_rested(pilot)
        assert noted.count("read") == reads  # nothing is new


@pytest.mark.parametrize("turns", [0, 2, 4, 6, 8, 12, 16])
async def test_no_answer_outlives_its_ink_whatever_came_over_the_pad(
    app: PadApp, turns: int
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = go(app, (0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
        await until_rested(pilot)
        assert told(app)
        # Textual calls back after the next paint of whatever screen is up, or not if that goes.
        pad.action_clear()
        for _ in range(turns):
            await asyncio.sleep(0)
        app.push_screen(HelpScreen(app.pad_screen))
        for _ in range(turns):
            await asyncio.sleep(0)
        app.screen.dismiss()
        await until_rested(pilot)
        assert not told(app)
