"""Trials of a study: chosen, run, pruned, lost and tried again."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from core.sweep.folder import Worker, create_study
from core.sweep.goal import Goal
from core.sweep.new_run import branch_words, start_detached, train_words, words_of
from core.sweep.process import Forker, trainpad_command
from core.sweep.results import as_csv, as_table, rows_of
from core.sweep.space import narrowed_by
from core.sweep.study import NAME, Study, importances, is_lost
from core.sweep.study_control import read_desired_state, request
from tests.helpers.sweep import ROOT, description, quick_children, study_in, sweep
from tests.helpers.waiting import wait_until
from trainpad.errors import RunError, UserError

__all__ = ["quick_children"]


def params_of(study: Study) -> list[dict[str, float]]:
    return [dict(one.params) for one in study.trials()]


def test_trials_are_run_and_the_best_is_found(tmp_path: Path, quick_children: list[object]) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}, pruner="none"))
    said = sweep(study, 4, jobs=2)
    trials = study.trials()
    assert [one.state for one in trials] == [TrialState.COMPLETE] * 4
    for one in trials:
        assert one.value == pytest.approx(-((one.params["x"] - 3) ** 2) - 0.25)
        assert list(one.intermediate_values) == [0, 1, 2, 3]
        assert [run.name for run in study.folder.runs(one.number)] == [one.user_attrs["run"]]
    assert sum("the best so far" in line for line in said) >= 1
    table = list(as_table(study))
    assert len(table) == 5
    assert table[1].split()[0] == str(max(trials, key=lambda one: one.value).number)
    assert as_csv(study).splitlines()[0] == "trial,state,value,step,seconds,run,x"
    assert sum(importances(study).values()) == pytest.approx(1)


def test_optuna_itself_opens_the_study(tmp_path: Path, quick_children: list[object]) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    sweep(study, 3)
    backend = optuna.storages.journal.JournalFileBackend(str(study.folder.journal))
    opened = optuna.load_study(storage=optuna.storages.JournalStorage(backend), study_name=NAME)
    assert [one.value for one in opened.trials] == [one.value for one in study.trials()]
    assert [one.params for one in opened.trials] == params_of(study)


def test_the_same_seed_gives_the_same_trials_also_when_interrupted(tmp_path: Path) -> None:
    about = description({"x": "0.0..5.0", "kind": "a|b|c"}, seed=7)

    def run(study: Study, count: int) -> None:
        with Worker(study.folder) as worker:
            for _ in range(count):
                trial = study.ask(worker, 100)
                assert trial is not None
                trial.finish(-((float(trial.point["x"]) - 3) ** 2))

    whole, parts = study_in(tmp_path / "a", about), study_in(tmp_path / "b", about)
    run(whole, 16)
    for count in (3, 10, 3):
        run(Study(parts.folder, about), count)
    assert params_of(Study(parts.folder, about)) == params_of(whole)
    other = study_in(tmp_path / "c", description({"x": "0.0..5.0", "kind": "a|b|c"}, seed=8))
    run(other, 1)
    assert params_of(other)[0] != params_of(whole)[0]


def test_several_seeds_give_the_mean(tmp_path: Path, quick_children: list[object]) -> None:
    study = study_in(tmp_path / "s", description({"x": "3|4"}, seeds=3, seed=10))
    sweep(study, 1)
    (trial,) = study.trials()
    x = float(trial.params["x"])
    assert trial.user_attrs["values"] == pytest.approx(
        [-((x - 3) ** 2) - 0.25 + seed / 1000 for seed in (10, 11, 12)]
    )
    assert trial.value == pytest.approx(sum(trial.user_attrs["values"]) / 3)


def test_a_grid_ends_when_all_points_were_tried(
    tmp_path: Path, quick_children: list[object]
) -> None:
    about = description({"x": "1|2|3"}, sampler="grid")
    study = study_in(tmp_path / "s", about)
    sweep(study, 100)
    assert sorted(one.params["x"] for one in study.trials()) == ["1", "2", "3"]


def test_bad_trials_are_pruned(tmp_path: Path, quick_children: list[object]) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}, pruner="median"))
    for x in (3.0, 3.1, 2.9, 3.05, 2.95, 0.0):
        study.enqueue({"x": x})
    sweep(study, 6)
    *good, bad = study.trials()
    assert [one.state for one in good] == [TrialState.COMPLETE] * 5
    assert bad.state is TrialState.PRUNED
    assert [rows_of([one])[0].state for one in (good[0], bad)] == ["complete", "pruned"]
    assert list(bad.intermediate_values) == [0]


def test_a_goal_that_is_never_logged_and_a_program_that_fails(
    tmp_path: Path, quick_children: list[object]
) -> None:
    study = study_in(tmp_path / "a", description({"x": "0.0..5.0"}, goal=Goal("accuracy")))
    with pytest.raises(UserError, match=r"3 trials failed.*accuracy was never recorded.*score"):
        sweep(study, 10)
    assert len(study.trials()) == 3
    study = study_in(tmp_path / "b", description({"x": "10|11"}))
    with pytest.raises(UserError, match="status 1: no such x"):
        sweep(study, 10)
    assert [rows_of([one])[0].state for one in study.trials()] == ["failed"] * 3


def test_trials_of_a_process_that_is_gone_are_tried_again(
    tmp_path: Path, quick_children: list[object]
) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    with Worker(study.folder) as gone:
        trial = study.ask(gone, 10)
        assert trial is not None
        with Worker(study.folder) as other:
            assert study.reclaim(other) == []
    said = sweep(study, 2)
    assert "trial 0: lost, its process is gone; it is tried again" in said
    trials = study.trials()
    assert is_lost(trials[0])
    assert trials[1].params == trials[0].params
    assert trials[1].user_attrs["retry_of"] == 0
    assert sum(one.state is TrialState.COMPLETE for one in trials) == 2
    assert len(trials) == 3


def test_a_setting_is_not_tried_for_ever(tmp_path: Path) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    for _ in range(5):
        with Worker(study.folder) as gone:
            study.ask(gone, 100)
        with Worker(study.folder) as here:
            study.reclaim(here)
    tries = [one.user_attrs.get("tries", 1) for one in study.trials()]
    assert tries == [1, 2, 3, 1, 2, 3]


def test_an_interrupted_sweep_keeps_its_trials_for_later(
    tmp_path: Path, quick_children: list[object]
) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    sweep(study, 5, until=lambda: len(quick_children) >= 2)
    sweep(Study(study.folder, study.description), 5)
    trials = study.trials()
    assert sum(one.state is TrialState.COMPLETE for one in trials) == 5
    assert not [one for one in trials if one.state in (TrialState.RUNNING, TrialState.WAITING)]


def test_a_killed_process_leaves_a_study_that_goes_on(tmp_path: Path) -> None:
    """The journal's last line may be torn, and its lock is released by the system."""
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    program = (
        "import sys; from pathlib import Path\n"
        "from core.sweep.folder import StudyFolder, Worker\n"
        "from core.sweep.study import Study\n"
        "folder = StudyFolder(Path(sys.argv[1])); study = Study(folder, folder.description())\n"
        "with Worker(folder) as worker:\n"
        "    study.ask(worker, 5); print(worker.name, flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(study.folder.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    with Worker(study.folder) as here:
        assert here.is_alive(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stdin.close()  # type: ignore[union-attr]
        assert not here.is_alive(name)
        with study.folder.journal.open("ab") as journal:
            journal.write(b'{"op_code": 5, "wor')
        again = Study(study.folder, study.description)
        assert again.reclaim(here) == [0]
    assert [one.state for one in Study(study.folder, study.description).trials()] == [
        TrialState.FAIL, TrialState.WAITING,
    ]  # fmt: skip
    for line in study.folder.journal.read_bytes().splitlines():
        json.loads(line)


def test_requests_to_a_study(tmp_path: Path, quick_children: list[object]) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    request(study.folder, ranges={"x": "2.0..3.0"}, trials=3)
    said = sweep(study, 10)
    assert "x is now 2.0..3.0" in said
    trials = study.trials()
    assert len(trials) == 3
    assert all(2 <= one.params["x"] <= 3 for one in trials)
    request(study.folder, stop=True, trials=0)
    assert sweep(Study(study.folder, study.description), 10) == ["x is now 2.0..3.0"]
    (study.folder.path / "control.json").write_text("{")
    (study.folder.path / "control.json").chmod(0o600)
    with pytest.raises(RunError, match="damaged"):
        read_desired_state(study.folder)


def test_a_paused_study_begins_nothing(tmp_path: Path, quick_children: list[object]) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    request(study.folder, paused=True)
    polls = iter(range(20))
    sweep(study, 2, until=lambda: next(polls, None) is None)
    assert study.trials() == []


def test_two_processes_share_the_number_of_trials(
    tmp_path: Path, quick_children: list[object]
) -> None:
    about = description({"x": "0.0..5.0"})
    first, second = study_in(tmp_path / "s", about), study_in(tmp_path / "s", about)
    with Worker(first.folder) as a, Worker(second.folder) as b:
        begun = [one.ask(worker, 3) for one, worker in ((first, a), (second, b)) * 2]
        assert [one.number if one else None for one in begun] == [0, 1, 2, None]
        points = [one.point["x"] for one in begun if one]
        assert len(set(points)) == 3


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_what_comes_next_is_known_before(tmp_path: Path, sampler: str) -> None:
    space = {"x": "0.0..5.0:linear:4", "kind": "a|b|c"}
    study = study_in(tmp_path / "s", description(space, sampler=sampler, seed=3))
    with Worker(study.folder) as worker:
        for number in range(12):
            if number > 8 and sampler != "grid":
                study.space = narrowed_by(study.description.space, {"x": "1..4"})
            if number == 11 and sampler != "grid":
                study.enqueue({"kind": "b"})
            expected = study.next_point()
            trial = study.ask(worker, 100)
            assert trial is not None
            assert trial.point == expected
            trial.finish(-((float(trial.point["x"]) - 3) ** 2))
    assert len(study.trials()) == 12
    assert (study.next_point() == {}) == (sampler == "grid")


def test_a_setting_becomes_a_run_of_its_own(tmp_path: Path) -> None:
    ours = description({"learning_rate": "0.001..1"}, program=(), fixed=["--max_steps=9"], seed=4)
    study = study_in(tmp_path / "studies" / "s", ours)
    with pytest.raises(UserError, match="no trial is complete yet"):
        train_words(study.folder, None, [])
    with Worker(study.folder) as worker:
        for value in (0.5, 0.9):
            trial = study.ask(worker, 2)
            assert trial is not None
            trial.finish(value)
    rates = [one.params["learning_rate"] for one in study.trials()]
    begin = ["train", "--log_dir", str(tmp_path)]
    flags = ["--max_steps=9", f"--learning_rate={rates[1]!r}", "--seed=4"]
    assert train_words(study.folder, None, []) == [*begin, *flags]
    assert train_words(study.folder, 0, ["--xla"])[4] == f"--learning_rate={rates[0]!r}"
    assert train_words(study.folder, 0, ["--xla"])[-1] == "--xla"
    with pytest.raises(UserError, match="no trial 9"):
        train_words(study.folder, 9, [])
    with pytest.raises(UserError, match="the run of trial 1 is gone"):
        branch_words(study.folder, None, [])
    run = study.folder.trial(1) / "a-run"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    assert branch_words(study.folder, None, []) == [*begin, "--branch", str(run)]
    with pytest.raises(UserError, match="must begin with trainpad"):
        start_detached(study.folder, "rm -r /")
    with pytest.raises(UserError, match="no command line"):
        start_detached(study.folder, "trainpad '")
    other = study_in(tmp_path / "p", description({"x": "0.0..5.0"}))
    assert words_of(other.folder, ["script", "1"]) == ["run", "--", "script", "1"]
    with pytest.raises(UserError, match="cannot be branched"):
        branch_words(other.folder, None, [])


def test_a_remote_process_counts_as_gone_after_a_minute(tmp_path: Path) -> None:
    folder = create_study(tmp_path / "s", description({"x": "0.0..5.0"}))
    with Worker(folder) as here:
        other = folder.path / "workers" / "elsewhere-1-1"
        other.touch()
        assert here.is_alive("elsewhere-1-1")
        os.utime(other, (time.time() - 120,) * 2)
        assert not here.is_alive("elsewhere-1-1")
        assert not here.is_alive("")


def test_processes_are_forked_from_one_that_has_imported_tensorflow(tmp_path: Path) -> None:
    forker, output = Forker(), tmp_path / "output.log"
    command = [*trainpad_command(), "--version"]
    good = forker.start(command, {}, output)
    bad = forker.start([*trainpad_command(), "train", "--learning_rate", "no"], {}, output)
    wait_until(lambda: good.poll() is not None and bad.poll() is not None)
    assert (good.poll(), bad.poll()) == (0, 2)
    assert "trainpad 0." in output.read_text()
    assert "learning_rate must be a number" in output.read_text()
    forker._server.kill()  # type: ignore[union-attr]
    forker._server.wait()  # type: ignore[union-attr]
    with pytest.raises(RunError, match="cannot be started"):
        forker.start(command, {}, output)
    for stream in (forker._server.stdin, forker._server.stdout):  # type: ignore[union-attr]
        with suppress(OSError):
            stream.close()  # type: ignore[union-attr]
