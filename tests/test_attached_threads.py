"""Threads of one program begin, use and end runs at the same time."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import trainpad
from tests.helpers.attached import events, numbers, recorded, steer

pytestmark = pytest.mark.usefixtures("polled_runs")


def at_once(*calls: Callable[[], object]) -> list[BaseException]:
    """Call each on a thread of its own, at the same moment; return what they raised."""
    barrier, raised = threading.Barrier(len(calls)), list[BaseException]()

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - whatever reaches the program
            raised.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_runs_begun_at_once_follow_each_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(10):
        assert at_once(*[lambda: trainpad.init("p")] * 4, trainpad.finish, trainpad.finish) == []
    assert trainpad.run is not None
    trainpad.finish()
    found = recorded(tmp_path)
    assert len(found) == 40
    for path in found:
        assert [event["event"] for event in events(path)] == ["started", "finished"]
    assert capfd.readouterr().err == ""


def test_a_run_ends_once_and_loses_no_number_that_was_logged_before() -> None:
    for _ in range(10):
        with trainpad.init("p") as run:
            run.log({"loss": 1.0}, 0)
            assert at_once(*[run.finish] * 4, lambda run=run: run.log({"late": 1.0}, 1)) == []
        assert run.path is not None
        assert len(events(run.path, "finished")) == 1
        assert numbers(run.path)[0] == {"step": 0, "loss": 1.0}
        assert not events(run.path, "warned")


def test_a_request_is_applied_and_taken_by_one_thread() -> None:
    got = list[float]()
    run = trainpad.init("p")
    run.live("lr", 0.1, on_change=got.append)
    assert run.path is not None
    for value in range(1, 11):
        steer(run.path, hyperparameters={"lr": float(value)}, increment="checkpoint")
        taken = list[bool]()
        assert at_once(*[run.tick] * 4) == []
        assert at_once(*[lambda taken=taken: taken.append(run.save_requested)] * 4) == []
        assert sorted(taken) == [False, False, False, True]
    assert got == [float(value) for value in range(1, 11)]


def test_a_child_that_is_forked_while_a_thread_begins_a_run_can_begin_its_own() -> None:
    from trainpad import api

    with api._lock:
        holder = threading.Thread(target=trainpad.init, args=("p",))
        holder.start()
        child = os.fork()
        if child == 0:
            thread = threading.Thread(target=trainpad.init, args=("p",), daemon=True)
            thread.start()
            thread.join(20)
            os._exit(thread.is_alive())
    assert os.waitpid(child, 0)[1] == 0
    holder.join()
