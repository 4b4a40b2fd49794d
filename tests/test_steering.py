"""What keys want of a run, as `control.json` then says it."""

from pathlib import Path

import numpy as np
import pytest
from conftest import FakeClock

from core.run.events import Changed, Finished, Opened, Paused, Started, Steps, Tick
from core.run.hparams import HyperParameters, as_dict
from core.run.state import Run
from core.rundir.control import open_control
from trainpad.control import DesiredState
from tui.dashboard.steering import Steering


def steered(folder: Path, clock: FakeClock) -> tuple[Run, Steering]:
    run, control = Run(), open_control(folder, start=as_dict(HyperParameters()))
    run.fold(Opened(str(folder), {}, control))
    run.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    return run, Steering(run, control, clock)


def test_quick_presses_add_up_before_the_run_has_followed(tmp_path: Path, clock: FakeClock) -> None:
    run, steering = steered(tmp_path, clock)
    steering.nudge("learning_rate", 1)
    run.fold(Changed(1, "learning_rate", 0.01, 0.0125))
    for _ in range(2):
        steering.nudge("learning_rate", 1)
    assert steering.control.desired.hyperparameters["learning_rate"] == 0.0195312


def test_a_wish_that_was_refused_is_not_where_the_next_press_starts(
    tmp_path: Path, clock: FakeClock
) -> None:
    _, steering = steered(tmp_path, clock)
    steering.set("batch_size", 90000)
    clock.now += 60
    steering.nudge("batch_size", 1)
    assert 100 < steering.control.desired.hyperparameters["batch_size"] < 1000


def test_no_key_ends_a_run_by_planning_fewer_steps_than_were_taken(
    tmp_path: Path, clock: FakeClock
) -> None:
    run, steering = steered(tmp_path, clock)
    run.fold(Steps(0, np.ones(1500, np.float32), 0.05))
    for refused in (10, 1500):
        assert steering.set("max_steps", refused) == "max steps must be above 1,500, the steps done"
    assert steering.nudge("max_steps", -1) == "max steps must be above 1,500, the steps done"
    assert steering.control.desired.hyperparameters["max_steps"] == 2000
    assert steering.set("max_steps", 1501) == ""
    assert steering.control.desired.hyperparameters["max_steps"] == 1501


def test_nothing_is_wanted_of_a_run_that_cannot_follow(tmp_path: Path, clock: FakeClock) -> None:
    run, steering = steered(tmp_path, clock)
    run.fold(Finished(5, "done", 1.0))
    assert steering.stop() == "the run is over"
    assert steering.control.desired.stop == ""
    assert Steering(Run(), None).stop() == "the run is still starting"
    looked_at = Run()
    looked_at.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    assert Steering(looked_at, None).stop() == "this window only looks on"


def test_a_step_is_wanted_while_another_window_lets_the_run_go_on(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, steering = steered(tmp_path, clock)
    steering.toggle_pause()
    looks = [DesiredState(pause_at=0), DesiredState()]
    monkeypatch.setattr(steering.control, "poll", lambda: looks.pop(0) if looks else DesiredState())
    assert steering.step_once() == ""
    assert steering.step_once() == "pause first (space), then s takes one step at a time"


def test_a_wish_stands_on_the_screen_until_the_run_tells_anything(
    tmp_path: Path, clock: FakeClock
) -> None:
    run, steering = steered(tmp_path, clock)
    assert not steering.toggle_pause()
    assert run.activity == "pausing"
    run.fold(Tick())
    assert run.activity == "pausing"
    run.fold(Paused(0))
    assert run.activity == "paused"
    steering.toggle_pause()
    assert run.activity == "going on"


def test_a_wish_that_nobody_follows_is_not_said_to_be_followed(
    tmp_path: Path, clock: FakeClock
) -> None:
    run, steering = steered(tmp_path, clock)
    run.fold(Finished(100, "done", 1.0))
    assert steering.toggle_pause() == "the run is over"
    assert run.activity == "done"


def test_a_wish_that_comes_to_nothing_lapses_and_a_stop_is_waited_for(
    tmp_path: Path, clock: FakeClock
) -> None:
    run, steering = steered(tmp_path, clock)
    steering.checkpoint()
    run.fold(Steps(0, np.ones(5, np.float32), 0.1))
    steering.expire()
    assert run.activity == "saving"
    clock.now += 4
    steering.expire()
    assert run.activity == "training"
    steering.stop()
    clock.now += 60
    steering.expire()
    assert run.activity == "stopping"
    run.fold(Finished(5, "stopped", 1.0))
    assert run.activity == "stopped"
