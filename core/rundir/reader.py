"""Read the events of a run directory: `replay` its past, or `follow` it while it grows.

Viewers read what the trainer wrote and nothing else, so there can be any number of them, on any
machine that sees the files. The past is read as a few big `Steps`, cut at events and otherwise at
the times in `clock.f64`, so that ten million steps open within a second.

The trainer writes losses before the events that follow them. So the length of `loss.f32` is read
first and `events.jsonl` after it: every event that belongs between two of those losses is known by
then, and is yielded at its step.
"""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.run.events import (
    END_EVENTS,
    Evaluated,
    Event,
    Opened,
    Saved,
    Started,
    StepEvent,
    Steps,
    Tick,
    Weights,
)
from core.run.history import restart_limits
from core.run.timeline import surviving_indices
from core.rundir import checkpoint
from core.rundir.attached import is_attached
from core.rundir.attached_reader import AttachedReader
from core.rundir.errors import CheckpointError
from core.rundir.event_tail import EventTail
from core.rundir.playback import Playback
from core.rundir.reader_base import ReaderBase
from core.rundir.rundir import RunDir
from core.rundir.status import has_writer
from core.rundir.validation import MAX_TIMESTAMP, timestamp
from trainpad.control import Control
from trainpad.files import modified_at, read_plain, read_range

POLL_INTERVAL: Final = 0.1
"""Seconds between two polls of a run that trains."""
WRITER_CHECK_INTERVAL: Final = 1.0
"""Seconds between two checks that the writer is alive."""
MAX_PIECES: Final = 500
"""The past is cut into about this many `Steps`, besides the cuts at its events."""
PIECE: Final = 1 << 22
"""Losses that are read at a time."""
MAX_CLOCK_BYTES: Final = 16 * 4_000_000
"""How much of `clock.f64` is read: the seconds of six weeks."""


def replay(
    run: RunDir,
    playback: Playback | None = None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """All events of `run` until now, at the pace of `playback`, or without delay.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    reader = reader_of(run, max_pieces=MAX_PIECES if playback is None else None)
    yield from reader.opened(None)
    yield from reader.poll() if playback is None else _paced(reader.replayed(), playback, sleep)
    yield from reader.weights()


def follow(
    run: RunDir,
    control: Control | None,
    *,
    host: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Iterator[Event]:
    """All past events of `run`, then new ones until it has ended, with a `Tick` after each poll.

    If the writer dies before the run has ended, `Lost` is yielded; the run is polled further, since
    another machine's files may be late, or the run may be resumed.

    Args:
        run: The run's directory.
        control: Steers the run; None where it must not be steered.
        host: The name of this machine, by default the system's.
        sleep: Waits for a number of seconds.
        clock: Unix time, to compare heartbeats with.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    host = socket.gethostname() if host is None else host
    reader = reader_of(run, max_pieces=MAX_PIECES)
    yield from reader.opened(control)
    yield from reader.poll()
    yield from reader.weights()
    checked, lost = -WRITER_CHECK_INTERVAL, False
    while True:
        now = clock()
        if abs(now - checked) >= WRITER_CHECK_INTERVAL:
            checked = now
            written = has_writer(run, host, now)
            # Everything that a writer wrote before it died is on the disk by now.
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


def reader_of(
    run: RunDir, max_pieces: int | None, max_bytes: int | None = None
) -> "RunReader | AttachedReader":
    """The reader of a run of this kind.

    `max_bytes` bounds what is read of the numbers of an attached run: of more, evenly spaced parts.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    return AttachedReader(run, max_bytes) if is_attached(run) else RunReader(run, max_pieces)


class RunReader(ReaderBase):
    """Reads a run directory incrementally: each `poll` yields what is new."""

    def __init__(self, run: RunDir, max_pieces: int | None) -> None:
        """`max_pieces` bounds how finely the past is cut; None cuts at every recorded time."""
        super().__init__(run)
        self._max_pieces = max_pieces
        self._events = EventTail(run.events)
        self._previous_time = 0.0
        self._weights_step = -1
        self._is_first_poll = True

    def opened(self, control: Control | None) -> Iterator[Event]:
        """The `Opened` event of the run.

        Raises:
            RunError: it is no run directory, or cannot be read.
        """
        info = self._info()
        self._previous_time = timestamp(info.get("created"))
        yield Opened(str(self._run.path), info, control)

    def poll(self) -> Iterator[Event]:
        """The events since the last call, in order."""
        count = self._run.steps_recorded
        events = self._events.poll()
        cuts = self._cuts(count) if self._is_first_poll else np.empty((0, 2))
        for event, limit in zip(events, restart_limits(events), strict=True):
            yield from self._losses_before(event, limit, cuts)
            self._note(event)
            yield event
            if isinstance(event, Saved) and not self._is_first_poll:
                yield from self.weights()
        yield from self._remaining_losses(count, cuts)
        self._is_first_poll = False

    def replayed(self) -> Iterator[Event]:
        """All events until now, in the order of their times."""
        return self.poll()

    def weights(self) -> Iterator[Weights]:
        """The weights of the newest checkpoint, unless they were yielded before."""
        for path in reversed(checkpoint.list_checkpoints(self._run.checkpoints)):
            try:
                newest = checkpoint.read(path)
            except CheckpointError:
                continue
            if newest.step != self._weights_step:
                self._weights_step = newest.step
                yield Weights(newest.step, newest.layers)
            return

    def _note(self, event: Event) -> None:
        super()._note(event)
        if isinstance(event, Started):
            self.step = event.step
        if isinstance(event, StepEvent):
            self._previous_time = max(self._previous_time, event.time)

    def _losses_before(
        self, event: Event, limit: float, cuts: npt.NDArray[np.float64]
    ) -> Iterator[Steps]:
        """The losses of the steps before `event`, up to step `limit`: later ones are void."""
        stop = min(self._steps_done_at(event), limit)
        # An evaluation is recorded when it is done; the steps before it were done before that.
        end_time = event.time - (event.seconds if isinstance(event, Evaluated) else 0.0)
        if stop > self.step:
            yield from self._steps(int(stop), end_time, cuts)

    def _steps_done_at(self, event: Event) -> int:
        """How many steps were done when `event` happened; all that were recorded if it is an end.

        A run may have failed after more steps than its event says.
        """
        step = event.step if isinstance(event, StepEvent) else 0
        return max(step, self._run.steps_recorded) if isinstance(event, END_EVENTS) else step

    def _remaining_losses(self, count: int, cuts: npt.NDArray[np.float64]) -> Iterator[Steps]:
        """The losses that no event follows yet."""
        if count > self.step:
            known = cuts[-1, 1] if len(cuts) else 0.0
            yield from self._steps(count, max(known, modified_at(self._run.losses)), cuts)

    def _steps(self, stop: int, end_time: float, cuts: npt.NDArray[np.float64]) -> Iterator[Steps]:
        """The losses up to step `stop`, which was done at `end_time`, cut at the `cuts` between."""
        inside = cuts[(cuts[:, 0] > self.step) & (cuts[:, 0] < stop) & (cuts[:, 1] < end_time)]
        for end, recorded_time in [*inside.tolist(), (stop, end_time)]:
            yield from self._pieces(int(end), max(recorded_time, self._previous_time))

    def _pieces(self, stop: int, end_time: float) -> Iterator[Steps]:
        """The losses up to step `stop`, in pieces of at most `PIECE`, as far as the file goes."""
        first, begun = self.step, self._previous_time
        stop = min(stop, self._run.steps_recorded)  # an event may claim more
        for end in [*range(first + PIECE, stop, PIECE), stop]:
            losses = _read_losses(self._run.losses, self.step, end)
            if not len(losses):
                return
            now = begun + (end_time - begun) * (end - first) / (stop - first)
            yield Steps(self.step, losses, now - self._previous_time, time=now)
            self.step += len(losses)
            self._previous_time = now

    def _cuts(self, count: int) -> npt.NDArray[np.float64]:
        """Where to cut the past, float64 ``[n, 2]``: steps done and Unix time, both increasing."""
        pairs = _read_clock(self._run.clock)
        valid = (pairs >= 0).all(axis=1) & (pairs[:, 0] <= count) & (pairs[:, 1] < MAX_TIMESTAMP)
        pairs = pairs[valid]
        pairs = pairs[surviving_indices(pairs[:, 0].astype(np.int64))]
        if self._max_pieces is None or len(pairs) <= self._max_pieces:
            return pairs
        return pairs[np.linspace(0, len(pairs) - 1, self._max_pieces).astype(np.int64)]


def _read_losses(path: Path, first: int, stop: int) -> npt.NDArray[np.float32]:
    """The losses of steps `first` to `stop`, float32 ``[n]``; fewer where the file is shorter."""
    try:
        content = read_range(path, 4 * first, 4 * (stop - first))
    except OSError:
        return np.empty(0, np.float32)
    return _as_array(content, "<f4").astype(np.float32)


def _read_clock(path: Path) -> npt.NDArray[np.float64]:
    """The whole pairs of steps done and Unix time, float64 ``[n, 2]``."""
    try:
        content = read_plain(path, MAX_CLOCK_BYTES)
    except OSError:
        content = b""
    return _as_array(content[: len(content) // 16 * 16], "<f8").astype(np.float64).reshape(-1, 2)


def _as_array(content: bytes, dtype: str) -> npt.NDArray[Any]:
    """The whole values of `dtype` in `content`, without a torn last one."""
    return np.frombuffer(content, dtype, len(content) // np.dtype(dtype).itemsize)


def _paced(
    events: Iterator[Event], playback: Playback, sleep: Callable[[float], None]
) -> Iterator[Event]:
    """`events` when `playback` reaches the times at which they happened, with `Tick` between."""
    first: float | None = None
    for event in events:
        first = event.time if first is None else first
        while (wait := event.time - first - playback.position) > 0:
            yield Tick()
            sleep(min(wait / playback.speed, POLL_INTERVAL))
        yield event
