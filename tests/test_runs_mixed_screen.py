"""The Runs screen with runs of ours and of other programs: columns, groups, hidden runs."""

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from tests.helpers.attached_runs import losses, make_attached
from tests.helpers.runs import three_runs
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.runs.columns_dialog import ColumnsDialog
from tui.runs.table import RunsTable
from tui.terminal.settings import Settings


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    three_runs(tmp_path / "runs")
    for number in range(3):
        make_attached(
            tmp_path / "runs" / "cifar" / f"x-{number}", losses(0.9, 0.5 + number / 10),
            config={"lr": 0.1, "seed": number},
        )  # fmt: skip
    return tmp_path / "runs"


def viewer(log_dir: Path, **options: Any) -> TrainpadApp:
    settings = Settings(log_dir.parent / "settings.json")
    return TrainpadApp(
        follow(RunDir(log_dir / "c-run"), None),
        viewer=True, log_dir=log_dir, settings=settings, **options,
    )  # fmt: skip


async def test_columns_groups_and_hidden_runs(log_dir: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "project", "cifar", "best loss", "x-2", "0.7000", "c-run")
        table, field = app.screen.query_one(RunsTable), app.screen.query_one("#runs-filter", Input)

        await pilot.press("slash")
        field.value = "best:loss<0.6 project=cifar"
        await pilot.press("enter")
        await until(pilot, lambda: [row.summary.name for row in table._entries] == ["x-0"])
        field.value = "project=cifar"
        await until(pilot, lambda: len(table._entries) == 3)

        await pilot.press("g")
        await shown(pilot, app, "0.6000 ±0.1", "3 × x-*")
        chart = app.screen.query_one(Chart)
        await until(pilot, lambda: [len(line.members) for line in chart.scene.lines] == [3])
        assert sorted(len(line.curve) for line in chart.scene.lines[0].members) == [2, 2, 2]
        await pilot.press("enter")
        await until(pilot, lambda: len(table._entries) == 3)
        await pilot.press("g", "home", "h")
        await shown(pilot, app, "is hidden; H lists it")
        await until(pilot, lambda: len(table._entries) == 2)
        await pilot.press("H")
        await until(pilot, lambda: len(table._entries) == 3)

        await pilot.press("G")
        app.screen.query_one(Input).value = "("
        await pilot.press("enter")
        await shown(pilot, app, "'(' is no regular expression")
        app.screen.query_one(Input).value = "[01]$"
        await pilot.press("enter")
        await shown(pilot, app, "2 × x-*")
        await until(pilot, lambda: len(table._entries) == 2)
        await pilot.press("g")
        await until(pilot, lambda: len(table._entries) == 3)

        await pilot.press("C")
        assert isinstance(app.screen, ColumnsDialog)
        app.screen.query_one(Input).value = "best loss"
        await pilot.pause()
        await pilot.press("enter", "escape")
        await until(pilot, lambda: "best loss" not in [column.name for column in table._columns])
    again = viewer(log_dir)
    async with again.run_test(size=(160, 45)) as pilot:
        await pilot.press("4")
        screen = await shown(pilot, again, "x-1", "c-run")
        assert "best loss" not in screen
        await pilot.press("C", "ctrl+r")
        await shown(pilot, again, "best loss")


async def test_every_key_survives_a_small_read_only_window(log_dir: Path) -> None:
    app = viewer(log_dir, read_only=True)
    async with app.run_test(size=(60, 16), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "x-2")
        for key in ("g", "home", "enter", "escape", "H", "C", "down", "enter", "escape", "g", "h"):
            await pilot.press(key)
        await shown(pilot, app, "read-only")
        assert app.screen.NAME == "runs"
