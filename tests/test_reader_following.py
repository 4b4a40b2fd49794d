"""Following run directories that grow, are resumed, or are hostile."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.run.events import (
    Alert,
    Continued,
    Event,
    Finished,
    Lost,
    Opened,
    Paused,
    Saved,
    Tick,
    Weights,
    to_json,
)
from core.run.state import RunState
from core.run.status import Outcome
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.control import open_control
from core.rundir.event_tail import EventTail
from core.rundir.reader import follow, replay
from core.rundir.rundir import RunDir
from tests.helpers.events import folded, order, started, summary
from tests.helpers.runs import (
    BEGAN,
    add_events,
    add_losses,
    finished,
    hold,
    make_run,
)


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


def test_a_run_without_its_folder_is_lost_for_that_reason(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    add_events(run, started())
    hold(run, host="elsewhere", age=-1000)
    waits = [lambda: None] * 15
    events = Follower(run, lambda: shutil.rmtree(run.path), *waits).until_quiet()
    seen = folded(iter(events))
    assert seen.status == "lost"
    assert [entry.text for entry in seen.log_entries][-1] == "its folder is gone"


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
