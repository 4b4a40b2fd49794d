"""The events of a run directory, as they were and as they come: `replay` and `follow`.

Viewers read what the trainer wrote and nothing else, so any number of them do no harm, on any
machine that sees the files. The past comes in a few big `Steps`, cut where something happened and
otherwise at the marks of `clock.f64`, so that ten million steps open within a second.

The trainer writes losses before the events that follow them. So the length of `loss.f32` is taken
first and `events.jsonl` is read after it: every event that belongs between two of those losses is
known by then, and each is told at its step.
"""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.run.events import (
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Lost,
    Opened,
    Paused,
    Resumed,
    Saved,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.timeline import surviving_indices
from core.rundir import checkpoint
from core.rundir.errors import CheckpointError
from core.rundir.rundir import RunDir
from core.rundir.status import has_writer
from core.rundir.validation import MAX_TIMESTAMP, parse_event, sanitized_info, timestamp
from trainpad.control import Control
from trainpad.files import modified_at, size_of

POLL_INTERVAL: Final = 0.1
"""Seconds between two looks at a run that trains."""
WRITER_CHECK_INTERVAL: Final = 1.0
"""Seconds between two looks at whether anybody still writes it."""
MAX_PIECES: Final = 500
"""Into about so many `Steps` the past is cut at most, besides at its events."""
END_EVENTS: Final = (Finished, Diverged, Failed)
MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""Bytes; what goes on longer without a line's end is no event."""


def replay(
    run: RunDir,
    speed: float | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """All that happened in `run` until now; `speed` times as fast as it did, or at once.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    reader = RunReader(run, max_pieces=MAX_PIECES if speed is None else None)
    yield from reader.opened(None)
    past = reader.poll()
    yield from past if speed is None else _paced(past, speed, clock, sleep)
    yield from reader.weights()


def follow(
    run: RunDir,
    control: Control | None,
    *,
    host: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[Event]:
    """All that happened in `run`, and all that will, until it has ended; `Idle` in between.

    A run that nobody writes any more, and that has not ended, is told as `Lost`; it is watched
    on, since another machine may be late, or somebody may resume it.

    Args:
        run: The run's directory.
        control: What to steer it by; None where it must not be steered.
        host: The name of this machine, by default the system's.
        sleep: Waits so many seconds.
        clock: The time by which the age of the last mark of life is told.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    host = socket.gethostname() if host is None else host
    reader = RunReader(run, max_pieces=MAX_PIECES)
    yield from reader.opened(control)
    yield from reader.poll()
    yield from reader.weights()
    checked, lost = -WRITER_CHECK_INTERVAL, False
    while True:
        now = clock()
        if abs(now - checked) >= WRITER_CHECK_INTERVAL:
            checked = now
            written = has_writer(run, host, now)
            # Whatever the writer wrote before it went is on the disk by now.
            yield from reader.poll()
            if reader.ended and not written:
                return
            if lost is written:
                lost = not written
                yield from reader.lost() if lost else reader.recovered()
        else:
            yield from reader.poll()
        yield Tick()
        sleep(POLL_INTERVAL)


class RunReader:
    """What was read of a run directory so far, and what is new in it."""

    def __init__(self, run: RunDir, max_pieces: int | None) -> None:
        """`pieces` bounds how finely the past is cut; None cuts at every mark of the clock."""
        self._run = run
        self._max_pieces = max_pieces
        self._lines = EventTail(run.events)
        self._previous_time = 0.0
        self._weights_step = -1
        self._is_first_poll = True
        self._is_lost = False
        self._activity: type[Paused | Resumed] | None = None
        self.step = 0
        self.ended = False
        """Whether the newest event is an end of the run."""

    def opened(self, control: Control | None) -> Iterator[Event]:
        """What the run is.

        Raises:
            RunError: it is no run directory, or cannot be read.
        """
        info = sanitized_info(self._run.info())
        name = info.get("name")
        info["name"] = name if isinstance(name, str) else self._run.name
        self._previous_time = timestamp(info.get("created"))
        yield Opened(str(self._run.path), info, control)

    def poll(self) -> Iterator[Event]:
        """What happened since the last call, in order."""
        count = size_of(self._run.losses) // 4
        events = self._lines.poll()
        cuts = self._cuts(count) if self._is_first_poll else np.empty((0, 2))
        valid = _valid_until(events)
        for event, limit in zip(events, valid, strict=True):
            yield from self._losses_before(event, limit, cuts)
            yield self._note(event)
            if isinstance(event, Saved) and not self._is_first_poll:
                yield from self.weights()
        yield from self._remaining_losses(count, cuts)
        self._is_first_poll = False

    def weights(self) -> Iterator[Weights]:
        """The weights of the newest checkpoint, unless they were told before."""
        for path in reversed(checkpoint.list_checkpoints(self._run.checkpoints)):
            try:
                found = checkpoint.read(path)
            except CheckpointError:
                continue
            if found.step != self._weights_step:
                self._weights_step = found.step
                yield Weights(found.step, found.layers)
            return

    def lost(self) -> Iterator[Event]:
        """That nobody writes the run any more."""
        self._is_lost = True
        yield Lost(self.step)

    def recovered(self) -> Iterator[Event]:
        """What the run does that counted as lost, unless its events have said so since."""
        if self._is_lost and self._activity is not None:
            yield self._activity(self.step)
        self._is_lost = False

    def _note(self, event: Event) -> Event:
        if isinstance(event, Paused | Resumed | Started):
            self._activity = Paused if isinstance(event, Paused) else Resumed
            self._is_lost = False
        if isinstance(event, Started):
            self.step = event.step
            self.ended = False
        self.ended = isinstance(event, END_EVENTS) or (self.ended and isinstance(event, Saved))
        if hasattr(event, "step"):
            self._previous_time = max(self._previous_time, event.time)
        return event

    def _losses_before(
        self, event: Event, limit: float, cuts: npt.NDArray[np.float64]
    ) -> Iterator[Steps]:
        """The losses of the steps before `event`, as far as no later start made them void."""
        stop = min(self._steps_done_at(event), limit)
        # An evaluation is told when it is done; the steps before it were done before that.
        when = event.time - (event.seconds if isinstance(event, Evaluated) else 0.0)
        if stop > self.step:
            yield from self._steps(int(stop), when, cuts)

    def _steps_done_at(self, event: Event) -> int:
        """How many steps were done when `event` happened: all that there are, where it is an end.

        What a run failed of may have come after the last step that its event knows of.
        """
        step: int = getattr(event, "step", 0)
        return max(step, size_of(self._run.losses) // 4) if isinstance(event, END_EVENTS) else step

    def _remaining_losses(self, count: int, cuts: npt.NDArray[np.float64]) -> Iterator[Steps]:
        """The losses that no event follows yet."""
        if count > self.step:
            known = cuts[-1, 1] if len(cuts) else 0.0
            yield from self._steps(count, max(known, modified_at(self._run.losses)), cuts)

    def _steps(self, stop: int, when: float, cuts: npt.NDArray[np.float64]) -> Iterator[Steps]:
        """The losses up to step `stop`, which was done at `when`, cut at `cuts` between."""
        inside = cuts[(cuts[:, 0] > self.step) & (cuts[:, 0] < stop) & (cuts[:, 1] < when)]
        for end, told in [*inside.tolist(), (stop, when)]:
            losses = _read_losses(self._run.losses, self.step, int(end))
            if len(losses):
                moment = max(told, self._previous_time)
                yield Steps(self.step, losses, moment - self._previous_time, time=moment)
                self.step += len(losses)
                self._previous_time = moment

    def _cuts(self, count: int) -> npt.NDArray[np.float64]:
        """Where to cut the past: rows of (steps done, time), both increasing."""
        marks = _read_clock(self._run.clock)
        known = (marks >= 0).all(axis=1) & (marks[:, 0] <= count) & (marks[:, 1] < MAX_TIMESTAMP)
        marks = marks[known]
        marks = marks[surviving_indices(marks[:, 0].astype(np.int64))]
        if self._max_pieces is None or len(marks) <= self._max_pieces:
            return marks
        return marks[np.linspace(0, len(marks) - 1, self._max_pieces).astype(np.int64)]


class EventTail:
    """The whole lines of a growing file, as events; a torn last one waits for its rest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        """Where the first line begins that was not whole at the last look."""
        self._stamp = (0, 0.0)

    def poll(self) -> list[Event]:
        """The events of the lines that are new since the last call."""
        mark = size_of(self._path), modified_at(self._path)
        if mark == self._stamp or mark[0] <= self._offset:
            return []
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                content = file.read()
        except OSError:
            return []
        self._stamp = mark
        *lines, rest = content.split(b"\n")
        # A torn line may be cut off and another one written in its place.
        self._offset += len(content) - (len(rest) if len(rest) <= MAX_LINE_BYTES else 0)
        return [event for event in map(parse_event, lines) if event is not None]


def _valid_until(events: list[Event]) -> list[float]:
    """For each event the step from on which losses are of a later start, not of its own."""
    limits = []
    limit = float("inf")
    for event in reversed(events):
        if isinstance(event, Started):
            limit = min(limit, event.step)
        limits.append(limit)
    return limits[::-1]


def _read_losses(path: Path, first: int, stop: int) -> npt.NDArray[np.float32]:
    """The losses of steps `first` to `stop`, or as many of them as there are."""
    try:
        return np.fromfile(path, "<f4", stop - first, offset=4 * first).astype(np.float32)
    except OSError:
        return np.empty(0, np.float32)


def _read_clock(path: Path) -> npt.NDArray[np.float64]:
    """The whole pairs of steps done and time."""
    pairs = size_of(path) // 16
    try:
        values = np.fromfile(path, "<f8", 2 * pairs) if pairs else np.empty(0)
    except OSError:
        values = np.empty(0)
    return values[: len(values) // 2 * 2].astype(np.float64).reshape(-1, 2)


def _paced(
    events: Iterator[Event],
    speed: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Event]:
    """`events`, each no sooner after the first than it happened, at so many times the speed."""
    began = clock()
    first: float | None = None
    for event in events:
        first = event.time if first is None else first
        while (wait := (event.time - first) / speed - (clock() - began)) > 0:
            yield Tick()
            sleep(min(wait, POLL_INTERVAL))
        yield event
