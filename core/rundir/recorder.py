"""`record`: write events to a run directory as they pass.

Each event is written before it is yielded. If the disk refuses, training continues: what could not
be written is kept in memory and written, in order and from the last whole record on, as soon as the
disk accepts it again; an alert says when that starts and ends.
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
from trainpad.files import remove_leftovers

HEARTBEAT = 1.0
"""Seconds between heartbeats, and between attempts to write after a failure."""
STOPPED_TEXT = "training continues; what is pending is written as soon as the disk accepts it"
"""How the alert about a failed write ends."""


class Recorder:
    """Writes the events of one run; `write` may add events of its own."""

    def __init__(self, run: RunDir, lock_descriptor: int, clock: Callable[[], float]) -> None:
        self._run = run
        self._lock_descriptor = lock_descriptor
        self._clock = clock
        self._events = Appender(run.events)
        self._losses = Appender(run.losses, record=4)
        self._times = Appender(run.clock, record=16)
        self._files = self._losses, self._times, self._events
        self._snapshot: Snapshot | None = None
        """The checkpoint to be written, if one is pending."""
        self._dropped = False
        """Whether a pending checkpoint was replaced by a newer one since the disk refused."""
        self._step = 0
        self._last_heartbeat = -HEARTBEAT
        self._failing = False
        self._disk_error = ""
        self._retry_at = 0.0
        self._ranking = Ranking(run.checkpoints)
        with suppress(OSError):
            checkpoint.remove_partial_files(run.checkpoints)
        remove_leftovers(run.path)

    def write(self, event: Event) -> Iterator[Event]:
        """Record `event`; yields it, followed by `Saved` and alerts of the recorder."""
        if isinstance(event, Diverged):
            event = dataclasses.replace(event, checkpoint=self._ranking.newest)
        self._on_event(event)
        own_events = self._flush_pending()
        yield event
        yield from own_events

    def _on_event(self, event: Event) -> None:
        match event:
            case Started(step=step):
                self._step = step
                self._truncate_losses(step)
                self._delete_checkpoints_after(step)
                # If the log cannot be read, the ranking starts empty, but the run continues.
                with suppress(RunError):
                    self._ranking.load([*read_events(self._run), event])
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
        """Keep the losses before `step`, each at its step: lost ones are replaced by NaN."""
        missing = step - self._losses.truncate(4 * step) // 4
        self._losses.add(np.full(missing, np.nan, "<f4").tobytes())

    def _delete_checkpoints_after(self, step: int) -> None:
        """Delete the checkpoints of void steps, so that the next resume does not use them."""
        for path in checkpoint.list_checkpoints(self._run.checkpoints):
            if checkpoint.step_of(path) > step:
                with suppress(OSError):
                    path.unlink()

    def _flush_pending(self) -> list[Event]:
        """Write what is pending; returns the recorder's own events, which are recorded too."""
        now = self._clock()
        if self._failing and now < self._retry_at:
            return []
        own_events: list[Event] = []
        try:
            if now - self._last_heartbeat >= HEARTBEAT:
                self._write_heartbeat(now)
            self._flush()
            saved = self._save_checkpoint()
            if self._failing:
                self._failing = False
                missing = "a checkpoint is missing" if self._dropped else "nothing was lost"
                self._dropped = False
                own_events.append(self._warn(f"recording resumed; {missing}"))
            if saved:
                own_events.append(self._append(saved))
            self._flush()
        except OSError as error:
            self._retry_at = now + HEARTBEAT
            self._disk_error = str(error.strerror)
            if not self._failing:
                self._failing = True
                text = f"recording stopped: {self._disk_error}; {STOPPED_TEXT}"
                own_events.append(self._warn(text))
        return own_events

    def _flush(self) -> None:
        for file in self._files:
            file.flush()

    def _write_heartbeat(self, now: float) -> None:
        self._last_heartbeat = now
        self._times.add(np.array([self._step, time.time()], "<f8").tobytes())
        os.utime(self._lock_descriptor)

    def _save_checkpoint(self) -> Saved | None:
        """Write the pending checkpoint, if any; keep the newest few and the best."""
        if self._snapshot is None:
            return None
        snapshot = self._snapshot
        folder = self._run.checkpoints
        path = checkpoint.write(folder, checkpoint.Checkpoint(snapshot.arrays, snapshot.metadata))
        self._snapshot = None
        best = self._ranking.on_saved(snapshot.step, path.name)
        with suppress(OSError):  # deleted after the next one
            checkpoint.prune(folder, self._ranking.best_path)
        return Saved(snapshot.step, path.name, best)

    def _warn(self, text: str) -> Event:
        return self._append(Alert(self._step, text))

    def _append(self, event: Event) -> Event:
        self._events.add(to_json(event).encode() + b"\n")
        return event

    def close(self) -> None:
        """Write what can still be written; that the disk refuses was reported already."""
        self._retry_at = self._clock()
        self._flush_pending()
        self._flush_each()

    def failure(self) -> Iterator[Event]:
        """A `Failed` event, if something is pending that will never be written."""
        if self._snapshot is None and not any(file.waiting for file in self._files):
            return
        text = f"recording failed: {self._disk_error}; the run is incomplete on disk"
        failed = self._append(Failed(self._step, text))
        self._flush_each()
        yield failed

    def _flush_each(self) -> None:
        for file in self._files:
            with suppress(OSError):
                file.flush()


def record(
    events: Iterator[Event], run: RunDir, *, clock: Callable[[], float] = time.monotonic
) -> Generator[Event, None, None]:
    """`events`, each written to `run` before it is yielded.

    If the disk refuses to the end, the last one is a `Failed` of the recorder's own.

    Raises:
        RunError: another process is writing this run.
    """
    with run.writer_lock() as lock_descriptor:
        recorder = Recorder(run, lock_descriptor, clock)
        try:
            for event in events:
                yield from recorder.write(event)
        finally:
            recorder.close()
        yield from recorder.failure()
