"""Studies on the Runs screen: a row each, and the screen of their trials."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.rundir.json_tail import JsonTail
from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from core.sweep.folder import Worker
from core.sweep.goal import Goal
from core.sweep.listing import JournalCounts, StudyListing
from core.sweep.study import Study, best_first, is_lost
from core.sweep.study_control import request
from tests.helpers.runs import three_runs
from tests.helpers.sweep import description, study_in
from tests.helpers.waiting import shown, text_of, toasts_of, until
from tui.app import TrainpadApp
from tui.terminal.settings import Settings

SPACE = {"rate": "0.001..1.0:log", "kind": "sgd|adam"}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of three complete trials, one pruned, one failed, one lost, and two in the queue."""
    about = description(SPACE, goal=Goal("val/loss", maximize=False), trials=9)
    study = study_in(tmp_path / "runs" / "studies" / "first", about)
    with Worker(study.folder) as worker:
        for value in (0.5, 0.25, 0.75):
            trial = study.ask(worker, 9)
            assert trial is not None
            trial.report(1, value)
            trial.finish(value)
        pruned, failed, lost = (study.ask(worker, 9) for _ in range(3))
        assert pruned and failed and lost
        pruned.prune("pruned")
        failed.fail("no such file")
        study.give_up(lost)
    study.enqueue({"rate": 0.5})
    return study


def test_a_study_is_listed_as_optuna_counts_it(study: Study, tmp_path: Path) -> None:
    listing = StudyListing(tmp_path / "runs")
    (entry,) = listing.poll()
    trials = study.trials()
    begun = [one for one in trials if one.state.name != "WAITING" and not is_lost(one)]
    assert (entry.summary.steps, entry.summary.max_steps) == (len(begun), 9) == (5, 9)
    assert entry.summary.best == best_first(study, trials)[0].value == 0.25
    assert (entry.title, entry.project, str(entry.summary.state)) == ("first", "study", "stopped")
    assert entry.values.settings == {"goal": "minimize val/loss", **SPACE}
    assert listing.poll()[0] is entry
    with Worker(study.folder) as worker:
        running = study.ask(worker, 9)
        assert running is not None
        (live,) = listing.poll()
        assert (str(live.summary.state), live.summary.steps) == ("training", 6)
        assert live.summary.pid > 0
        request(study.folder, paused=True, trials=7)
        (paused,) = listing.poll()
        assert (str(paused.summary.state), paused.summary.max_steps) == ("paused", 7)
        running.finish(0.125)
    request(study.folder, trials=6)
    (done,) = listing.poll()
    assert (str(done.summary.state), done.summary.best) == ("done", 0.125)


@pytest.mark.parametrize(
    "line",
    [{"op_code": 6, "trial_id": 7}, {"op_code": 6}, {"op_code": 8, "trial_id": -1}, {"op_code": []},
     {"op_code": 6, "trial_id": 0, "state": 1, "values": ["x"]}],
)  # fmt: skip
def test_a_strange_journal_is_counted_as_far_as_it_goes(
    tmp_path: Path, line: dict[str, Any]
) -> None:
    journal = tmp_path / "journal.log"
    journal.write_text("".join(f"{json.dumps(one)}\n" for one in ({"op_code": 4}, line) * 2))
    counts = JournalCounts(JsonTail(journal), Goal())
    counts.poll()
    assert (counts.begun, counts.best) == (2, None)


def test_damaged_studies_are_left_out(study: Study, tmp_path: Path) -> None:
    broken = tmp_path / "runs" / "broken"
    broken.mkdir()
    (broken / "study.json").write_text("{")
    (study.folder.path / "control.json").write_text("{")
    (study.folder.path / "control.json").chmod(0o600)
    assert [entry.title for entry in StudyListing(tmp_path / "runs").poll()] == ["first"]
    assert StudyListing(tmp_path / "nowhere").poll() == []


async def test_enter_shows_the_trials_and_back_returns(study: Study, tmp_path: Path) -> None:
    three_runs(tmp_path / "runs")
    app = TrainpadApp(
        follow(RunDir(tmp_path / "runs" / "c-run"), None),
        viewer=True, log_dir=tmp_path / "runs", settings=Settings(tmp_path / "settings.json"),
    )  # fmt: skip
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "first", "study", "0.2500")
        await pilot.press("slash", *"project=study", "enter")
        await shown(pilot, app, "stopped: 5 of 9 trials", "trainpad sweep --study")
        await pilot.press("r")
        await until(pilot, lambda: any("is a study: enter" in text for text in toasts_of(app)))
        await pilot.press("enter")
        await shown(pilot, app, "3 complete · 1 pruned", "minimize val/loss", "next  rate ")
        await pilot.press("escape")
        await shown(pilot, app, "stopped: 5 of 9 trials")
        run = study.folder.trial(1)
        three_runs(run)
        await pilot.press("enter")
        await shown(pilot, app, "3 complete · 1 pruned")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "c-run" in text_of(app) and app.current_mode == "train")
        assert Path(app.run_state.directory).parent == run
