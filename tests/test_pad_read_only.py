"""The pad of a read-only window: it classifies, but writes nothing."""

from pathlib import Path

import numpy as np

from data.user_digits import add_user_digit, read_user_digits
from tests.helpers.app import Scripted
from tests.helpers.waiting import shown
from tui.app import TrainpadApp
from tui.pad.sketch_pad import SketchPad
from tui.pad.user_digits_store import UserDigitsStore
from tui.pad.user_digits_strip import LabelDialog, UserDigitsStrip


async def test_nothing_is_labelled_removed_or_fine_tuned(tmp_path: Path) -> None:
    mine, runs = tmp_path / "mine", tmp_path / "runs"
    add_user_digit(mine, np.full((28, 28), 9, np.uint8), 3)
    app = TrainpadApp(iter(Scripted(tmp_path / "run")), viewer=True, read_only=True, log_dir=runs)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("5")
        await shown(pilot, app, "draw a digit here")
        app.screen._user_digits = UserDigitsStore(mine)
        pad = app.screen.query_one(SketchPad)
        pad.action_pen()
        pad.action_move(5, 0)
        pad.action_pen()
        assert pad.points
        await pilot.press("t")
        assert not isinstance(app.screen, LabelDialog)
        await pilot.press("T")
        row = app.screen.query_one(UserDigitsStrip)
        row.show(read_user_digits(mine))
        row.action_remove()
        await shown(pilot, app, "this window is read-only")
        assert not app.screen._fine_tuning.busy
    assert read_user_digits(mine).labels.tolist() == [3]
    assert not runs.exists()
