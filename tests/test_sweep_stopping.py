"""Trials save and end however a study is stopped; a signal is the last means."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.rundir.attached import control_of
from core.rundir.rundir import RunDir
from core.sweep import runner
from core.sweep.runner import Job, Limits, Sweep
from core.sweep.study import Study, is_lost
from core.sweep.study_requests import StudyRequests
from tests.helpers.sweep import description, study_in
from trainpad.place import make_run_dir


class Program:
    """A program with `run.tick()`, in place of its process: only `control.json` has it save."""

    begun: list["Program"]
    follows = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.got: list[str] = []
        self.begun.append(self)

    def start(self) -> None:
        self.folder.mkdir(parents=True)
        self._run = RunDir(make_run_dir(self.folder, "p", {"kind": "attached", "project": "p"}))
        self._control = control_of(self._run)

    def exit_status(self) -> int | None:
        if self.follows and self._control.poll().stop and not self.got:
            self.got.append("saved")
        return 0 if self.got == ["saved"] else -15 if "terminate" in self.got else None

    def run(self) -> RunDir:
        return self._run

    def terminate(self) -> None:
        self.got.append("terminate")

    def kill(self) -> None:
        self.got.append("kill")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    monkeypatch.setattr(Program, "begun", [], raising=False)
    monkeypatch.setattr(runner, "child_of", lambda _a, _p, folder, *_more: Program(folder))
    monkeypatch.setattr(runner, "POLL_INTERVAL", 0.0)
    return Program.begun


def run(study: Study, **when: Any) -> None:
    Sweep(study, Limits(9), [Job({}), Job({})], lambda _: None, **when).run()


def test_a_stopped_study_has_its_trials_save_and_loses_none(
    tmp_path: Path, programs: list[Program]
) -> None:
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))

    def polls() -> Iterator[bool]:
        yield from (False, False)
        StudyRequests(study.folder).stop()
        while True:
            yield False

    asked = polls()
    run(study, is_interrupted=lambda: next(asked))
    assert [one.got for one in programs] == [["saved"], ["saved"]]
    assert [one.user_attrs["end"] for one in study.trials()] == ["stopped", "stopped"]


@pytest.mark.parametrize("follows", [True, False])
def test_an_interrupted_sweep_asks_its_runs_before_it_sends_a_signal(
    tmp_path: Path, programs: list[Program], monkeypatch: pytest.MonkeyPatch, *, follows: bool
) -> None:
    monkeypatch.setattr(Program, "follows", follows)
    monkeypatch.setattr(runner, "ANSWER_SECONDS", 30.0 if follows else 0.0)
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    run(study, is_interrupted=lambda: len(programs) == 2)
    assert [one.got for one in programs] == [["saved" if follows else "terminate"]] * 2
    assert [is_lost(one) for one in study.trials()] == [True, True, False, False]
