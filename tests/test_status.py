"""The status of runs, and whether their writer is alive."""

import fcntl
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from core.run.events import (
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Paused,
    Preparing,
    Started,
)
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir.rundir import RunDir
from core.rundir.status import has_writer, read_status, resolve_live_run
from tests.helpers.attached_runs import make_attached
from tests.helpers.runs import add_events, confusion, hold, make_run
from trainpad.errors import RunError

STARTED = Started(0, as_dict(HyperParameters()), "CPU:0", 10)


def held(run: RunDir) -> None:
    """Locked by this process, which is alive, with a fresh heartbeat."""
    hold(run, pid=os.getpid(), age=0.0)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "starting"),
        ([Preparing("loading")], "starting"),
        ([Preparing("loading"), STARTED, Preparing("compiling")], "training"),
        ([STARTED, Paused(5)], "paused"),
        ([STARTED, Paused(5), Changed(5, "learning_rate", 0.1, 0.2)], "paused"),
        ([STARTED, Paused(5), Evaluated(5, confusion(1, 1), {}, 0.1)], "paused"),
        ([STARTED, Paused(5), Continued(5)], "training"),
        ([STARTED, Finished(9, Outcome.DONE, 1.0)], "done"),
        ([STARTED, Finished(9, Outcome.DONE, 1.0, "validation stays")], "done"),
        ([STARTED, Finished(9, Outcome.STOPPED, 1.0)], "stopped"),
        ([STARTED, Finished(9, Outcome.INTERRUPTED, 1.0)], "stopped"),
        ([STARTED, Diverged(9, float("nan"))], "diverged"),
        ([STARTED, Failed(9, "it broke")], "failed"),
        ([STARTED, Finished(9, Outcome.STOPPED, 1.0), Preparing("loading")], "starting"),
        ([STARTED, Finished(9, Outcome.STOPPED, 1.0), Preparing("loading"), STARTED], "training"),
    ],
)
def test_the_status_follows_from_the_newest_events(
    tmp_path: Path, events: list[Event], state: str
) -> None:
    run = make_run(tmp_path / "run", losses=range(9))
    add_events(run, *events, b'{"event": "torn')
    held(run)
    found = read_status(run, host="here")
    assert (found.state, found.steps) == (state, 9)


def test_the_best_accuracy_excludes_void_evaluations(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    add_events(
        run,
        STARTED,
        Evaluated(10, confusion(8, 2), {}, 0.1),
        Evaluated(20, confusion(9, 1), {}, 0.1),
        Started(10, as_dict(HyperParameters()), "CPU:0", 10),
        Evaluated(20, confusion(7, 3), {}, 0.1),
    )
    assert read_status(run).best == 0.8


def planned_to(steps: object) -> Started:
    return Started(5, {**as_dict(HyperParameters()), "max_steps": steps}, "CPU:0", 10)


@pytest.mark.parametrize(
    ("events", "steps"),
    [
        ([], 900),
        ([Started(0, {}, "CPU:0", 10)], 900),
        ([planned_to(1000)], 1000),
        ([planned_to(1000), Changed(7, "max_steps", 1000, 5000)], 5000),
        ([planned_to(1000), Changed(7, "max_steps", 1000, 5000), Changed(8, "l2", 0, 1)], 5000),
        ([planned_to(1000), Changed(7, "max_steps", 1000, 5000), planned_to(3000)], 3000),
        ([planned_to(1000), planned_to("many")], 1000),
    ],
)
def test_max_steps_is_the_newest_valid_value(
    tmp_path: Path, events: list[Event], steps: int
) -> None:
    run = make_run(tmp_path / "run", hyperparameters={"max_steps": 900})
    add_events(run, *events)
    assert read_status(run).max_steps == steps


def test_a_start_that_never_trained_keeps_the_earlier_end(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    add_events(run, STARTED, Finished(9, Outcome.STOPPED, 1.0), Preparing("loading TensorFlow"))
    hold(run, age=1000)
    assert read_status(run, host="here").state == "stopped"


# -- the writer ----------------------------------------------------------------------------------


def test_a_dead_process_is_detected_by_its_lock(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    add_events(run, STARTED)
    hold(run, age=0.0)  # a fresh heartbeat, but no such process
    assert read_status(run, host="here").state == "lost"
    with (run.path / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert read_status(run, host="here").state == "training"
    assert read_status(run, host="here").state == "lost"


def test_a_killed_process_is_dead_before_its_parent_asks_for_its_status(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    add_events(run, STARTED)
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        hold(run, pid=child.pid)
        assert read_status(run, host="here").state == "lost"


def test_a_quiet_process_is_not_lost(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    with (run.path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        hold(run, pid=os.getpid(), age=3600.0)
        assert has_writer(run, "here", time.time())


def test_another_process_with_the_same_pid_is_not_the_writer(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    hold(run, pid=os.getpid(), age=3600.0)
    assert not has_writer(run, "here", time.time())


@pytest.mark.parametrize(("age", "written"), [(5.0, True), (3600.0, False)])
def test_another_host_is_judged_by_its_heartbeat(
    tmp_path: Path, age: float, *, written: bool
) -> None:
    run = make_run(tmp_path / "run")
    hold(run, host="elsewhere", age=age)
    assert has_writer(run, "here", time.time()) is written


def test_a_new_run_is_not_lost(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    assert read_status(run).state == "starting"
    assert read_status(run, now=time.time() + 60).state == "lost"


@pytest.mark.parametrize(
    "lock",
    [b"", b"{", b"[1]", b'{"pid": "x", "host": 1, "since": 1}', b" " * 5000, b"[" * 4000],
)
def test_a_damaged_lock_has_no_owner(tmp_path: Path, lock: bytes) -> None:
    run = make_run(tmp_path / "run")
    (run.path / "lock").write_bytes(lock)
    assert read_status(run, host="here", now=time.time() + 60).state == "lost"


def test_reading_the_status_does_not_keep_the_lock(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    hold(run)
    read_status(run, host="here")
    with run.writer_lock():
        pass


# -- resolving runs ------------------------------------------------------------------------------


def test_the_newest_live_run_takes_precedence(tmp_path: Path) -> None:
    live = make_run(tmp_path / "20260101-000000-a")
    add_events(live, STARTED)
    last = make_run(tmp_path / "20260102-000000-b")
    add_events(last, STARTED, Finished(1, Outcome.DONE, 1.0))
    hold(live, age=3600)
    assert resolve_live_run("", tmp_path) == last
    with live.writer_lock():
        assert resolve_live_run("", tmp_path) == live
        assert resolve_live_run("20260102", tmp_path) == last
    with pytest.raises(RunError, match="no run called"):
        resolve_live_run("nonsense", tmp_path)


def test_of_runs_with_one_name_the_live_one_is_meant_and_of_two_live_ones_none(
    tmp_path: Path,
) -> None:
    first, second = (
        make_attached(tmp_path / "p" / f"2026010{day}-mine", state="started", label="mine")
        for day in (1, 2)
    )
    assert resolve_live_run("mine", tmp_path) == second
    with first.writer_lock():
        assert resolve_live_run("mine", tmp_path) == first
        assert resolve_live_run("2026", tmp_path) == first
        with second.writer_lock():
            assert resolve_live_run("p", tmp_path) == second  # a project's newest
            sentence = "2 live runs are called 'mine': give one of 20260102-mine, 20260101-mine"
            with pytest.raises(RunError, match=sentence):
                resolve_live_run("mine", tmp_path)
            with pytest.raises(RunError, match="'2026' is ambiguous"):
                resolve_live_run("2026", tmp_path)
            assert resolve_live_run("20260101-mine", tmp_path) == first


def test_times_out_of_range_are_dropped(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    lock = {"pid": 1, "host": "h", "since": 1e300}
    (run.path / "lock").write_text(json.dumps(lock))
    assert read_status(run).since == 0
