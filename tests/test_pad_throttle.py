"""When the pad classifies: after the ink is painted, at most once per interval, never too late."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import RenderableType
from textual.pilot import Pilot
from textual.screen import Screen

from tests.helpers.waiting import until
from tui.pad import screen
from tui.pad.app import PadApp
from tui.pad.sketch_pad import SketchPad
from tui.widgets.help import HelpScreen
from tui.widgets.probability_bars import ProbabilityBars


@pytest.fixture
def app(tmp_path: Path) -> PadApp:
    return PadApp(log_dir=tmp_path / "runs")


@pytest.fixture
def calls(app: PadApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In order: what was painted, and when the drawing was classified."""
    found: list[str] = []
    classifying, display = app.pad_screen._classifying, app._display

    def record_classifying() -> Iterator[None]:
        found.append("classified")
        return classifying()

    def record_display(screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is not None:
            found.append("painted")
        display(screen, renderable)

    monkeypatch.setattr(app.pad_screen, "_classifying", record_classifying)
    monkeypatch.setattr(app, "_display", record_display)
    return found


def draw(app: PadApp, *points: tuple[float, float]) -> SketchPad:
    """Draw through these points."""
    pad = app.screen.query_one(SketchPad)
    for start, end in pairwise(points):
        pad._move_pen(start, end, False)
    pad.check_idle()
    return pad


def has_prediction(app: PadApp) -> bool:
    return app.pad_screen.query_one(ProbabilityBars)._probabilities is not None


async def until_idle(pilot: Pilot[None]) -> None:
    """Wait until nothing is left to classify and the throttle's interval is over."""
    pad_screen = pilot.app.pad_screen
    await pilot.pause()
    await until(pilot, lambda: not pad_screen._is_stale and pad_screen._throttle.is_idle)


async def test_ink_is_painted_before_it_is_classified(
    app: PadApp, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 0.3)  # classifying could come first
    async with app.run_test(size=(80, 24)) as pilot:
        await until_idle(pilot)
        calls.clear()
        draw(app, (0.3, 0.2), (0.7, 0.2))
        await until(pilot, lambda: calls[:2] == ["painted", "classified"])
        await until(pilot, lambda: calls[-1] == "painted")  # the answer
        calls.clear()
        draw(app, (0.7, 0.2), (0.4, 0.8))
        await until(pilot, lambda: "classified" in calls)
        assert calls[0] == "painted"
        assert has_prediction(app)


async def test_a_moving_pen_is_classified_once_per_interval_and_at_its_end(
    app: PadApp, calls: list[str]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until_idle(pilot)
        calls.clear()
        for step in range(20):
            draw(app, (0.1 + step / 30, 0.2), (0.1 + (step + 1) / 30, 0.2))
            await pilot.pause(0.001)
        moving = calls.count("classified")
        assert 1 <= moving < 15
        before = app.pad_screen._pad_image().pixels
        draw(app, (0.7, 0.2), (0.4, 0.8))
        await until_idle(pilot)
        assert calls.count("classified") > moving
        shown = app.pad_screen.query_one(screen.NetworkInput)._images[-1]
        assert (shown == app.pad_screen._pad_image().pixels).all()
        assert (shown != before).any()
        count = calls.count("classified")
        await until_idle(pilot)
        assert calls.count("classified") == count  # nothing changed


@pytest.mark.parametrize("turns", [0, 2, 4, 6, 8, 12, 16])
async def test_no_prediction_outlives_its_drawing_when_another_screen_covers_the_pad(
    app: PadApp, turns: int
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = draw(app, (0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
        await until_idle(pilot)
        assert has_prediction(app)
        # Textual calls back after the next paint of the current screen; never if it is closed.
        pad.action_clear()
        for _ in range(turns):
            await asyncio.sleep(0)
        app.push_screen(HelpScreen(app.pad_screen))
        for _ in range(turns):
            await asyncio.sleep(0)
        app.screen.dismiss()
        await until_idle(pilot)
        assert not has_prediction(app)


@pytest.mark.parametrize("moves_on", [True, False])
async def test_the_rest_of_a_prediction_waits_for_the_ink_of_a_mouse_that_moves_on(
    app: PadApp, calls: list[str], monkeypatch: pytest.MonkeyPatch, moves_on: bool
) -> None:
    def is_input_waiting(app: PadApp) -> bool:
        calls.append("asked")
        if calls.count("asked") == 1 and moves_on:
            app.call_later(draw, app, (0.7, 0.2), (0.4, 0.8))
        return True

    async with app.run_test(size=(80, 24)) as pilot:
        await until_idle(pilot)
        monkeypatch.setattr(PadApp, "is_input_waiting", property(is_input_waiting))
        calls.clear()
        draw(app, (0.3, 0.2), (0.7, 0.2))
        await until(pilot, lambda: has_prediction(app))
        assert calls[:3] == ["painted", "classified", "asked"]
        second = calls.index("asked", 3)
        assert ("painted" in calls[3:second]) is moves_on
        await until_idle(pilot)
        assert app.pad_screen._turns is None
