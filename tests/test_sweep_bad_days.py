"""Sweeps on a full disk and on several GPUs; a screen that starts one in the background."""

import errno
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from click.testing import CliRunner
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from core.sweep import devices
from core.sweep.background import last_line, log_of, start_in_background
from core.sweep.devices import AUTO, shares
from core.sweep.folder import Worker
from core.sweep.plan import child_of
from core.sweep.process import Spawner
from core.sweep.study import Study, importances, is_lost
from core.sweep.study_requests import StudyRequests
from main import cli
from tests.helpers.sweep import description, quick_children, study_in, sweep
from tests.helpers.waiting import wait_until
from trainpad.errors import RunError

__all__ = ["quick_children"]


def test_a_full_disk_ends_a_sweep_with_one_sentence_and_loses_nothing(
    tmp_path: Path, quick_children: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    about = description({"x": "0.0..5.0"}, pruner="none")
    study, written = study_in(tmp_path / "s", about), JournalFileBackend.append_logs
    calls = iter(range(1000))

    def append(self: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
        if next(calls) >= 15:  # in the second trial
            with study.folder.journal.open("ab") as file:
                file.write(b'{"op_code": 7, "tri')  # as much as had room
            raise OSError(errno.ENOSPC, "No space left on device")
        written(self, logs)

    with monkeypatch.context() as full:
        full.setattr(JournalFileBackend, "append_logs", append)
        with pytest.raises(RunError, match=r"journal\.log cannot be used: No space left on device"):
            sweep(study, 4)
    before = Study(study.folder, about).trials()
    said = sweep(Study(study.folder, about), 4)
    trials = Study(study.folder, about).trials()
    assert [one.params for one in trials[: len(before)]] == [one.params for one in before]
    assert before[0].state is TrialState.COMPLETE
    assert trials[0].value == before[0].value
    assert sum(one.state is TrialState.COMPLETE for one in trials) == 4
    assert [one.number for one in trials if is_lost(one)] == [1]
    assert "trial 1: lost, its process is gone; it is tried again" in said
    assert trials[2].params == trials[1].params


@pytest.mark.parametrize(
    ("visible", "found", "jobs", "expected"),
    [
        (None, 0, AUTO, [{}]),
        (None, 4, AUTO, ["0", "1", "2", "3"]),
        (None, 2, 3, ["0", "1", "0"]),
        ("5,7", 8, AUTO, ["5", "7"]),
        ("GPU-1a, GPU-2b", 8, 2, ["GPU-1a", "GPU-2b"]),
        ("", 4, AUTO, [{}]),
        ("-1", 4, AUTO, [{}]),
    ],
)
def test_each_job_has_a_gpu_of_its_own(
    visible: str | None,
    found: int,
    jobs: int,
    expected: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(devices, "gpu_count", lambda: found)
    wanted = [{"CUDA_VISIBLE_DEVICES": one} if one else {} for one in expected]
    assert [dict(one) for one in shares(jobs)] == wanted


def test_jobs_on_a_cpu_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "gpu_count", lambda: 0)
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda _pid: set(range(8)))
    assert {name: set(one.values()) for name, one in enumerate(shares(4))} == {
        job: {"2"} for job in range(4)
    }
    assert set(shares(20)[0].values()) == {"1"}


def test_a_trials_process_has_the_device_of_its_job(tmp_path: Path) -> None:
    about = description({"x": "0.0..5.0"})
    device = {"CUDA_VISIBLE_DEVICES": "3"}
    child = child_of(about, {"x": 1.0}, tmp_path, 0, device, Spawner())
    assert child.environment["CUDA_VISIBLE_DEVICES"] == "3"


def test_a_sweep_in_the_background_is_stopped_and_says_why_it_ended(tmp_path: Path) -> None:
    about = description({"x": "0.0..5.0"}, program=("no-such-program", "{x}"))
    study = study_in(tmp_path / "s", about)
    StudyRequests(study.folder).pause(paused=True)
    process = start_in_background(study.folder, ["--trials=3"])
    wait_until(study.folder.is_live)
    StudyRequests(study.folder).stop()
    assert process.wait(60) == 1
    assert last_line(study.folder) == "no trial is complete"
    assert "3 trials, 1 at a time" in log_of(study.folder).read_text()
    assert not study.folder.is_live()


def test_detached_it_returns_to_the_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        "core.sweep.background.start_in_background",
        lambda folder, flags: started.append([str(folder.path), *flags]),
    )
    folder = str(tmp_path / "s")
    words = ["sweep", "--study", folder, "--trials", "3", "--goal", "score", "--x", "1..2"]
    result = CliRunner().invoke(cli, [*words, "--detach", "--jobs", "2", "--", "script", "{x}"])
    assert result.output.splitlines()[0] == folder
    assert "trainpad study" in result.output
    assert started == [[folder, "--trials=3", "--jobs=2"]]


def test_without_locks_a_process_counts_as_gone_after_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    folder = study_in(tmp_path / "s", description({"x": "0.0..5.0"})).folder
    with Worker(folder) as worker:
        (path,) = folder.live_workers()
        monkeypatch.setattr("fcntl.flock", refused)
        assert folder.live_workers() == [path]
        os.utime(path, (time.time() - 120,) * 2)
        assert not folder.is_live()
        worker.beat()
        assert folder.is_live()


def test_importance_without_scikit_learn_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_args: object) -> None:
        raise ImportError("Tried to import 'sklearn.ensemble' but failed. Please make sure that")

    # The real one is not even imported: that takes seconds.
    fake = SimpleNamespace(get_param_importances=without)
    monkeypatch.setattr(optuna, "importance", fake, raising=False)
    study = study_in(tmp_path / "s", description({"x": "0.0..5.0"}))
    with pytest.raises(RunError, match="needs scikit-learn: pip install scikit-learn"):
        importances(study)
