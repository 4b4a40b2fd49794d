"""Keys and mouse events that arrive together."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from textual.events import AppBlur, AppFocus, Event, Key, MouseDown
from textual.pilot import Pilot
from textual.widgets import Static

from tests.helpers.app import Scripted
from tests.helpers.mouse import hover, move, press, release
from tests.helpers.waiting import until, until_handled
from tui.app import TrainpadApp
from tui.pad.app import PadApp
from tui.pad.screen import PadScreen
from tui.pad.sketch_pad import SketchPad
from tui.terminal import ordered_input


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PadApp:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return PadApp(log_dir=tmp_path / "runs")


def keys(text: str) -> list[Event]:
    return [Key(name, name) for name in text]


def stroke(*places: tuple[int, int]) -> list[Event]:
    """A stroke through cells of the screen, as a terminal reports it."""
    return [press(*places[0]), *(move(*place) for place in places[1:]), release(*places[-1])]


def bar() -> list[Event]:
    """A stroke downward through the field."""
    return stroke((12, 6), (12, 18))


def dash() -> list[Event]:
    """A stroke to the right, near the top."""
    return stroke((22, 6), (32, 6))


async def at_once(pilot: Pilot[None], *events: list[Event]) -> None:
    """Post all events before the app handles the first."""
    for event in chain(*events):
        assert pilot.app.post_message(event)
    await until_handled(pilot)


async def test_strokes_after_a_key_are_drawn_after_it(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = app.screen.query_one(SketchPad)
        await at_once(pilot, bar(), keys("c"), dash())
        (only,) = pad.points
        assert np.ptp(only[:, 1]) == 0

        await at_once(pilot, keys("ce"), bar(), keys("e"), dash())
        assert len(pad.points) == 1
        await at_once(pilot, keys("e"), dash(), keys("e"))
        assert pad.is_empty_drawing
        assert not pad.erasing

        await at_once(pilot, [Key("plus", "+")], bar(), [Key("minus", "-")], dash())
        thick, thin = (line.width for line in pad.strokes)
        assert thick > thin

        await at_once(pilot, keys("c"), bar(), dash(), keys("u"))
        (only,) = pad.points
        assert np.ptp(only[:, 0]) == 0


async def test_a_drawing_is_named_before_the_next_one_is_drawn(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = app.screen.query_one(SketchPad)
        await at_once(pilot, bar(), keys("t1"), dash())
        await until(pilot, lambda: pad.points)
        (image,) = app.pad_screen._user_digits.digits.images
        assert image.any(axis=1).sum() > image.any(axis=0).sum()
        (only,) = pad.points
        assert np.ptp(only[:, 1]) == 0


async def test_a_stroke_after_the_key_for_the_pad_is_drawn_there(tmp_path: Path) -> None:
    dashboard = TrainpadApp(iter(Scripted(tmp_path / "run")), log_dir=tmp_path)
    async with dashboard.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        await at_once(pilot, keys("5"), bar(), keys("1"), keys("5"))
        await until(pilot, lambda: isinstance(dashboard.screen, PadScreen))
        (only,) = dashboard.screen.query_one(SketchPad).points
        assert np.ptp(only[:, 0]) == 0


async def test_a_key_that_is_never_reported_handled_times_out(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app._in_flight = Key("escape", None)
        await at_once(pilot, bar())
        pad = app.screen.query_one(SketchPad)
        await until(pilot, lambda: pad.points)
        assert app._in_flight is None


def leaving() -> list[Event]:
    """A stroke that ends outside of the field, which is 40 cells wide."""
    return [press(20, 12), move(30, 12), move(60, 12), move(60, 20), release(60, 20)]


async def test_a_button_released_outside_the_field_in_the_same_read_draws_no_more(
    app: PadApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = app.screen.query_one(SketchPad)
        await at_once(pilot, [*leaving(), hover(20, 18), hover(25, 18)])
        (only,) = pad.points
        assert only[-1, 0] == 1
        assert np.ptp(only[:, 1]) == 0
        assert app.mouse_captured is None


async def test_a_press_after_a_release_in_the_same_read_is_not_the_field_s(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = app.screen.query_one(SketchPad)
        await at_once(pilot, [*leaving(), press(60, 2), move(20, 8), move(25, 8), release(25, 8)])
        (only,) = pad.points
        assert np.ptp(only[:, 1]) == 0


async def test_a_field_that_is_left_and_entered_again_in_the_same_read(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = app.screen.query_one(SketchPad)
        again = [press(20, 8), move(60, 8), move(60, 16), move(20, 16), release(20, 16)]
        await at_once(pilot, again, [hover(10, 10)])
        first, second = pad.points
        assert first[-1, 0] == second[0, 0] == 1


async def lose_focus(pilot: Pilot[None]) -> None:
    for event in (AppBlur(), AppFocus()):
        pilot.app.post_message(event)


async def resize(pilot: Pilot[None]) -> None:
    pad = pilot.app.screen.query_one(SketchPad)
    before = pad.content_region
    await pilot.resize_terminal(80, 40)
    await until(pilot, lambda: pad.content_region != before)


async def open_help(pilot: Pilot[None]) -> None:
    await pilot.press("question_mark")
    await pilot.press("escape")


async def lose_release(pilot: Pilot[None]) -> None:
    pilot.app.post_message(hover(14, 8))


@pytest.mark.parametrize("interrupt", [lose_focus, resize, open_help, lose_release])
async def test_an_interrupted_stroke_does_not_go_on(
    app: PadApp, interrupt: Callable[[Pilot[None]], Awaitable[None]]
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = app.screen.query_one(SketchPad)
        await at_once(pilot, [press(12, 6), move(12, 10)])
        await interrupt(pilot)
        await at_once(pilot, [move(30, 12), hover(30, 15), release(30, 15)])
        assert [len(stroke) for stroke in pad.points] == [2]
        await at_once(pilot, [press(12, 8), move(20, 8), release(20, 8)])
        assert [len(stroke) for stroke in pad.points] == [2, 2]


async def test_a_press_that_takes_longer_than_the_timeout_still_captures_the_mouse(
    app: PadApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordered_input, "INPUT_TIMEOUT", 0.01)
    handle = SketchPad.on_mouse_down

    async def slowly(self: SketchPad, event: MouseDown) -> None:
        await asyncio.sleep(0.06)
        handle(self, event)

    monkeypatch.setattr(SketchPad, "on_mouse_down", slowly)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pad = app.screen.query_one(SketchPad)
        await at_once(pilot, stroke((20, 12), (30, 12), (79, 12)))
        (line,) = pad.points
        assert line[-1][0] == 1


async def test_what_follows_a_key_of_a_removed_widget_is_handled(
    app: PadApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordered_input, "INPUT_TIMEOUT", 0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        key = Key("x", "x")
        app._in_flight, app._receiver = key, Static()  # which is on no screen
        await at_once(pilot, dash())
        assert len(app.screen.query_one(SketchPad).points) == 1
