"""One run as a list of runs shows it, read from its files."""

import os
import pwd
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.run.events import Changed, Diverged, Evaluated, Event, Failed, Finished, Started
from core.run.history import surviving
from core.run.hparams import as_dict, known_hparams, validate_hparams
from core.run.info import parent_in
from core.run.layers import parse_layers, short_name
from core.run.own_hparams import OwnHparams
from core.rundir import notes
from core.rundir.event_tail import ListedEvents
from core.rundir.notes import Note
from core.rundir.run_values import RunValues, attached_values, own_values
from core.rundir.rundir import RunDir
from core.rundir.status import RunSummary, summarize
from core.rundir.validation import sanitized_info, timestamp
from trainpad.errors import RunError, UserError
from trainpad.files import RUN_FILE, modified_at, size_of

MAX_COMPLETE: Final = 1000
_COMPLETE: Final[dict[str, dict[str, Any]]] = {}
"""Hyperparameters that were validated and completed: many runs have the same ones."""
SIGNIFICANT: Final = (
    RUN_FILE, "events.jsonl", "loss.f32", "metrics.jsonl", "lock", notes.FILE
)  # fmt: skip
"""The files of a run that change its entry."""
Signature = tuple[tuple[int, int] | None, ...]
"""Size and time (in ns) of each of them; None where there is none."""


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
        if not self.summary.is_own:
            return self.summary.project
        return short_name(parse_layers(self.hyperparameters["network"]))

    @property
    def accuracies(self) -> tuple[float | None, float | None]:
        """The best and the last accuracy on validation, of attached runs of what they have."""
        if self.summary.is_attached:
            return self.values.accuracies
        return self.summary.best, self.last_accuracy

    @property
    def project(self) -> str:
        """What an attached run belongs to, ``study`` for a study; empty for a run of ours."""
        return "" if self.summary.is_own else self.summary.project


def signature_of(run: RunDir) -> Signature:
    """The signature of a run's files now."""
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
        if (
            summary.is_attached and summary.state == "training"
        ):  # it may print rarely, or no numbers
            losses_changed = max(losses_changed, summary.heartbeat)
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
            owner_of(run.path),
            attached_values(run, info, ended=not summary.is_live)
            if summary.is_attached
            else own_values(
                run, hparams | OwnHparams().fold(events).values, accuracy, summary.best
            ),
            parent_in(info),
        )
    except (RunError, OSError):
        return None


def _current_hparams(first: Mapping[str, Any], events: Sequence[Event]) -> dict[str, Any]:
    """All hyperparameters after `events`; `first` are those in `run.json`."""
    values = complete_hparams(first)
    for event in events:
        match event:
            case Started(hyperparameters=hyperparameters):
                values = complete_hparams(hyperparameters)
            case Changed(name=name, new=new) if name in values:
                values[name] = new
    return values


def complete_hparams(values: Mapping[str, Any]) -> dict[str, Any]:
    """All hyperparameters: those in `values`, defaults for the rest or where one is invalid."""
    key = repr(values)
    if key not in _COMPLETE:
        if len(_COMPLETE) >= MAX_COMPLETE:
            _COMPLETE.clear()
        given = known_hparams(values)
        try:
            _COMPLETE[key] = as_dict(validate_hparams(given))
        except UserError:
            _COMPLETE[key] = as_dict(validate_hparams({}))
    return dict(_COMPLETE[key])


def _last_accuracy(events: Sequence[Event]) -> float | None:
    """Accuracy on validation at the newest evaluation that holds."""
    held = surviving(events)
    evaluations = [event for event in held if isinstance(event, Evaluated) and event.confusion]
    return evaluations[-1].accuracy("validation") if evaluations else None


def _training_seconds(events: Sequence[Event], losses_changed: float) -> float:
    """How long the run trained; its losses were last written at the Unix time `losses_changed`.

    That time counts only where no event says when the run ended: a copy of a run has other times.
    """
    seconds = 0.0
    start: float | None = None
    for event in events:
        match event:
            case Started():
                start = event.time
            case Finished(time=end) | Diverged(time=end) | Failed(time=end) if start is not None:
                seconds, start = seconds + max(0.0, end - start), None
    return seconds if start is None else seconds + max(0.0, losses_changed - start)


def owner_of(path: Path) -> str:
    """The name of the user who owns a folder, or else their number."""
    return _user_name(path.stat().st_uid)


@cache
def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
