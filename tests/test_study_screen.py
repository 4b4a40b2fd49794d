"""The screen of a study."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from core.rundir.rundir import RunDir
from core.sweep.folder import StudyFolder, Worker
from core.sweep.goal import Goal
from core.sweep.study import Study
from core.sweep.study_control import read_desired_state
from tests.helpers.sweep import description, study_in
from tests.helpers.waiting import shown, text_of, toasts_of, until
from trainpad.errors import RunError
from tui.chart.axes import Axis
from tui.chart.chart import Chart
from tui.study.app import StudyApp
from tui.study.curves import progress_lines
from tui.study.panels import Parallel
from tui.study.table import TrialTable
from tui.terminal.settings import Settings

SPACE = {"rate": "0.001..1.0:log", "kind": "sgd|adam|a \x1b[2J", "width": "8..64"}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study of eight complete trials, one pruned, one that trains, and one in the queue.

    The importance, which takes scikit-learn seconds, is tested with the trials.
    """
    shares = {"rate": 0.6, "kind": 0.3, "width": 0.1}
    monkeypatch.setattr("core.sweep.overview.importances", lambda _study: shares)
    about = description(SPACE, goal=Goal("val/accuracy"), program=["p", "{rate}"])
    study = study_in(tmp_path / "st\x1b]0;udy", about)
    with Worker(study.folder) as worker:
        for number in range(10):
            trial = study.ask(worker, 100)
            assert trial is not None
            for step in range(3):
                trial.report(100 * step, 0.5 + 0.1 * step + number / 100)
            if number == 8:
                trial.prune("pruned")
            elif number < 8:
                trial.finish(0.7 + number / 100)
    study.enqueue({"rate": 0.25})
    return study


@asynccontextmanager
async def app_of(
    study: Study, tmp_path: Path, size: tuple[int, int] = (160, 45), **options: Any
) -> AsyncIterator[tuple[StudyApp, Pilot[Any]]]:
    app = StudyApp(study.folder, settings=Settings(tmp_path / "settings.json"), **options)
    async with app.run_test(size=size) as pilot:
        await shown(pilot, app, "best 0.77, trial 7")
        yield app, pilot


async def test_trials_views_and_keys(study: Study, tmp_path: Path) -> None:
    async with app_of(study, tmp_path) as (app, pilot):
        text = await shown(
            pilot, app, "8 complete · 1 pruned · 1 training · 1 queued", "maximize val/"
        )
        assert "st␛]0;udy" in text
        assert "\x1b" not in text
        best = next(line for line in text.splitlines() if line.lstrip().startswith("*"))
        assert best.split()[:4] == ["*", "7", "■", "complete"]
        await pilot.press("tab")
        await shown(pilot, app, "best so far", "each trial")
        await pilot.press("tab")
        await shown(pilot, app, "slices", "0.001", "8", "64")
        await pilot.press("tab")
        await shown(pilot, app, "share of the goal's variance")
        await pilot.press("tab")
        await shown(pilot, app, "the best trials")
        await pilot.press("tab", "o", "o")
        await until(pilot, lambda: "accuracy▼" in text_of(app).replace(" ", ""))
        rows = [line for line in text_of(app).splitlines() if "■ complete" in line]
        assert rows[0].lstrip().startswith("*")
        await pilot.press("question_mark")
        await shown(pilot, app, "Sample from a part of a range")


async def test_steering(study: Study, tmp_path: Path) -> None:
    async with app_of(study, tmp_path, (80, 24)) as (app, pilot):
        await pilot.press("space")
        await until(pilot, lambda: read_desired_state(study.folder).paused)
        await shown(pilot, app, "paused")
        await pilot.press("down", "s")
        await until(pilot, lambda: "trial 1 is not training" in toasts_of(app))
        await pilot.press(*["down"] * 8, "s")
        await until(pilot, lambda: read_desired_state(study.folder).stop_trials == (9,))
        await pilot.press("t")
        await shown(pilot, app, "How many trials")
        await pilot.press(*["backspace"] * 4, "3", "0", "enter")
        await until(pilot, lambda: read_desired_state(study.folder).trials == 30)
        await pilot.press("r")
        await shown(pilot, app, "Sample from a part of a range")
        await pilot.press("ctrl+u", *"rate=2..3", "enter")
        await shown(pilot, app, "must be narrowed to a part of")
        await pilot.press("ctrl+u", *"rate=0.1..0.5", "enter")
        await until(pilot, lambda: read_desired_state(study.folder).ranges == {"rate": "0.1..0.5"})
        await pilot.press("n")
        await shown(pilot, app, "Try this setting next")
        await pilot.press("ctrl+u", *"width=9", "enter")
        await until(pilot, lambda: len(study.trials()) == 12)
        await pilot.press("n", "escape", "c")
        await until(pilot, lambda: any("p 0." in text for text in toasts_of(app)))


async def test_ascii_and_small_windows(study: Study, tmp_path: Path) -> None:
    async with app_of(study, tmp_path, (100, 30), ascii_only=True) as (app, pilot):
        for _ in range(5):
            await pilot.press("tab")
            await pilot.pause()
            text = text_of(app)
            assert text.isascii(), [line for line in text.splitlines() if not line.isascii()]
        for size in ((60, 20), (30, 10), (200, 60)):
            await pilot.resize_terminal(*size)
            for _ in range(5):
                await pilot.press("tab")
                await pilot.pause()
                assert "trial" in text_of(app) or size[0] < 60


async def test_a_click_selects_and_sorts(study: Study, tmp_path: Path) -> None:
    async with app_of(study, tmp_path) as (app, pilot):
        await pilot.click("TrialTable", offset=(3, 3))
        await until(pilot, lambda: app._study_screen._selected == 2)
        await pilot.click("TrialTable", offset=(27, 0))
        await until(pilot, lambda: app._study_screen._sort_by == "value")
        assert [row.number for row in app._study_screen._rows[:2]] == [9, 8]
        assert app._study_screen._selected == 2


async def test_a_trials_run_is_opened_and_the_best_setting_trained(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[StudyFolder, str]] = []

    def start(folder: StudyFolder, line: str) -> str:
        started.append((folder, line))
        if len(started) > 1:
            raise RunError("it does not start")
        return "a-run"

    monkeypatch.setattr("core.sweep.new_run.start_detached", start)
    async with app_of(study, tmp_path) as (app, pilot):
        await pilot.press("b")
        await shown(pilot, app, "Train the best setting", "p 0.")
        await pilot.press("enter")
        await until(pilot, lambda: any("a-run trains in the" in text for text in toasts_of(app)))
        rate = Study(study.folder, study.description).trials()[7].params["rate"]
        assert started == [(study.folder, f"p {rate!r}")]
        await pilot.press("b")
        await shown(pilot, app, "Train the best setting")
        await pilot.press("enter")
        await until(pilot, lambda: "it does not start" in toasts_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "trial 0 has no run" in toasts_of(app))
        run = study.folder.trial(0) / "project" / "run"
        run.mkdir(parents=True)
        (run / "run.json").write_text("{}")
        await pilot.press("enter")
        await until(pilot, lambda: app.chosen is not None)
    assert app.chosen == RunDir(run)


async def test_leaving_a_sweep_that_runs_asks_how(study: Study, tmp_path: Path) -> None:
    async with app_of(study, tmp_path, is_running=lambda: True) as (app, pilot):
        await pilot.press("S")
        await shown(pilot, app, "Stop all trials and end this sweep?")
        await pilot.press("escape", "q")
        await shown(pilot, app, "The sweep is still running.", "Detach")
        await pilot.press("escape", "S", "s")
        await until(pilot, lambda: read_desired_state(study.folder).stop)
        await pilot.press("escape")
        await shown(pilot, app, "The sweep is still running.")
        await pilot.press("s")
        await until(pilot, lambda: not app.is_running)
    assert app.stops


async def test_what_comes_next_and_why_nothing_runs(study: Study, tmp_path: Path) -> None:
    with Worker(study.folder):
        async with app_of(study, tmp_path) as (app, pilot):
            await shown(pilot, app, "next  rate 0.25  kind ")
            assert "not running" not in text_of(app)
    (study.folder.path / "sweep.log").write_text("trial 0: x 1\ntrainpad: the disk is full\n")
    async with app_of(study, tmp_path, (80, 24)) as (app, pilot):
        await shown(pilot, app, "not running", "ended  the disk is full", "? Help  q Leave")


async def test_the_best_value_so_far_by_time(study: Study, tmp_path: Path) -> None:
    async with app_of(study, tmp_path) as (app, pilot):
        overview = app._study_screen.overview
        assert overview is not None
        best, each = progress_lines(overview)
        rows = [row for row in overview.rows if row.state == "complete"]
        assert best.timeline is each.timeline
        assert best.timeline is not None
        assert best.timeline.start == overview.rows[0].started
        assert best.timeline.seconds_at(np.array([3.0])) == [rows[3].ended]
        chart = app.screen.query_one("#study-progress", Chart)
        await pilot.press("tab", "x")
        await until(pilot, lambda: chart.scene.axis is Axis.RELATIVE)


async def test_an_empty_study_and_one_that_vanishes(tmp_path: Path) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    app = StudyApp(study.folder, settings=Settings(tmp_path / "settings.json"))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "no trials yet")
        for key in ("down", "s", "c", "tab", "tab", "tab", "tab"):
            await pilot.press(key)
        await shown(pilot, app, "no trial is complete yet")
        assert app.screen.query(Parallel)
        (study.folder.path / "control.json").write_text("{")
        (study.folder.path / "control.json").chmod(0o600)
        await until(pilot, lambda: app.error is not None)
    assert "damaged" in str(app.error)


@pytest.mark.parametrize(
    ("width", "shown_columns", "missing"),
    [
        (100, ["trial", "state", "value", "curve", "learning_rate", "network", "optimizer"], ""),
        (75, ["trial", "state", "value", "learning_rate", "network", "optimizer"], ""),
        (55, ["trial", "state", "value", "learning_rate"], "+2"),
    ],
)
def test_settings_have_room_before_the_curve_and_missing_ones_are_counted(
    width: int, shown_columns: list[str], missing: str
) -> None:
    table = TrialTable()
    table._names = ["learning_rate", "network", "optimizer"]
    header = "".join(text for text, _ in table.lines(width, 5)[0])
    assert [name for name, _, _ in table._columns] == shown_columns
    assert header[sum(size for _, _, size in table._columns) :].strip() == missing
