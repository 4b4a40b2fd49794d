"""The dashboard responds at once, and does nothing twice."""

from pathlib import Path

import numpy as np
import pytest

from core.run.events import Steps
from tests.helpers.app import Scripted
from tests.helpers.waiting import shown, toasts_of, until
from tui.app import TrainpadApp
from tui.modes import MODES, OF_ATTACHED
from tui.terminal.environment import Pace


@pytest.mark.mounts_ahead
async def test_gc_is_frozen_once_when_all_screens_are_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = []
    monkeypatch.setattr("tui.modes.freeze_gc", lambda: times.append(1))
    monkeypatch.setattr("tui.modes.MOUNT_INTERVAL", 0.01)
    source = Scripted(tmp_path)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        for step in range(100, 160):
            source.give(Steps(step, np.ones(1, np.float32), 0.01))
            await pilot.pause(0.02)
        await shown(pilot, app, "160 / 2,000")
        ours = [mode for mode in MODES if mode not in OF_ATTACHED.values()]
        await until(pilot, lambda: all(map(app.has_mounted_mode, ours)))
        await until(pilot, lambda: times)
    assert len(times) == 1


async def test_the_same_toast_is_not_shown_twice(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(80, 24)) as pilot:
        for message in ("the run is over", "the run is over", "another", ""):
            app.toast(message)
        await pilot.pause()
        toasts = toasts_of(app)
        assert toasts == ["the run is over", "another"]


async def test_the_header_shows_a_request_at_once(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)), pace=Pace(0.001, None))  # no frame is due
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: app.run_state.step == 100)
        await pilot.press("space")
        await shown(pilot, app, "pausing")


@pytest.mark.parametrize("length", [75, 76, 77, 78, 154])
async def test_a_toast_is_shown_whole(tmp_path: Path, length: int) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await shown(pilot, app, "100 / 2,000")
        app.toast("x" * (length - 5) + " last")
        text = await shown(pilot, app, " last")
        assert "? Help" in text
