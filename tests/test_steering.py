"""Requests from the keyboard, as `control.json` then holds them and the header shows them."""

from pathlib import Path

import numpy as np
import pytest
from conftest import FakeClock

from core.run.events import Changed, Finished, Opened, Paused, Started, Steps, Tick
from core.run.hparams import HyperParameters, as_dict
from core.run.state import RunState
from core.run.status import Outcome
from core.rundir.control import open_control
from trainpad.control import DesiredState
from tui.dashboard.run_context import RunContext
from tui.dashboard.steering import Steering
from tui.dashboard.worker import EventWorker


@pytest.fixture
def shown(tmp_path: Path, clock: FakeClock) -> RunContext:
    """A run that trains, with a control."""
    run, worker = RunState(), EventWorker(iter(()), lambda _message: None)
    context = RunContext(run, Steering(run, clock=clock), worker, viewer=False)
    context.fold(Opened(str(tmp_path), {}, open_control(tmp_path, as_dict(HyperParameters()))))
    context.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    return context


def test_quick_presses_add_up_before_the_run_has_followed(shown: RunContext) -> None:
    shown.steering.nudge("learning_rate", 1)
    shown.fold(Changed(1, "learning_rate", 0.01, 0.0125))
    for _ in range(2):
        shown.steering.nudge("learning_rate", 1)
    assert shown.steering.control.desired.hyperparameters["learning_rate"] == 0.02


def test_a_refused_value_is_not_where_the_next_press_starts(
    shown: RunContext, clock: FakeClock
) -> None:
    shown.steering.set("batch_size", 90000)
    clock.now += 60
    shown.steering.nudge("batch_size", 1)
    assert 100 < shown.steering.control.desired.hyperparameters["batch_size"] < 1000


def test_no_key_ends_a_run_by_planning_fewer_steps_than_were_done(shown: RunContext) -> None:
    steering, control = shown.steering, shown.steering.control
    shown.fold(Steps(0, np.ones(1500, np.float32), 0.05))
    for refused in (10, 1500):
        assert steering.set("max_steps", refused) == "max steps must be above 1,500, the steps done"
    assert steering.nudge("max_steps", -1) == "max steps must be above 1,500, the steps done"
    assert control.desired.hyperparameters["max_steps"] == 2000
    assert steering.set("max_steps", 1501) == ""
    assert control.desired.hyperparameters["max_steps"] == 1501


def test_nothing_is_requested_of_a_run_that_cannot_follow(shown: RunContext) -> None:
    shown.fold(Finished(5, Outcome.DONE, 1.0))
    assert shown.steering.stop().startswith("the run is over; set values with tab")
    assert shown.steering.control.desired.stop == ""
    assert Steering(RunState()).stop() == "the run is still starting"
    viewed = RunState()
    viewed.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    assert Steering(viewed).stop() == "this window is read-only"


def test_a_step_is_requested_while_another_window_resumes_the_run(
    shown: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    steering = shown.steering
    steering.toggle_pause()
    polled = [DesiredState(pause_at=0), DesiredState()]
    monkeypatch.setattr(
        steering.control, "poll", lambda: polled.pop(0) if polled else DesiredState()
    )
    assert steering.step_once() == ""
    assert steering.step_once() == "pause first (space), then s takes one step at a time"


def test_a_request_is_pending_until_the_run_answers(shown: RunContext) -> None:
    steering = shown.steering
    assert not steering.toggle_pause()
    assert steering.activity == "pausing"
    for unrelated in (Tick(), Steps(0, np.ones(5, np.float32), 0.1)):
        shown.fold(unrelated)
        assert steering.activity == "pausing"
    shown.fold(Paused(5))
    assert steering.activity == "paused"
    steering.toggle_pause()
    assert steering.activity == "resuming"


def test_a_request_that_the_run_cannot_follow_is_not_pending(shown: RunContext) -> None:
    shown.fold(Finished(100, Outcome.DONE, 1.0))
    assert shown.steering.toggle_pause().startswith("the run is over; set values with tab")
    assert shown.steering.activity == "done"


def test_a_request_expires_but_a_stop_is_waited_for(shown: RunContext, clock: FakeClock) -> None:
    steering = shown.steering
    steering.checkpoint()
    assert not steering.expire()
    assert steering.activity == "saving"
    clock.now += 4
    assert steering.expire()
    assert steering.activity == "training"
    assert not steering.expire()
    steering.stop()
    clock.now += 60
    assert not steering.expire()
    assert steering.activity == "stopping"
    shown.fold(Finished(5, Outcome.STOPPED, 1.0))
    assert steering.activity == "stopped"


def test_a_press_is_not_lost_when_the_run_follows_an_earlier_one(shown: RunContext) -> None:
    shown.steering.nudge("learning_rate", 1)
    shown.steering.nudge("learning_rate", 1)
    shown.fold(Changed(1, "learning_rate", 0.01, 0.0125))
    shown.steering.nudge("learning_rate", 1)
    assert shown.steering.control.desired.hyperparameters["learning_rate"] == 0.02


def test_a_press_steps_from_the_value_of_another_window(shown: RunContext) -> None:
    shown.steering.nudge("learning_rate", 1)
    shown.fold(Changed(1, "learning_rate", 0.0125, 0.5))
    shown.steering.nudge("learning_rate", 1)
    assert shown.steering.control.desired.hyperparameters["learning_rate"] == 0.6


def test_a_value_at_its_limit_is_said_to_be_there(shown: RunContext) -> None:
    before = shown.steering.control.desired
    assert shown.steering.nudge("dropout", -1) == "dropout cannot go down any further"
    assert shown.steering.control.desired is before
