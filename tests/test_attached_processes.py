"""Attached runs in several processes: children, forks, other ranks, threads, signals."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import REPOSITORY

import trainpad
from tests.helpers.attached import (
    TRAIN,
    events,
    last_event,
    numbers,
    recorded,
    run_program,
    start_program,
    until,
)
from trainpad import api, ranks

pytestmark = pytest.mark.usefixtures("runs")


def test_a_run_that_another_process_writes_is_not_resumed(tmp_path: Path) -> None:
    process = start_program(TRAIN + "\ntime.sleep(60)", tmp_path)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        (path,) = recorded(tmp_path)
        with pytest.raises(trainpad.RunError, match="another process is writing"):
            trainpad.init("p", resume="must")
        assert trainpad.init("p", resume="allow").path != path
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "name", ["TRAINPAD_MODE=off", "RANK=1", "SLURM_PROCID=2", "OMPI_COMM_WORLD_RANK=1"]
)
def test_other_ranks_and_off_write_nothing(
    name: str, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, value = name.split("=")
    monkeypatch.setenv(variable, value)
    run = trainpad.init("p")
    run.log({"loss": 1})
    assert run.tick()
    assert not runs.exists()


@pytest.mark.parametrize(("rank", "records"), [(0, True), (1, False)])
def test_a_started_process_that_shares_the_training_records_by_its_rank(
    rank: int, records: bool, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("multiprocessing.process.parent_process", lambda: SimpleNamespace(pid=7))
    monkeypatch.setenv("TRAINPAD_RECORDS", "7")
    assert not trainpad.init("p").path  # a worker
    shared = SimpleNamespace(
        is_available=lambda: True, is_initialized=lambda: True,
        get_rank=lambda: rank, get_world_size=lambda: 2,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch.distributed", shared)
    run = trainpad.init("p")
    assert bool(run.path) == records
    assert (ranks.rank(), ranks.world_size()) == (rank, 2)


def test_the_others_go_on_where_the_first_process_does_not_record(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RANK", "1")
    run = trainpad.init("p")
    assert all(run.tick(broadcast=lambda _mine: None) for _ in range(20))
    assert not all(run.tick(broadcast=lambda _mine: {"stop": "stopped"}) for _ in range(10))
    assert not capsys.readouterr().err


def test_the_mode_of_similar_libraries_is_understood(runs: Path) -> None:
    trainpad.init("p", mode="disabled")
    assert not runs.exists()


CHILDREN = """
import multiprocessing, os, sys, time
import trainpad

def work(number):
    trainpad.log({"child": number})
    trainpad.run and trainpad.run.note("child")
    inner = trainpad.init("inner")
    inner.log({"child": 1})
    return inner.path is None and (trainpad.run.tick())

run = trainpad.init("p")
run.log({"loss": 1}, 0)
if __name__ == "__main__":
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert all(pool.map(work, range(4)))
    run.log({"loss": 2}, 1)
"""


def test_children_write_nothing(tmp_path: Path) -> None:
    status, _, errors = run_program(CHILDREN, tmp_path)
    assert (status, {*errors.splitlines()}) == (0, {f"trainpad: {api._WORKER}"})
    (path,) = recorded(tmp_path)
    assert [line["loss"] for line in numbers(path)] == [1, 2]
    assert [event["event"] for event in events(path)] == ["started", "finished"]


TRAINING_CHILDREN = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import trainpad

def train(name):
    run = trainpad.init("p", name)
    for step in range(3):
        run.log({"loss": step}, step)
    if name == "bad":
        raise ValueError("it fails")

def loaded(_):
    return trainpad.init("p", "loader").path

if __name__ == "__main__":
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            list(pool.map(train, [f"{method} 1", f"{method} 2"]))
    for name in ("own", "bad"):
        child = multiprocessing.get_context("fork").Process(target=train, args=(name,))
        child.start()
        child.join()
    with trainpad.init("p", "parent"):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.map(loaded, range(1)) == [None]
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.map(loaded, range(1)) != [None]
        pool.close()
        pool.join()
"""


def test_children_record_trainings_where_their_parent_has_no_run(tmp_path: Path) -> None:
    status, _, errors = run_program(TRAINING_CHILDREN, tmp_path)
    assert status == 0
    assert errors.count("trainpad:") == 1  # of the loader
    found = {
        json.loads((path / "run.json").read_text())["label"]: path for path in recorded(tmp_path)
    }
    assert found.keys() == {
        "fork 1", "fork 2", "spawn 1", "spawn 2", "own", "bad", "parent", "loader"
    }  # fmt: skip
    ends = {name: last_event(path) for name, path in found.items()}
    bad = ends.pop("bad")
    assert (bad["event"], bad["text"]) == ("failed", "ValueError: it fails (program.py:11)")
    assert {end["event"] for end in ends.values()} == {"finished"}
    assert len(numbers(found["own"])) == 3


FORKS = """
import os
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(60)
"""


def test_a_child_does_not_keep_the_lock_of_a_killed_parent(tmp_path: Path) -> None:
    from core.rundir.rundir import RunDir

    process = start_program(TRAIN + FORKS, tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    child = int(process.stdout.readline())
    (path,) = recorded(tmp_path)
    process.kill()
    process.wait()
    with RunDir(path).exclusive():
        pass
    os.kill(child, signal.SIGKILL)
    process.communicate()


def test_a_second_start_in_a_thread_or_del_ends_nothing(tmp_path: Path) -> None:
    code = """
import threading, trainpad
class Model:
    def __del__(self):
        trainpad.log({"late": 1})
        trainpad.finish()
model = Model()
threading.Thread(target=lambda: trainpad.init("p").log({"a": 1})).start()
"""
    assert run_program(code, tmp_path)[0] == 0


def test_importing_writes_nothing_and_takes_no_thread(tmp_path: Path) -> None:
    code = "import trainpad, threading, os; print(threading.active_count(), os.listdir('.'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1 []\n"


def test_a_program_that_is_interrupted_while_paused_ends(tmp_path: Path) -> None:
    from tests.helpers.attached import steer

    code = """
import time, trainpad
run = trainpad.init("p")
print(run.path, flush=True)
while run.tick():
    time.sleep(0.01)
"""
    process = start_program(code, tmp_path)
    assert process.stdout is not None
    path = Path(process.stdout.readline().strip())
    steer(path, pause_at=0)
    until(lambda: events(path, "paused"))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert last_event(path)["reason"] == "interrupted"
