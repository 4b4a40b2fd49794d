"""Which runs there are, how each stands, and whether anybody still writes it.

A dead process is told from a quiet one by the lock that it held, since a lock ends with its
process. Locks do not tell across machines, so a run of another host is judged by its heartbeat:
the time of the file `lock`, touched once a second.
"""

import json
import os
import socket
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.run.events import (
    LIVE_STATES,
    Changed,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Paused,
    Preparing,
    Resumed,
    Started,
)
from core.rundir.rundir import RunDir, list_runs, resolve_run
from core.rundir.validation import parse_event, sanitized_info, timestamp
from trainpad.files import modified_at, size_of
from trainpad.lock import lock
from trainpad.text import sanitize

FRESH_HEARTBEAT: Final = 3.0
"""Seconds; a heartbeat of this host that is younger needs no look at the lock."""
REMOTE_TIMEOUT: Final = 60.0
"""Seconds without a heartbeat until a run of another host counts as lost."""
MAX_LOCK_BYTES: Final = 4096
MAX_EVENT_BYTES: Final = 64 * 1024 * 1024
"""Bytes of events that are read for the state of a run, from the end."""
EVALUATED_PREFIX: Final = b'{"event": "evaluated"'
STARTED_PREFIX: Final = b'{"event": "started"'
MAX_STEPS_PREFIXES: Final = (STARTED_PREFIX, b'{"event": "changed"')
"""How the lines begin that may say how many steps are planned."""


@dataclass(frozen=True, slots=True)
class LockOwner:
    """Who writes a run, or wrote it last, as its file `lock` tells."""

    host: str
    pid: int
    since: float
    """When it began to, Unix time in seconds."""
    heartbeat: float
    """When it last gave a sign of life, Unix time in seconds by the file system's clock."""


@dataclass(frozen=True, slots=True)
class RunState:
    """How a run stands."""

    name: str
    directory: str
    state: str
    """``starting``, ``training``, ``paused``, ``done``, ``stopped``, ``diverged``, ``failed`` or
    ``lost``: its process is gone, and it has not ended."""
    steps: int
    max_steps: int
    best: float | None
    """The best precision on the validation split."""
    dataset: str
    host: str
    pid: int
    since: float
    heartbeat: float

    @property
    def live(self) -> bool:
        """Whether it can be steered."""
        return self.state in LIVE_STATES


def read_status(run: RunDir, *, host: str | None = None, now: float | None = None) -> RunState:
    """How `run` stands, seen from the machine called `host` at the time `now`.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    host = socket.gethostname() if host is None else host
    now = time.time() if now is None else now
    info = sanitized_info(run.info())
    lines = _last_lines(run.events)
    holder = _lock_owner(run) or LockOwner(
        str(info.get("host", "")), 0, timestamp(info.get("created")), 0.0
    )
    state = _state(lines)
    if state in LIVE_STATES and not has_writer(run, host, now):
        ended = _state(lines, begun=True)
        state = "lost" if ended in LIVE_STATES else ended
    return RunState(
        name=sanitize(run.name, limit=80),
        directory=str(run.path),
        state=state,
        steps=size_of(run.losses) // 4 or _finished_step(lines),
        max_steps=_planned(lines, info["hyperparameters"]),
        best=_best(lines),
        dataset=info["dataset"].get("name", ""),
        host=sanitize(holder.host, limit=80),
        pid=holder.pid,
        since=holder.since,
        heartbeat=holder.heartbeat,
    )


def resolve_live_run(run: str, log_dir: Path) -> RunDir:
    """The run that a user means; without a name the latest live one, else the latest.

    Raises:
        RunError: there is no such run.
    """
    if not run:
        for candidate in reversed(list_runs(log_dir)):
            if is_live(candidate):
                return candidate
    return resolve_run(run, log_dir)


def is_live(run: RunDir) -> bool:
    """Whether `run` can be steered."""
    return _state(_last_lines(run.events)) in LIVE_STATES and has_writer(
        run, socket.gethostname(), time.time()
    )


# -- whether it is written -----------------------------------------------------------------------


def has_writer(run: RunDir, host: str, now: float) -> bool:
    """Whether a process still writes `run`, seen from the machine called `host` at `now`."""
    holder = _lock_owner(run)
    if holder is None:
        return now - modified_at(run.path / "run.json") < FRESH_HEARTBEAT
    age = now - holder.heartbeat
    if holder.host != host:
        return age < REMOTE_TIMEOUT
    # To ask for the lock is to hold it for a moment, in the way of whoever wants to go on with
    # the run: so it is asked for only where there is doubt.
    return (age < FRESH_HEARTBEAT and _is_alive(holder.pid)) or _is_locked(run)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _is_locked(run: RunDir) -> bool:
    try:
        descriptor = os.open(run.path / "lock", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return not lock(descriptor, attempts=1, wait=0.0, shared=True)
    except OSError:  # where there are no locks, nobody holds one
        return False
    finally:
        os.close(descriptor)


def _lock_owner(run: RunDir) -> LockOwner | None:
    """What the file `lock` says, or None where there is none or it says nothing yet."""
    path = run.path / "lock"
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > MAX_LOCK_BYTES:
            return None
        values = json.loads(path.read_bytes())
        host, pid, since = str(values["host"]), int(values["pid"]), float(values["since"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return LockOwner(host, pid, timestamp(since), about.st_mtime)


# -- what was written ----------------------------------------------------------------------------


def _state(lines: Sequence[bytes], *, begun: bool = False) -> str:
    """What the newest of these lines say the run does, were its process alive.

    With `begun`, preparations that never came to training undo no end before them.
    """
    preparing = False
    for event in _backward(lines):
        match event:
            case Preparing():
                preparing = not begun
            case Finished() | Diverged() | Failed() if preparing:
                return "starting"
            case Finished():
                return event.state
            case Diverged():
                return "diverged"
            case Failed():
                return "failed"
            case Paused():
                return "paused"
            case Started() | Resumed():
                return "training"
    return "starting"


def _backward(lines: Sequence[bytes]) -> Iterator[Event]:
    for line in reversed(lines):
        event = parse_event(line)
        if event is not None:
            yield event


def _best(lines: Sequence[bytes]) -> float | None:
    """The best precision on the validation split that no later start made void."""
    found: list[tuple[int, float]] = []
    for line in lines:
        if not line.startswith((EVALUATED_PREFIX, STARTED_PREFIX)):
            continue
        match parse_event(line):
            case Evaluated() as event:
                found.append((event.step, event.accuracy("validation")))
            case Started(step=start):
                found = [entry for entry in found if entry[0] <= start]
    return max((precision for _, precision in found), default=None)


def _finished_step(lines: Sequence[bytes]) -> int:
    """How many steps a run without losses, such as a taught one, says that it ended after."""
    last = next(_backward(lines), None)
    return last.step if isinstance(last, Finished) else 0


def _planned(lines: Sequence[bytes], first: Mapping[str, Any]) -> int:
    """How many steps the run was last meant to take; `first` is what `run.json` says."""
    said = (_max_steps(line) for line in reversed(lines) if line.startswith(MAX_STEPS_PREFIXES))
    return next((steps for steps in said if steps), None) or _int_or_zero(first.get("max_steps"))


def _max_steps(line: bytes) -> int:
    """What a line says of `max_steps`; 0 for nothing."""
    match parse_event(line):
        case Started(hyperparameters=values):
            return _int_or_zero(values.get("max_steps"))
        case Changed(name="max_steps", new=new):
            return _int_or_zero(new)
    return 0


def _int_or_zero(value: object) -> int:
    """`value` where it is a whole number; else 0."""
    return value if isinstance(value, int) else 0


def _last_lines(path: Path) -> list[bytes]:
    """The whole lines of the file, or of its end."""
    size = size_of(path)
    if not size:
        return []
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - MAX_EVENT_BYTES))
            return file.read(MAX_EVENT_BYTES).split(b"\n")[:-1]
    except OSError:
        return []
