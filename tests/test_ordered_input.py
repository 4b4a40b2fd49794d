"""Keys and mouse events that arrive together."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from textual.app import App
from textual.events import Event, Key, MouseDown, MouseMove, MouseUp
from textual.pilot import Pilot

from tests.helpers.app import Scripted
from tests.helpers.waiting import until
from tui.app import TrainpadApp
from tui.pad.app import PadApp
from tui.pad.screen import PadScreen
from tui.pad.sketch_pad import SketchPad


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PadApp:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return PadApp(log_dir=tmp_path / "runs")


def keys(text: str) -> list[Event]:
    return [Key(name, name) for name in text]


def stroke(*places: tuple[int, int]) -> list[Event]:
    """A stroke through cells of the screen, as a terminal reports it."""
    kinds = [MouseDown, *[MouseMove] * (len(places) - 1), MouseUp]
    return [
        kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y)
        for kind, (x, y) in zip(kinds, (*places, places[-1]), strict=True)
    ]


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
    await until(pilot, lambda: is_idle(pilot.app))
    await pilot.pause()


def is_idle(app: App[None]) -> bool:
    """Whether every event that was posted has been handled."""
    nodes = (app, app.screen, *app.screen.query("*"))
    queues = (node._message_queue for node in nodes)
    return app._in_flight is None and not app._queued and all(queue.empty() for queue in queues)


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
