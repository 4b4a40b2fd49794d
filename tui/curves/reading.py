"""The curves of the compared runs, read on a thread and folded on the UI's.

A growing run is read incrementally: each poll costs only what is new.
"""

from collections.abc import Sequence
from pathlib import Path

from core.run.events import Event, Opened
from core.run.state import RunState
from core.rundir.attached_reader import AttachedReader
from core.rundir.reader import MAX_PIECES, RunReader, reader_of
from core.rundir.rundir import RunDir
from trainpad.errors import RunError

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of numbers that are read of an attached run: of more, evenly spaced parts."""
NewEvents = list[tuple[Path, list[Event]]]


class RunCurves:
    """Runs by directory; call `poll` on a thread, one call at a time, and `fold` on the UI's."""

    def __init__(self) -> None:
        self.runs: dict[Path, RunState] = {}
        """The runs as folded so far."""
        self._readers: dict[Path, RunReader | AttachedReader] = {}

    def poll(self, runs: Sequence[RunDir]) -> NewEvents:
        """Read the new events of these runs; the readers of all other runs are dropped."""
        paths = {run.path for run in runs}
        self._readers = {path: reader for path, reader in self._readers.items() if path in paths}
        new_events: NewEvents = []
        for run in runs:
            try:
                new_events.append((run.path, list(self._poll_run(run))))
            except RunError:
                self._readers.pop(run.path, None)
        return new_events

    def _poll_run(self, run: RunDir) -> list[Event]:
        reader = self._readers.get(run.path)
        if reader is not None:
            return list(reader.poll())
        reader = self._readers[run.path] = reader_of(run, MAX_PIECES, MAX_BYTES)
        return [*reader.opened(None), *reader.poll()]

    def fold(self, new_events: NewEvents) -> None:
        """Fold what `poll` returned."""
        self.runs = {path: self._fold_run(path, events) for path, events in new_events}

    def _fold_run(self, path: Path, events: Sequence[Event]) -> RunState:
        is_new = path not in self.runs or (events and isinstance(events[0], Opened))
        run = RunState() if is_new else self.runs[path]
        for event in events:
            run.fold(event)
        return run
