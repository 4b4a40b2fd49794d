"""Status of runs: state, progress, and whether the writer is alive.

A dead process differs from a quiet one by the lock that it held, since a lock ends with its
process. Locks do not work across machines, so a run of another host is judged by its heartbeat:
the modification time of the file `lock`, touched once a second.
"""

import dataclasses
import json
import os
import socket
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.run.events import (
    END_EVENTS,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Paused,
    Preparing,
    Started,
)
from core.run.history import best_evaluation, surviving
from core.run.status import RunStatus
from core.rundir import validation
from core.rundir.event_tail import LIST_BYTES, ListedEvents
from core.rundir.resolve import find_matches, only_match
from core.rundir.rundir import RunDir
from core.rundir.validation import parse_event, sanitized_info, timestamp
from trainpad.errors import RunError
from trainpad.files import modified_at, read_plain, read_range, size_of
from trainpad.lock import RUN_LOCK, is_locked
from trainpad.place import last_step
from trainpad.text import sanitize

FRESH_HEARTBEAT: Final = 3.0
"""Seconds; with a younger heartbeat of this host the lock need not be tried."""
REMOTE_TIMEOUT: Final = 60.0
"""Seconds without a heartbeat until a run of another host counts as lost."""
MAX_LOCK_BYTES: Final = 4096
STUDY: Final = "study"
"""The kind of an entry that is a study: its steps are trials."""


@dataclass(frozen=True, slots=True)
class LockOwner:
    """Which process writes a run, or wrote it last, according to the file `lock`."""

    host: str
    pid: int
    since: float
    """When it started writing, Unix time in seconds."""
    heartbeat: float
    """Its last sign of life, Unix time in seconds by the file system's clock."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The status and progress of a run, and who writes it; printed by `trainpad runs --json`."""

    name: str
    directory: str
    state: RunStatus
    steps: int
    max_steps: int
    best: float | None
    """The highest accuracy on the validation split."""
    dataset: str
    host: str
    pid: int
    since: float
    heartbeat: float
    kind: str = "trainpad"
    """``attached`` for a run that another program trains; ``study`` for a study."""
    project: str = ""
    """What an attached run belongs to."""
    reason: str = ""
    """Why it failed, diverged or ended early, in one sentence."""

    @property
    def is_attached(self) -> bool:
        """Whether another program trains it, and it has no hyperparameters of ours."""
        return self.kind == "attached"

    @property
    def is_study(self) -> bool:
        """Whether it is no run, but a study of many."""
        return self.kind == STUDY

    @property
    def is_own(self) -> bool:
        """Whether it is a run of ours, which has hyperparameters."""
        return not (self.is_attached or self.is_study)

    @property
    def is_live(self) -> bool:
        """Whether the run can still make progress, and so can be steered."""
        return self.state.is_live


def read_status(run: RunDir, *, host: str | None = None, now: float | None = None) -> RunSummary:
    """The status of `run`, as seen from the machine called `host` at the Unix time `now`.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    return summarize(run, sanitized_info(run.info()), read_tail(run), host=host, now=now)


def summarize(
    run: RunDir,
    info: Mapping[str, Any],
    events: Sequence[Event],
    *,
    host: str | None = None,
    now: float | None = None,
) -> RunSummary:
    """The status of `run` from what was read of it: its sanitized `run.json` and its events."""
    host = socket.gethostname() if host is None else host
    now = time.time() if now is None else now
    created = timestamp(info.get("created"))
    owner = lock_owner(run) or LockOwner(str(info.get("host", "")), 0, created, 0.0)
    status = _status(reversed(events))
    if status.is_live and not has_writer(run, host, now):
        ended = _status(reversed(events), ignore_preparing=True)
        status = RunStatus.LOST if ended.is_live else ended
    best = best_evaluation(e for e in surviving(events) if isinstance(e, Evaluated))
    return RunSummary(
        name=sanitize(run.name, limit=80),
        directory=str(run.path),
        state=status,
        steps=run.steps_recorded or _finished_step(events) or last_step(run.path) + 1,
        max_steps=_max_steps(events, info["hyperparameters"]) or _planned_steps(info),
        best=best.accuracy("validation") if best and best.confusion else None,
        dataset=info["dataset"].get("name", ""),
        host=sanitize(owner.host, limit=80),
        pid=owner.pid,
        since=owner.since,
        heartbeat=owner.heartbeat,
        kind="attached" if info.get("kind") == "attached" else "trainpad",
        project=str(info.get("project", "")),
        reason=_reason(events, status),
    )


def _planned_steps(info: Mapping[str, Any]) -> int:
    """How many steps an attached run was begun with, or 0."""
    steps = info.get("steps")
    return steps if isinstance(steps, int) and not isinstance(steps, bool) and steps > 0 else 0


def resolve_live_run(run: str, log_dir: Path) -> RunDir:
    """The run that `resolve_run` finds, live ones first.

    Raises:
        RunError: there is no such run, or several are called so, or several live ones are.
    """
    matches = find_matches(run, log_dir)
    if matches.is_group:
        return next(filter(is_live, reversed(matches.runs)), matches.runs[-1])
    live = [entry for entry in matches.runs if is_live(entry)] if len(matches.runs) > 1 else []
    if matches.is_name and len(live) > 1:
        names = _names(live)
        raise RunError(f"{len(live)} live runs are called {run!r}: give one of {names}")
    return only_match(run, dataclasses.replace(matches, runs=live or matches.runs))


def _names(runs: Sequence[RunDir]) -> str:
    """The names of some runs, or their paths where two have the same name."""
    names = {run.name for run in runs}
    shown = names if len(names) == len(runs) else {str(run.path) for run in runs}
    return ", ".join(sanitize(name, limit=200) for name in sorted(shown, reverse=True)[:5])


def is_live(run: RunDir) -> bool:
    """Whether `run` can be steered: it has not ended, and its writer is alive."""
    if not has_writer(run, socket.gethostname(), time.time()):
        return False
    return _status(_parse(reversed(_tail_lines(run.events)))).is_live


# -- the writer ----------------------------------------------------------------------------------


def has_writer(run: RunDir, host: str, now: float) -> bool:
    """Whether a process writes `run`, as seen from the machine called `host` at `now`."""
    owner = lock_owner(run)
    if owner is None:
        return now - modified_at(run.path / "run.json") < FRESH_HEARTBEAT
    age = now - owner.heartbeat
    if owner.host != host:
        return age < REMOTE_TIMEOUT
    # Trying the lock means holding it for a moment, in the way of a process that wants to write
    # the run: so it is tried only in doubt.
    return (age < FRESH_HEARTBEAT and _is_alive(owner.pid)) or is_locked(run.path / RUN_LOCK)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    try:  # a process whose parent has not yet asked for its status is there, but has ended
        about = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return True
    return about.rpartition(b")")[2].split()[:1] != [b"Z"]


def lock_owner(run: RunDir) -> LockOwner | None:
    """The contents of the file `lock`; None where it is missing, empty or malformed."""
    path = run.path / "lock"
    try:
        entry = path.stat()
        if not stat.S_ISREG(entry.st_mode) or entry.st_size > MAX_LOCK_BYTES:
            return None
        values = json.loads(read_plain(path, MAX_LOCK_BYTES))
        host, pid = validation.text(values["host"]), validation.count(values["pid"])
        since = timestamp(values["since"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return LockOwner(host, pid, since, entry.st_mtime)


# -- the events ----------------------------------------------------------------------------------


def read_tail(run: RunDir) -> list[Event]:
    """The valid events of `events.jsonl`, or of its end where it is very long.

    Of evaluations they have the accuracy on validation alone.
    """
    return ListedEvents(run.events).poll()


def _parse(lines: Iterable[bytes]) -> Iterator[Event]:
    for line in lines:
        event = parse_event(line)
        if event is not None:
            yield event


def _tail_lines(path: Path) -> list[bytes]:
    """The whole lines of the file, or of its end."""
    size = size_of(path)
    if not size:
        return []
    try:
        return read_range(path, max(0, size - LIST_BYTES), LIST_BYTES).split(b"\n")[:-1]
    except OSError:
        return []


def _status(newest_first: Iterable[Event], *, ignore_preparing: bool = False) -> RunStatus:
    """What the events say that the run does, if its process is alive.

    With `ignore_preparing`, preparations that never led to training leave an earlier end valid.
    """
    preparing = False
    for event in newest_first:
        match event:
            case Preparing():
                preparing = not ignore_preparing
            case Finished() | Diverged() | Failed() if preparing:
                return RunStatus.STARTING
            case Finished():
                return event.status
            case Diverged():
                return RunStatus.DIVERGED
            case Failed():
                return RunStatus.FAILED
            case Paused():
                return RunStatus.PAUSED
            case Started() | Continued():
                return RunStatus.TRAINING
    return RunStatus.STARTING


def _reason(events: Sequence[Event], status: RunStatus) -> str:
    """Why a run has ended so; empty while it trains, and where its end has no more to say."""
    end = next((e for e in reversed(events) if isinstance(e, END_EVENTS)), None)
    match end:
        case Failed(text=text) if status is RunStatus.FAILED:
            return text
        case Diverged(loss=loss, why=why) if status is RunStatus.DIVERGED:
            return why or f"the loss is {loss}"
        case Finished(detail=detail) if status is end.status:
            return detail
    return ""


def _finished_step(events: Sequence[Event]) -> int:
    """The steps of a run that ended; 0 if it did not, or said none."""
    return events[-1].step if events and isinstance(events[-1], Finished) else 0


def _max_steps(events: Sequence[Event], first: Mapping[str, Any]) -> int:
    """The newest `max_steps`; `first` are the hyperparameters in `run.json`."""
    values: list[object] = [first.get("max_steps")]
    for event in events:
        match event:
            case Started(hyperparameters=hyperparameters):
                values.append(hyperparameters.get("max_steps"))
            case Changed(name="max_steps", new=new):
                values.append(new)
    return next((v for v in reversed(values) if isinstance(v, int) and v), 0)
