"""`recorded`: a source of events whose events are also written to a run directory.

Whatever passes is written before it is seen. When the disk refuses, training goes on: what could
not be written waits in memory and is written, in order and from the last whole byte on, as soon
as the disk takes it again; a warning says so on the way in and out.
"""

import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from core import checkpoint
from core.events import (
    RECORDED,
    Diverged,
    Evaluated,
    Event,
    Saved,
    Snapshot,
    Started,
    Steps,
    Warned,
    to_json,
)
from core.rundir import RunDir

HEARTBEAT = 1.0
"""Seconds between marks of life, and between attempts to write again after a failure."""


class Appender:
    """An append-only file that keeps what the disk refuses and never leaves half a record."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting = bytearray()
        self._size = path.stat().st_size if path.exists() else 0

    def add(self, content: bytes) -> None:
        """Append when `flush` is next called."""
        self.waiting += content

    def flush(self) -> None:
        """Write what waits.

        Raises:
            OSError: as the system says; everything still waits.
        """
        if not self.waiting:
            return
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            view = memoryview(self.waiting)
            written = 0
            while written < len(view):
                written += os.pwrite(descriptor, view[written:], self._size + written)
        except OSError:
            os.ftruncate(descriptor, self._size)
            raise
        finally:
            view.release()
            os.close(descriptor)
        self._size += len(self.waiting)
        self.waiting.clear()

    def cut(self, size: int) -> None:
        """Drop everything from byte `size` on; what waits is dropped too."""
        self.waiting.clear()
        if self.path.exists():
            os.truncate(self.path, min(size, self._size))
            self._size = min(size, self._size)


class Recorder:
    """Writes one run's events; `write` may answer with events of its own."""

    def __init__(self, run: RunDir, heartbeat: int, clock: Callable[[], float]) -> None:
        self._run = run
        self._heartbeat = heartbeat
        self._clock = clock
        self._events = Appender(run.events)
        self._losses = Appender(run.losses)
        self._times = Appender(run.clock)
        self._snapshot: Snapshot | None = None
        self._step = 0
        self._marked = -HEARTBEAT
        self._failing = False
        self._retry_at = 0.0
        self._best = -1.0
        self._best_path: Path | None = None
        self._newest_file = ""
        self._precision = -1.0

    def write(self, event: Event) -> Iterator[Event]:
        """Record `event`; yields it, with what recording has to say before or after."""
        if isinstance(event, Diverged):
            event = dataclasses.replace(event, checkpoint=self._newest_file)
        self._take(event)
        remarks = list(self._store())
        yield event
        yield from remarks

    def _take(self, event: Event) -> None:
        match event:
            case Started(step=step):
                self._step = step
                self._losses.cut(4 * step)
            case Steps(first=first, losses=losses):
                self._step = first + len(losses)
                self._losses.add(losses.astype("<f4").tobytes())
            case Snapshot():
                self._snapshot = event
            case Evaluated(confusion=confusion):
                matrix = np.asarray(confusion["validation"])
                self._precision = float(np.trace(matrix) / max(1, matrix.sum()))
        if type(event).__name__.lower() in RECORDED:
            self._events.add(to_json(event).encode() + b"\n")

    def _store(self) -> Iterator[Event]:
        now = self._clock()
        if self._failing and now < self._retry_at:
            return
        try:
            if now - self._marked >= HEARTBEAT:
                self._mark(now)
            for file in (self._losses, self._times, self._events):
                file.flush()
            saved = self._save()
        except OSError as error:
            self._retry_at = now + HEARTBEAT
            if not self._failing:
                self._failing = True
                yield from self._say(
                    f"recording stopped: {error.strerror}; training goes on, and what is "
                    "missing is written as soon as the disk takes it"
                )
            return
        if self._failing:
            self._failing = False
            yield from self._say("recording goes on; nothing is missing")
        if saved:
            self._events.add(to_json(saved).encode() + b"\n")
            yield saved

    def _mark(self, now: float) -> None:
        self._marked = now
        self._times.add(np.array([self._step, time.time()], "<f8").tobytes())
        os.utime(self._heartbeat)

    def _save(self) -> Saved | None:
        """Write the snapshot that waits, if one does; keep the newest few and the best."""
        if self._snapshot is None:
            return None
        snapshot = self._snapshot
        folder = self._run.checkpoints
        path = checkpoint.write(folder, checkpoint.Checkpoint(snapshot.arrays, snapshot.about))
        self._snapshot = None
        best = self._precision > self._best
        if best:
            self._best, self._best_path = self._precision, path
        checkpoint.prune(folder, self._best_path)
        self._newest_file = path.name
        return Saved(snapshot.step, path.name, best)

    def _say(self, text: str) -> Iterator[Event]:
        warning = Warned(self._step, text)
        self._events.add(to_json(warning).encode() + b"\n")
        yield warning

    def close(self) -> None:
        """Write what still can be written."""
        for _ in self._store():
            pass
        for file in (self._losses, self._times, self._events):
            file.flush()


def recorded(
    source: Iterator[Event], run: RunDir, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Event]:
    """The events of `source`, each written to `run` as it passes.

    Raises:
        RunError: another process is writing this run.
    """
    with run.locked() as heartbeat:
        recorder = Recorder(run, heartbeat, clock)
        try:
            for event in source:
                yield from recorder.write(event)
        finally:
            # A disk that still refuses has been told of already.
            with suppress(OSError):
                recorder.close()
