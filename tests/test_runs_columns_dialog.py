"""The dialog of the columns ticks with space, and says which have no room; so does the table."""

from pathlib import Path

from textual.widgets import Input

from core.rundir.overview import Overview
from tests.helpers.app import Scripted
from tests.helpers.attached_runs import losses, make_attached
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.runs.columns import columns_that_fit
from tui.runs.columns_dialog import ColumnsDialog
from tui.runs.listing import RunListing
from tui.runs.table import RunsTable
from tui.runs.value_columns import columns_for


def four_runs(folder: Path) -> None:
    more = {"val/accuracy": 0.5, "val/f1": 0.5, "val/loss": 1.0}
    for number in range(4):
        config = {"lr": number / 10, "seed": number, "depth": number, "width": number, "k": number}
        make_attached(folder / "p" / f"x-{number}", losses(1.0, **more), config=config)


def test_settings_in_which_runs_differ_come_before_last_values(tmp_path: Path) -> None:
    four_runs(tmp_path)
    entries = Overview(tmp_path).poll()
    names = [column.name for column in columns_that_fit(columns_for(entries), 160)]
    assert {"lr", "depth", "width", "best val/loss"} <= set(names)
    assert not {"val/f1", "seed"} & set(names)


def test_which_columns_have_room_depends_on_the_choice_and_the_width(tmp_path: Path) -> None:
    four_runs(tmp_path)
    listing = RunListing()
    listing.entries = Overview(tmp_path).poll()
    listing.arrange("")
    assert "setting:seed" not in listing.fitting([], 160)
    assert "setting:seed" in listing.fitting([], 400)
    assert {"setting:seed", "steps"} <= listing.fitting(["setting:seed", "steps"], 160)


async def test_the_space_key_ticks_and_what_has_no_room_says_so(tmp_path: Path) -> None:
    four_runs(tmp_path / "runs")
    app = TrainpadApp(iter(Scripted(tmp_path / "other")), viewer=True, log_dir=tmp_path / "runs")
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "x-3")
        table = app.screen.query_one(RunsTable)
        await shown(pilot, app, "11 columns without room; C chooses")
        await pilot.press("C", *"depth")
        assert isinstance(app.screen, ColumnsDialog)
        await shown(pilot, app, "[x] depth  (no room at this width)")
        await pilot.press("space")
        await shown(pilot, app, "[ ] depth")
        assert app.screen.query_one(Input).value == "depth"
        await pilot.press("escape")
        await until(pilot, lambda: "depth" not in [c.name for c in table._columns])
