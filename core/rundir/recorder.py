"""`recorded`: a source of events whose events are also written to a run directory.

Whatever passes is written before it is seen. When the disk refuses, training goes on: what could
not be written waits in memory and is written, in order and from the last whole byte on, as soon
as the disk takes it again; a warning says so on the way in and out.
"""

import dataclasses
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress

import numpy as np

from core.run.events import (
    RECORDED_NAMES,
    Alert,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Saved,
    Snapshot,
    Started,
    Steps,
    to_json,
)
from core.rundir import checkpoint
from core.rundir.ranking import Ranking
from core.rundir.resume import read_events
from core.rundir.rundir import RunDir
from trainpad.append import Appender
from trainpad.errors import RunError

HEARTBEAT = 1.0
"""Seconds between marks of life, and between attempts to write again after a failure."""
STOPPED_TEXT = "training goes on, and what is missing is written as soon as the disk takes it"
"""Of checkpoints that wait, only the newest is."""


class Recorder:
    """Writes one run's events; `write` may answer with events of its own."""

    def __init__(self, run: RunDir, heartbeat: int, clock: Callable[[], float]) -> None:
        self._run = run
        self._lock_descriptor = heartbeat
        self._clock = clock
        self._events = Appender(run.events)
        self._losses = Appender(run.losses, record=4)
        self._times = Appender(run.clock, record=16)
        self._snapshot: Snapshot | None = None
        self._dropped = False  # whether a snapshot that waited was replaced by a newer one
        self._step = 0
        self._last_heartbeat = -HEARTBEAT
        self._files = self._losses, self._times, self._events
        self._failing = False
        self._disk_error = ""  # what the disk said when it last refused
        self._retry_at = 0.0
        self._ranking = Ranking(run.checkpoints)
        with suppress(OSError):
            checkpoint.remove_partial_files(run.checkpoints)

    def write(self, event: Event) -> Iterator[Event]:
        """Record `event`; yields it, with what recording has to say before or after."""
        if isinstance(event, Diverged):
            event = dataclasses.replace(event, checkpoint=self._ranking.newest)
        self._on_event(event)
        remarks = self._flush_pending()
        yield event
        yield from remarks

    def _on_event(self, event: Event) -> None:
        match event:
            case Started(step=step):
                self._step = step
                self._truncate_losses(step)
                self._delete_checkpoints_after(step)
                # A log that cannot be read costs the memory of what was best, not the run.
                with suppress(RunError):
                    self._ranking.load(read_events(self._run), step)
            case Steps(first=first, losses=losses):
                self._step = first + len(losses)
                self._losses.add(losses.astype("<f4").tobytes())
            case Snapshot():
                self._dropped |= self._snapshot is not None
                self._snapshot = event
            case Evaluated():
                self._ranking.on_evaluated(event)
        if type(event) in RECORDED_NAMES:
            self._append(event)

    def _truncate_losses(self, step: int) -> None:
        """Keep the losses before `step`, each at its place even where some were lost."""
        missing = step - self._losses.truncate(4 * step) // 4
        self._losses.add(np.full(missing, np.nan, "<f4").tobytes())

    def _delete_checkpoints_after(self, step: int) -> None:
        """Delete those of steps that are void now: the next resume would go on from them."""
        for path in checkpoint.list_checkpoints(self._run.checkpoints):
            if checkpoint.step_of(path) > step:
                with suppress(OSError):
                    path.unlink()

    def _flush_pending(self) -> list[Event]:
        """Write all that waits; returns what is to be said of it, which is written too."""
        now = self._clock()
        if self._failing and now < self._retry_at:
            return []
        remarks: list[Event] = []
        try:
            if now - self._last_heartbeat >= HEARTBEAT:
                self._write_heartbeat(now)
            self._flush()
            saved = self._save_checkpoint()
            if self._failing:
                self._failing = False
                missing = "a checkpoint is missing" if self._dropped else "nothing is missing"
                self._dropped = False
                remarks.append(self._warn(f"recording goes on; {missing}"))
            if saved:
                remarks.append(self._append(saved))
            self._flush()
        except OSError as error:
            self._retry_at = now + HEARTBEAT
            self._disk_error = str(error.strerror)
            if not self._failing:
                self._failing = True
                text = f"recording stopped: {self._disk_error}; {STOPPED_TEXT}"
                remarks.append(self._warn(text))
        return remarks

    def _flush(self) -> None:
        for file in self._files:
            file.flush()

    def _write_heartbeat(self, now: float) -> None:
        self._last_heartbeat = now
        self._times.add(np.array([self._step, time.time()], "<f8").tobytes())
        os.utime(self._lock_descriptor)

    def _save_checkpoint(self) -> Saved | None:
        """Write the snapshot that waits, if one does; keep the newest few and the best."""
        if self._snapshot is None:
            return None
        snapshot = self._snapshot
        folder = self._run.checkpoints
        path = checkpoint.write(folder, checkpoint.Checkpoint(snapshot.arrays, snapshot.metadata))
        self._snapshot = None
        best = self._ranking.on_saved(snapshot.step, path.name)
        with suppress(OSError):  # what could not be deleted is deleted after the next one
            checkpoint.prune(folder, self._ranking.best_path)
        return Saved(snapshot.step, path.name, best)

    def _warn(self, text: str) -> Event:
        return self._append(Alert(self._step, text))

    def _append(self, event: Event) -> Event:
        self._events.add(to_json(event).encode() + b"\n")
        return event

    def close(self) -> None:
        """Write what still can be written; a disk that still refuses has been told of already."""
        self._retry_at = self._clock()
        self._flush_pending()
        self._flush_each()

    def failure(self) -> Iterator[Event]:
        """That the run failed, where something waits that will not be written any more."""
        if self._snapshot is None and not any(file.waiting for file in self._files):
            return
        text = f"recording failed: {self._disk_error}; not all of the run is written"
        failed = self._append(Failed(self._step, text))
        self._flush_each()
        yield failed

    def _flush_each(self) -> None:
        for file in self._files:
            with suppress(OSError):
                file.flush()


def record(
    source: Iterator[Event], run: RunDir, *, clock: Callable[[], float] = time.monotonic
) -> Generator[Event, None, None]:
    """The events of `source`, each written to `run` as it passes.

    The last one is a `Failed` of our own where the disk refused to the end.

    Raises:
        RunError: another process is writing this run.
    """
    with run.writer_lock() as heartbeat:
        recorder = Recorder(run, heartbeat, clock)
        try:
            for event in source:
                yield from recorder.write(event)
        finally:
            recorder.close()
        yield from recorder.failure()
