"""All runs of a folder at a glance, polled at the price of a few `stat` calls.

A run that has ended changes only with its files: it is read once, and again when the size or time
of one of them changes. A run that may be live is read at every poll.
"""

import os
import pwd
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from core.run.events import Changed, Diverged, Evaluated, Event, Failed, Finished, Started
from core.run.history import surviving
from core.run.hparams import SPECS, as_dict, known_hparams, validate_hparams
from core.run.info import parent_in
from core.run.layers import parse_layers, short_name
from core.rundir import notes
from core.rundir.event_tail import ListedEvents
from core.rundir.metric_scan import MetricScans
from core.rundir.notes import Note
from core.rundir.run_values import MetricValues, RunValues, attached_values, own_values
from core.rundir.rundir import RunDir, list_runs
from core.rundir.status import RunSummary, summarize
from core.rundir.unreadable import broken_links
from core.rundir.validation import sanitized_info, timestamp
from trainpad.errors import RunError, UserError
from trainpad.files import RUN_FILE, modified_at, size_of

MAX_NEW_RUNS: Final = 100
"""How many new runs are read in one poll, so that the first ones are shown soon; then as many as
are known."""
MAX_COMPLETE: Final = 1000
_COMPLETE: Final[dict[str, dict[str, Any]]] = {}
"""Hyperparameters that were validated and completed: many runs have the same ones."""
SIGNIFICANT: Final = ("events.jsonl", "loss.f32", "metrics.jsonl", "lock", notes.FILE)
"""The files of a run that change its entry."""
Signature = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run at a glance."""

    run: RunDir
    summary: RunSummary
    note: Note
    hyperparameters: Mapping[str, Any]
    """The current values of all hyperparameters."""
    last_accuracy: float | None
    """Accuracy on validation at the newest evaluation."""
    created: float
    """Unix time, seconds."""
    seconds: float
    """Time between each start and its end, summed; pauses count."""
    owner: str
    """The name of the user who owns it."""
    values: RunValues
    """Its settings and metrics by name."""
    parent: str = ""
    """What it was branched from: ``a-run at step 5,000``; empty if it was not."""

    @property
    def title(self) -> str:
        """The title that a user gave it, or else its folder's name."""
        return self.note.title or self.summary.name

    @property
    def network(self) -> str:
        """Its layers: ``128-32``, ``conv32-1024``, ``softmax``; an attached run's project."""
        if self.summary.is_attached:
            return self.summary.project
        return short_name(parse_layers(self.hyperparameters["network"]))

    @property
    def project(self) -> str:
        """What an attached run belongs to; empty for a run of ours."""
        return self.summary.project if self.summary.is_attached else ""


class Overview:
    """The runs below a folder, as of the last `poll`."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._known: dict[Path, tuple[Signature, RunEntry | None]] = {}
        self._events: dict[Path, ListedEvents] = {}
        self._scans = MetricScans()
        self._ranged: dict[Path, tuple[RunEntry, Mapping[str, MetricValues], RunEntry]] = {}
        """What `_with_ranges` returned, and what it was made of."""
        self.complete = False
        """Whether the last poll reached all runs."""
        self.unreadable: Sequence[Path] = ()
        """The directories of damaged runs, newest first, as of the last poll that was complete."""

    @property
    def pending(self) -> bool:
        """Whether there are metrics whose ranges are still to be read."""
        return self._scans.pending

    def poll(self) -> list[RunEntry]:
        """The runs, newest first, without damaged ones.

        While runs are still unread, those that are known are not looked at again.
        """
        runs = list_runs(self._log_dir)[::-1]
        known = {run.path: self._known[run.path] for run in runs if run.path in self._known}
        unread = [run for run in runs if run.path not in known]
        new = unread[: max(MAX_NEW_RUNS, len(known))]
        for run in (run for run in runs if self.complete and run.path in known):
            self._update(run, known)
        for run in new:
            self._update(run, known)
        self._known, self.complete = known, len(new) == len(unread)
        found = (known[run.path][1] for run in runs if run.path in known)
        entries = [entry for entry in found if entry is not None]
        if not self.complete:
            return entries
        self.unreadable = self._unreadable(known)
        self._scans.poll(entry.run for entry in entries if not entry.values.has_ranges)
        return [self._with_ranges(entry) for entry in entries]

    def _unreadable(self, known: Mapping[Path, tuple[Signature, RunEntry | None]]) -> list[Path]:
        """The damaged runs; not those that were deleted since they were listed."""
        damaged = [path for path, (_, entry) in known.items() if entry is None]
        found = [path for path in damaged if os.path.lexists(path / RUN_FILE)]
        found += broken_links(str(self._log_dir), set(map(str, known)))
        return sorted(found, key=lambda path: path.name, reverse=True)

    def _update(self, run: RunDir, known: dict[Path, tuple[Signature, RunEntry | None]]) -> None:
        """Read a run that is new, has changed, or may be live."""
        signature, before = _signature(run), known.get(run.path)
        if before and before[0] == signature and not (before[1] and before[1].summary.is_live):
            return
        events = self._events.pop(run.path, None) or ListedEvents(run.events)
        known[run.path] = signature, (entry := read_entry(run, events))
        if entry and entry.summary.is_live:  # will be read at the next poll too
            self._events[run.path] = events

    def _with_ranges(self, entry: RunEntry) -> RunEntry:
        """The entry with what is known of the ranges of its metrics; the same object if no more."""
        metrics = self._scans.metrics(entry.run)
        before = self._ranged.get(entry.run.path)
        if not metrics:
            return entry
        if before is not None and before[0] is entry and before[1] is metrics:
            return before[2]
        ranged = replace(entry, values=entry.values.with_metrics(metrics))
        self._ranged[entry.run.path] = entry, metrics, ranged
        return ranged


def differing_hparams(entries: Sequence[RunEntry]) -> list[str]:
    """The names of the hyperparameters in which these runs differ."""
    ours = [entry.hyperparameters for entry in entries if not entry.summary.is_attached]
    return [name for name in SPECS if len({values[name] for values in ours}) > 1]


def _signature(run: RunDir) -> Signature:
    folder = str(run.path)  # paths made of texts: there may be thousands of runs
    return tuple(_file_stamp(f"{folder}/{name}") for name in SIGNIFICANT)


def _file_stamp(path: str) -> tuple[int, int] | None:
    try:
        entry = os.stat(path)  # noqa: PTH116 - see above
    except OSError:
        return None
    return entry.st_size, entry.st_mtime_ns


def read_entry(run: RunDir, listed: ListedEvents | None = None) -> RunEntry | None:
    """The entry of `run`; None where it cannot be read. `listed` has its events so far."""
    try:
        info = sanitized_info(run.info())
        events = (listed or ListedEvents(run.events)).poll()
        numbers = run.losses if size_of(run.losses) else run.metrics
        losses_changed = modified_at(numbers) if size_of(numbers) else 0.0
        summary = summarize(run, info, events, host=socket.gethostname(), now=time.time())
        hparams, accuracy = (
            _current_hparams(info["hyperparameters"], events),
            _last_accuracy(events),
        )
        return RunEntry(
            run,
            summary,
            notes.read(run),
            hparams,
            accuracy,
            timestamp(info.get("created")),
            _training_seconds(events, losses_changed),
            _owner(run.path),
            attached_values(run, info, ended=not summary.is_live)
            if summary.is_attached
            else own_values(run, hparams, accuracy, summary.best),
            parent_in(info),
        )
    except (RunError, OSError):
        return None


def _current_hparams(first: Mapping[str, Any], events: Sequence[Event]) -> dict[str, Any]:
    """All hyperparameters after `events`; `first` are those in `run.json`."""
    values = _complete_hparams(first)
    for event in events:
        match event:
            case Started(hyperparameters=hyperparameters):
                values = _complete_hparams(hyperparameters)
            case Changed(name=name, new=new):
                values[name] = new
    return values


def _complete_hparams(values: Mapping[str, Any]) -> dict[str, Any]:
    """All hyperparameters: those in `values`, defaults for the rest or where one is invalid."""
    given = known_hparams(values)
    key = repr(given)
    if key not in _COMPLETE:
        if len(_COMPLETE) >= MAX_COMPLETE:
            _COMPLETE.clear()
        try:
            _COMPLETE[key] = as_dict(validate_hparams(given))
        except UserError:
            _COMPLETE[key] = as_dict(validate_hparams({}))
    return dict(_COMPLETE[key])


def _last_accuracy(events: Sequence[Event]) -> float | None:
    """Accuracy on validation at the newest evaluation that holds."""
    evaluations = [event for event in surviving(events) if isinstance(event, Evaluated)]
    return evaluations[-1].accuracy("validation") if evaluations else None


def _training_seconds(events: Sequence[Event], losses_changed: float) -> float:
    """How long the run trained; its losses were last written at the Unix time `losses_changed`."""
    spans: list[tuple[float, float]] = []
    for event in events:
        match event:
            case Started(time=start):
                spans.append((start, start))
            case Finished(time=end) | Diverged(time=end) | Failed(time=end) if spans:
                spans[-1] = spans[-1][0], max(spans[-1][1], end)
    if spans:
        spans[-1] = spans[-1][0], max(spans[-1][1], losses_changed)
    return sum(end - start for start, end in spans)


def _owner(path: Path) -> str:
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
