"""An attached run is steered: by its `control.json`, polled by `tick`."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trainpad
from tests.helpers.attached import directory, events, numbers, steer, until
from trainpad.attached import Run
from trainpad.control import DesiredState
from trainpad.steering import Steering

pytestmark = pytest.mark.usefixtures("polled_runs")


def recorded(run: Run, *names: str) -> list[dict[str, Any]]:
    """The events of a run that has ended."""
    run.finish()
    return events(directory(run), *names)


def test_a_knob_is_a_number_that_changes_at_a_tick() -> None:
    run = trainpad.init("p")
    got: list[float] = []
    lr = run.live("lr", 3e-4, low=1e-6, high=0.1, on_change=got.append)
    assert float(lr) == lr.value == 3e-4
    run.log({"loss": 1}, step=9)
    steer(directory(run), hyperparameters={"lr": 0.01})
    assert lr.value == 3e-4
    assert run.tick()
    assert lr.value == 0.01
    assert got == [0.01]
    declared, changed = recorded(run, "declared", "changed")
    assert declared.items() >= {
        "name": "lr", "value": 3e-4, "low": 1e-6, "high": 0.1, "scale": "log", "choices": None
    }.items()  # fmt: skip
    assert changed.items() >= {"step": 10, "name": "lr", "old": 3e-4, "new": 0.01}.items()


def test_the_program_may_set_a_knob_too_and_a_request_is_applied_once() -> None:
    run = trainpad.init("p")
    lr = run.live("lr", 0.1)
    steer(directory(run), hyperparameters={"lr": 0.2})
    run.tick()
    lr.value = 0.05  # a schedule of the program's own
    run.tick()
    assert lr.value == 0.05
    assert [event["new"] for event in recorded(run, "changed")] == [0.2, 0.05]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"lr": 1.0}, "lr must be from 1e-06 to 0.1, not 1"),
        ({"lr": "fast"}, "lr must be a number, not 'fast'"),
        ({"lr": True}, "lr must be a number"),
        ({"layers": 1.5}, "layers must be a whole number, not 1.5"),
        ({"mode": "c"}, "mode must be one of a, b"),
        ({"on": 1}, "on must be true or false, not 1"),
        ({"nothing": 1}, "there is no value called 'nothing'"),
    ],
)
def test_a_wrong_value_from_outside_is_refused_and_said(values: dict[str, Any], why: str) -> None:
    run = trainpad.init("p")
    lr = run.live("lr", 0.01, low=1e-6, high=0.1)
    run.live("layers", 3, low=1)
    run.live("mode", "a", choices=["a", "b"])
    run.live("on", value=True)
    steer(directory(run), hyperparameters=values)
    for _ in range(3):
        assert run.tick()
    assert lr.value == 0.01
    (warned,) = recorded(run, "warned")
    assert why in warned["text"]


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"low": 2, "high": 1}, "low is 2, above high"),
        ({"low": 0, "high": 1, "scale": "log"}, "a log scale needs a low above 0"),
        ({"scale": "cubic"}, "scale must be 'linear' or 'log'"),
        ({"low": 1}, "must be from 1 to inf"),
        ({"choices": [1, 2]}, "must be one of 1, 2"),
        ({"low": "x", "high": 1}, "live"),
    ],
)
def test_wrong_limits_are_left_out_and_said(limits: dict[str, Any], why: str) -> None:
    run = trainpad.init("p")
    knob = run.live("x", 0.5, **limits)
    assert knob.value == 0.5
    assert why in recorded(run, "warned")[0]["text"]


def test_foreign_scalars_and_strange_values_make_knobs_as_well() -> None:
    run = trainpad.init("p")
    assert run.live("a", np.float32(0.5)).value == 0.5
    assert type(run.live("b", np.int64(3)).value) is int
    assert run.live("d", float("nan")).value != 0


def test_a_function_of_the_programs_own_that_raises_does_not_end_it() -> None:
    def broken(_: object) -> None:
        raise ValueError("no such layer")

    run = trainpad.init("p")
    knob = run.live("x", 1.0, on_change=broken)
    steer(directory(run), hyperparameters={"x": 2.0})
    assert run.tick()
    assert knob.value == 2.0
    assert "on_change raised ValueError: no such layer" in recorded(run, "warned")[0]["text"]


def test_a_paused_run_waits_with_marks_of_life_and_goes_on() -> None:
    run = trainpad.init("p")
    run.log({"loss": 1}, step=4)
    path = directory(run)
    steer(path, pause_at=0)
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.append(run.tick()))
    thread.start()
    until(lambda: events(path, "paused"))
    before = (path / "lock").stat().st_mtime_ns
    until(lambda: (path / "lock").stat().st_mtime_ns > before)
    assert numbers(path)
    assert not done
    steer(path, pause_at=None)
    thread.join(5)
    assert done == [True]
    assert [(e["event"], e["step"]) for e in recorded(run, "paused", "continued")] == [
        ("paused", 5),
        ("continued", 5),
    ]


def test_a_run_pauses_at_a_later_step_only_then() -> None:
    run = trainpad.init("p")
    steer(directory(run), pause_at=10)
    run.log({"loss": 1}, step=3)
    assert run.tick()
    assert not recorded(run, "paused")


def test_a_stop_is_a_false_tick_also_while_paused_and_after_the_end() -> None:
    run = trainpad.init("p")
    steer(directory(run), pause_at=0)
    timer = threading.Timer(0.2, lambda: steer(directory(run), stop="stopped"))
    timer.start()
    assert not run.tick()
    assert run.should_stop
    timer.join()
    (finished,) = recorded(run, "finished")
    assert finished["reason"] == "stopped"
    assert not run.tick()


def test_a_request_from_before_the_program_began_is_dropped(tmp_path: Path) -> None:
    run = trainpad.init("p", resume="allow")
    run.log({"loss": 1})
    steer(directory(run), stop="stopped")
    run.finish()
    again = trainpad.init("p", resume="allow")
    assert again.path == run.path
    assert again.tick()


def test_requests_to_save_and_evaluate_are_true_once() -> None:
    run = trainpad.init("p")
    assert not run.save_requested
    steer(directory(run), increment="checkpoint")
    steer(directory(run), increment="checkpoint")
    steer(directory(run), increment="evaluate")
    assert run.tick()
    assert (run.save_requested, run.save_requested) == (True, False)
    assert (run.evaluate_requested, run.evaluate_requested) == (True, False)
    assert not run.should_stop
    assert [event["request"] for event in recorded(run, "answered")] == ["save", "evaluate"]


def test_a_paused_run_goes_on_for_one_step_to_save() -> None:
    run = trainpad.init("p")
    path = directory(run)
    steer(path, pause_at=0)
    steer(path, increment="checkpoint")
    assert run.tick()
    assert run.save_requested
    timer = threading.Timer(0.2, lambda: steer(path, pause_at=None))
    timer.start()
    began = time.monotonic()
    assert run.tick()
    assert time.monotonic() - began > 0.1
    timer.join()
    assert [e["event"] for e in recorded(run, "paused", "continued")] == ["paused", "continued"]


def test_tick_polls_every_50_ms_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainpad.attached.POLL_INTERVAL", 0.05)
    run = trainpad.init("p")
    polls: list[int] = []
    poll = run._steering.poll
    monkeypatch.setattr(run._steering, "poll", lambda *a: polls.append(1) or poll(*a))
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        run.tick()
    assert 1 <= len(polls) <= 7


def test_several_processes_refuse_to_pause_and_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "0")
    run = trainpad.init("p")
    steer(directory(run), pause_at=0)
    assert run.tick()
    assert run.tick()
    (warned,) = recorded(run, "warned")
    assert "not paused: 4 processes train together" in warned["text"]


def test_several_processes_refuse_to_stop_save_and_evaluate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    run = trainpad.init("p")
    for _ in range(2):
        steer(directory(run), increment="checkpoint")
        assert run.tick()
        assert not run.save_requested
    lr = run.live("lr", 0.1)
    steer(directory(run), increment="evaluate")
    steer(directory(run), stop="stopped")
    steer(directory(run), hyperparameters={"lr": 0.2})
    for _ in range(2):
        assert run.tick()
    assert lr.value == 0.1
    assert not run.evaluate_requested
    assert not run.should_stop
    warned = recorded(run, "warned")
    texts = [event["text"].partition(":")[0] for event in warned]
    assert texts == ["not saved", "not saved", "not stopped", "not changed", "not evaluated"]
    assert [event["refused"] for event in warned] == ["save", "save", "stop", "set", "evaluate"]
    assert not events(directory(run), "answered")


def shared(ranks: int) -> list[Callable[[Any], Any]]:
    """A broadcast function for each of several threads that act as processes."""
    barrier, box = threading.Barrier(ranks), [None]

    def make(rank: int) -> Callable[[Any], Any]:
        def broadcast(value: Any) -> Any:
            if rank == 0:
                box[0] = value
            barrier.wait(10)
            got = box[0]
            barrier.wait(10)
            return got

        return broadcast

    return [make(rank) for rank in range(ranks)]


def test_processes_that_share_the_decision_act_at_the_same_step() -> None:
    main = trainpad.init("p")
    other = Run(processes=2)  # what `init` returns on another rank
    values: dict[Run, list[float]] = {main: [], other: []}
    saves: dict[Run, list[int]] = {main: [], other: []}
    steer(directory(main), increment="checkpoint")

    def train(run: Run, broadcast: Callable[[Any], Any]) -> None:
        lr = run.live("lr", 0.1)
        for step in range(10_000):
            run.log({"loss": 1}, step)
            values[run].append(lr.value)
            if not run.tick(broadcast):
                break
            if step % 10 == 9 and run.save_requested:
                saves[run].append(step)
            if run is main and step == 25:
                steer(directory(run), hyperparameters={"lr": 0.2})
            if run is main and step == 45:
                steer(directory(run), pause_at=0)
                steer(directory(run), stop="stopped")

    pairs = zip((main, other), shared(2), strict=True)
    threads = [threading.Thread(target=train, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert values[main] == values[other] == [0.1] * 30 + [0.2] * 20
    assert saves[main] == saves[other] == [9]


def test_a_pause_that_is_shared_keeps_sharing() -> None:
    said: list[tuple[str, Any]] = []
    steering = Steering(lambda event, **fields: said.append((event, fields)), processes=2,
                        sleep=lambda _: None)  # fmt: skip
    states = [DesiredState(pause_at=0)] * 3 + [DesiredState()]
    calls: list[Any] = []

    def broadcast(value: Any) -> Any:
        import dataclasses

        calls.append(value)
        return dataclasses.asdict(states[len(calls) - 1])

    steering.poll(5, broadcast)
    assert calls == [None] * 4
    assert [event for event, _ in said] == ["paused", "continued"]


def test_a_broken_broadcast_ends_nothing() -> None:
    run = trainpad.init("p")
    for _ in range(20):
        assert run.tick(broadcast=lambda _: 1 / 0)
    assert "division by zero" in recorded(run, "warned")[0]["text"]


def test_a_damaged_control_file_is_said_and_the_run_goes_on() -> None:
    run = trainpad.init("p")
    path = directory(run) / "control.json"
    path.write_text("{")
    assert run.tick()
    path.unlink()
    assert run.tick()
    assert "not JSON" in recorded(run, "warned")[0]["text"]


def test_in_a_process_that_records_nothing_all_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRAINPAD_MODE", "off")
    run = trainpad.init("p")
    lr = run.live("lr", 0.1, low=0.0, high=1.0)
    lr.value = 0.5
    run.log({"loss": 1})
    run.epoch(1)
    run.alert("a")
    run.log_weights(None)
    run.log_images("x", None)
    run.log_confusion(None, None)
    assert (lr.value, run.tick(), run.should_stop, run.path) == (0.5, True, False, None)
    assert not (run.save_requested or run.evaluate_requested)
