"""Replaying and following run directories that are complete, growing, torn, resumed or hostile."""

import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.run.events import (
    Alert,
    Changed,
    Continued,
    Evaluated,
    Event,
    Failed,
    Finished,
    Lost,
    Opened,
    Paused,
    Preparing,
    Saved,
    Started,
    Steps,
    Tick,
    Weights,
    to_json,
)
from core.run.hparams import HyperParameters, as_dict
from core.run.state import RunState
from core.run.status import Outcome
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.control import open_control
from core.rundir.event_tail import EventTail
from core.rundir.playback import Playback
from core.rundir.reader import follow, replay
from core.rundir.rundir import RunDir
from tests.helpers.runs import (
    BEGAN,
    add_events,
    add_losses,
    add_marks,
    confusion,
    finished,
    hold,
    make_run,
)
from trainpad.errors import RunError

HPARAMS = as_dict(HyperParameters())


def started(step: int = 0, at: float = 0.0) -> Started:
    return Started(step, HPARAMS, "CPU:0", 10, time=BEGAN + at)


def summary(event: Event) -> object:
    """An event in short form, to compare the order of events."""
    match event:
        case Steps(first=first, losses=losses):
            return (first, first + len(losses))
        case _:
            return type(event).__name__


def order(events: Iterator[Event]) -> list[object]:
    return [summary(event) for event in events]


def folded(events: Iterator[Event]) -> RunState:
    run = RunState()
    for event in events:
        run.fold(event)
    return run


class Follower:
    """A `follow` with actions between its polls, by a clock that only its sleeping advances."""

    def __init__(self, run: RunDir, *actions: Callable[[], object], control: bool = False) -> None:
        self.now = time.time()
        self.actions = list(actions)
        steering = open_control(run.path) if control else None
        self.events = follow(run, steering, host="here", sleep=self._sleep, clock=lambda: self.now)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.actions:
            self.actions.pop(0)()

    def until_quiet(self) -> list[Event]:
        """All events until the effects of every action were seen."""
        found: list[Event] = []
        idle = 0
        for event in self.events:
            idle = idle + 1 if isinstance(event, Tick) and not self.actions else 0
            if not isinstance(event, Tick):
                found.append(event)
            if idle > 20:
                break
        return found


# -- the past ------------------------------------------------------------------------------------


def test_events_are_yielded_at_their_steps_with_all_losses(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(100))
    add_events(
        run,
        Preparing("loading", time=BEGAN),
        started(),
        Changed(30, "learning_rate", 0.01, 0.02, time=BEGAN + 3),
        Evaluated(50, confusion(3, 1), {}, 2.0, time=BEGAN + 7),
        Paused(80, time=BEGAN + 10),
        Continued(80, time=BEGAN + 60),
        Finished(100, Outcome.DONE, 12.0, time=BEGAN + 62),
    )
    assert order(replay(run)) == [
        "Opened", "Preparing", "Started", (0, 30), "Changed", (30, 50), "Evaluated",
        (50, 80), "Paused", "Continued", (80, 100), "Finished",
    ]  # fmt: skip
    seen = folded(replay(run))
    assert (seen.status, seen.step, seen.hparams.learning_rate) == ("done", 100, 0.02)
    np.testing.assert_array_equal(seen.losses.values, np.arange(100))
    assert seen.accuracy["validation"].values.tolist() == [0.75]


def test_pauses_and_evaluations_do_not_count_as_time_of_steps(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(30))
    add_events(
        run,
        started(),
        Evaluated(10, confusion(1, 1), {}, 2.0, time=BEGAN + 7),
        Paused(20, time=BEGAN + 8),
        Continued(20, time=BEGAN + 60),
        Finished(30, Outcome.DONE, 12.0, time=BEGAN + 62),
    )
    steps = [event for event in replay(run) if isinstance(event, Steps)]
    assert [event.time - BEGAN for event in steps] == [5, 8, 62]
    assert [event.seconds for event in steps] == [5, 1, 2]


def test_the_past_is_cut_at_recorded_times(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(10))
    add_events(run, started(), Finished(10, Outcome.DONE, 3.0, time=BEGAN + 3))
    add_marks(run, (0, 0.0), (4, 1.0), (8, 2.0), (np.nan, np.nan), (99, 5.0))
    steps = [event for event in replay(run) if isinstance(event, Steps)]
    assert [(summary(event), event.time - BEGAN) for event in steps] == [
        ((0, 4), 1), ((4, 8), 2), ((8, 10), 3),
    ]  # fmt: skip


@pytest.mark.parametrize("odd", [1e15, -1e15, float("nan"), float("inf")])
def test_times_out_of_range_are_ignored(tmp_path: Path, odd: float) -> None:
    run = make_run(tmp_path / "run", losses=range(9), created=abs(odd))
    add_marks(run, (3, 1.0), (5, odd))
    moments = [event.time for event in replay(run) if isinstance(event, Steps)]
    assert moments[0] == BEGAN + 1.0
    assert all(0 < moment < 1e11 for moment in moments)


def test_a_long_past_is_read_in_few_pieces(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=np.zeros(100_000))
    add_events(run, started())
    add_marks(run, *((step, step / 10) for step in range(0, 100_000, 10)))
    steps = [event for event in replay(run) if isinstance(event, Steps)]
    assert len(steps) <= 501
    assert sum(len(event.losses) for event in steps) == 100_000


@pytest.mark.parametrize("step", [0, 4, 7])
def test_a_failed_run_has_ended_even_if_its_step_is_too_low(tmp_path: Path, step: int) -> None:
    run = make_run(tmp_path / "run", losses=range(7))
    add_events(run, started(), Failed(step, "it broke", time=BEGAN + 9))
    state = folded(replay(run))
    assert (state.status, state.step) == ("failed", 7)
    follower = follow(run, None, host="here", sleep=lambda _seconds: None)
    state = folded(follower)
    assert (state.status, state.step) == ("failed", 7)


def test_a_torn_tail_is_ignored(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(10))
    with run.losses.open("ab") as file:
        file.write(b"\x00\x00")
    add_events(run, started(), b'{"event": "warned", "step": 1')
    with run.clock.open("ab") as file:
        file.write(b"\x00" * 13)
    assert order(replay(run)) == ["Opened", "Started", (0, 10)]


def test_losses_that_a_resume_voided_are_not_yielded(tmp_path: Path) -> None:
    # The first process was killed at step 150; the second resumed from 100.
    run = make_run(tmp_path / "run", losses=range(200))
    add_events(
        run,
        started(),
        Evaluated(100, confusion(1, 0), {}, 1.0, time=BEGAN + 5),
        Evaluated(150, confusion(0, 1), {}, 1.0, time=BEGAN + 8),
        started(100, at=100),
        Finished(200, Outcome.DONE, 50.0, time=BEGAN + 150),
    )
    assert order(replay(run)) == [
        "Opened", "Started", (0, 100), "Evaluated", "Evaluated", "Started", (100, 200), "Finished",
    ]  # fmt: skip
    seen = folded(replay(run))
    np.testing.assert_array_equal(seen.losses.values, np.arange(200))
    assert seen.accuracy["validation"].steps.tolist() == [100]


def test_weights_come_from_the_newest_undamaged_checkpoint(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(20))
    add_events(run, started(), Saved(10, "step-000009.safetensors", time=BEGAN))
    arrays = {"layer0/weights": np.ones((2, 2), np.float32), "optimizer/m": np.zeros(2)}
    checkpoint.write(run.checkpoints, Checkpoint(arrays, {"step": 10}))
    (run.checkpoints / "step-000019.safetensors").write_bytes(b"half a fi")
    seen = folded(replay(run))
    assert seen.weights_step == 10
    assert list(seen.weights) == ["layer0/weights"]


def test_replay_at_a_speed_keeps_the_original_pace(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(10))
    add_events(run, started(), Finished(10, Outcome.DONE, 4.0, time=BEGAN + 4))
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    arrived = {}
    for event in replay(run, Playback(2.0, lambda: now[0]), sleep=sleep):
        arrived[type(event).__name__] = now[0]
    assert arrived["Started"] == 0
    assert arrived["Finished"] == pytest.approx(2.0, abs=0.01)


def test_a_playback_is_paused_and_changes_its_speed() -> None:
    now = [0.0]
    playback = Playback(10.0, lambda: now[0])
    now[0] = 1.0
    playback.toggle_pause()
    now[0] = 5.0
    assert (playback.position, playback.label) == (10.0, "replay ×10 paused")
    playback.toggle_pause()
    playback.change_speed(1)
    now[0] = 6.0
    playback.change_speed(-3)
    now[0] = 8.0
    assert (playback.position, playback.label) == (35.0, "replay ×2.5")


def test_a_folder_that_is_not_a_run_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a trainpad run"):
        next(replay(RunDir(tmp_path)))


# -- following -----------------------------------------------------------------------------------


def test_new_events_are_yielded_in_order_until_the_end(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(5))
    add_events(run, started())
    hold(run, pid=1, age=-1000)

    def grow() -> None:
        add_losses(run, range(5, 20))
        add_events(run, Alert(10, "hot", time=BEGAN))

    def end() -> None:
        add_events(run, Finished(20, Outcome.STOPPED, 1.0, time=BEGAN))
        (run.path / "lock").unlink()

    follower = Follower(run, grow, end)
    events = [event for event in follower.events if not isinstance(event, Tick)]
    assert [summary(event) for event in events] == [
        "Opened", "Started", (0, 5), (5, 10), "Alert", (10, 20), "Finished",
    ]  # fmt: skip


def test_half_a_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    line = b'{"event": "warned", "step": 0, "text": "whole"}\n'
    follower = Follower(run, lambda: add_events(run, line[:20]), lambda: add_events(run, line[20:]))
    (warned,) = [event for event in follower.until_quiet() if isinstance(event, Alert)]
    assert warned.text == "whole"


def test_half_a_line_may_be_replaced_by_another(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    line = b'{"event": "warned", "step": 0, "text": "whole"}\n'

    def resume() -> None:
        run.events.write_bytes(b"")
        add_events(run, line)

    follower = Follower(run, lambda: add_events(run, b'{"event": "started"'), resume)
    (warned,) = [event for event in follower.until_quiet() if isinstance(event, Alert)]
    assert warned.text == "whole"


@pytest.mark.parametrize(("last", "state"), [(Paused(5), "paused"), (Continued(5), "training")])
def test_a_run_whose_heartbeat_returns_recovers_its_status(
    tmp_path: Path, last: Event, state: str
) -> None:
    run = make_run(tmp_path / "run", losses=range(5))
    add_events(run, started(), last)
    hold(run, host="elsewhere", age=1000)
    states = []
    seen = RunState()
    come_back = partial(hold, run, host="elsewhere", age=-1000)
    for event in Follower(run, *[lambda: None] * 15, come_back).until_quiet():
        seen.fold(event)
        states.append(seen.status)
    assert "lost" in states
    assert seen.status == state


def test_a_resume_is_noticed_while_following(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(50))
    add_events(run, started())

    def resume() -> None:
        with run.losses.open("r+b") as file:
            file.truncate(4 * 20)
        add_events(run, started(20))
        add_losses(run, [-1.0] * 10)

    seen = folded(iter(Follower(run, resume).until_quiet()))
    assert seen.step == 30
    assert seen.losses.values.tolist() == [*range(20), *[-1.0] * 10]


def test_a_run_with_a_dead_writer_is_lost_until_it_is_resumed(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(5))
    add_events(run, started())
    hold(run)

    def come_back() -> None:
        hold(run, host="elsewhere", age=-1000)
        add_events(run, started(5))
        add_losses(run, [1.0])

    waits = [lambda: None] * 15
    events = Follower(run, *waits, come_back).until_quiet()
    names = [summary(event) for event in events]
    assert names[-3:] == ["Lost", "Started", (5, 6)]
    seen = RunState()
    states = []
    for event in events:
        seen.fold(event)
        states.append(seen.status)
    assert states[-3:] == ["lost", "training", "training"]


def test_weights_are_yielded_with_each_checkpoint(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(5))
    add_events(run, started())

    def save(step: int) -> Callable[[], None]:
        def act() -> None:
            arrays = {"layer0/weights": np.full((1, 1), step, np.float32)}
            checkpoint.write(run.checkpoints, Checkpoint(arrays, {"step": step}))
            add_events(run, Saved(step, f"step-{step}"))

        return act

    events = Follower(run, save(3), save(5)).until_quiet()
    assert [event.step for event in events if isinstance(event, Weights)] == [3, 5]


def test_the_control_is_passed_on(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    steered, shown = next(Follower(run, control=True).events), next(Follower(run).events)
    assert isinstance(steered, Opened)
    assert isinstance(shown, Opened)
    assert steered.control is not None
    assert shown.control is None
    steered.control.request(pause_at=0)
    assert json.loads((run.path / "control.json").read_text())["pause_at"] == 0


def test_lost_is_yielded_once(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    hold(run)
    events = Follower(run, *[lambda: None] * 40).until_quiet()
    assert sum(isinstance(event, Lost) for event in events) == 1


def test_a_pipe_in_place_of_a_file_does_not_block(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    run.losses.unlink()
    for path in (run.events, run.losses, run.clock):
        os.mkfifo(path)
    assert order(replay(run)) == ["Opened"]


def test_an_alert_that_a_full_disk_kept_back_does_not_reopen_a_run(tmp_path: Path) -> None:
    run = finished(tmp_path / "a-run")
    add_events(run, Alert(4, "recording resumed; nothing was lost", time=BEGAN + 91))
    events = list(follow(run, None))
    assert not any(isinstance(event, Lost) for event in events)


def test_a_read_error_loses_no_event_that_was_read_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"".join(to_json(Paused(step)).encode() + b"\n" for step in range(4)))
    tail = EventTail(path)
    lines = EventTail._lines

    def stale(self: EventTail) -> Iterator[bytes]:
        for count, line in enumerate(lines(self)):
            if count == 2:
                self.offset -= len(line)
                raise OSError(116, "Stale file handle")
            yield line

    with monkeypatch.context() as patched:
        patched.setattr(EventTail, "_lines", stale)
        first = tail.poll()
    steps = [event.step for event in [*first, *tail.poll()] if isinstance(event, Paused)]
    assert steps == [0, 1, 2, 3]
