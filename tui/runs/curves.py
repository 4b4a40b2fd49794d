"""The curves of some runs, read off the UI thread and folded on it.

A run that still grows is read on from where its reader stands, so that following costs what is new
and nothing else.
"""

from collections.abc import Sequence
from pathlib import Path

from core.run.events import Event, Opened
from core.run.state import Run
from core.rundir.reader import MAX_PIECES, RunReader
from core.rundir.rundir import RunDir
from trainpad.errors import RunError

NewEvents = list[tuple[Path, list[Event]]]


class RunCurves:
    """Runs by their directories; `read` on a thread, one call at a time, `fold` on the UI's."""

    def __init__(self) -> None:
        self.runs: dict[Path, Run] = {}
        """What was folded so far."""
        self._readers: dict[Path, RunReader] = {}

    def poll(self, wanted: Sequence[RunDir]) -> NewEvents:
        """What is new in these runs; what was kept of others is forgotten."""
        paths = {run.path for run in wanted}
        self._readers = {path: kept for path, kept in self._readers.items() if path in paths}
        news: NewEvents = []
        for run in wanted:
            try:
                news.append((run.path, list(self._poll_run(run))))
            except RunError:
                self._readers.pop(run.path, None)
        return news

    def _poll_run(self, run: RunDir) -> list[Event]:
        reader = self._readers.get(run.path)
        if reader is not None:
            return list(reader.poll())
        reader = self._readers[run.path] = RunReader(run, MAX_PIECES)
        return [*reader.opened(None), *reader.poll()]

    def fold(self, news: NewEvents) -> None:
        """Take in what `read` returned."""
        self.runs = {path: self._fold_run(path, events) for path, events in news}

    def _fold_run(self, path: Path, events: Sequence[Event]) -> Run:
        begins = path not in self.runs or (events and isinstance(events[0], Opened))
        run = Run() if begins else self.runs[path]
        for event in events:
            run.fold(event)
        return run
