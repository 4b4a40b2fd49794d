"""All runs of a folder at a glance, looked at again and again for the price of a few `stat` calls.

A run that has ended changes only with its files: it is read once, and again when the size or time
of one of them is another. Only the few that live are read at every look.
"""

import pwd
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.run.events import RECORDED_NAMES, Changed, Diverged, Evaluated, Failed, Finished, Started
from core.run.hparams import SPECS, as_dict, validate_hparams
from core.rundir import notes
from core.rundir.notes import Note
from core.rundir.rundir import RunDir, list_runs
from core.rundir.status import EVALUATED_PREFIX, RunState, read_status
from core.rundir.validation import parse_event, sanitized_info, timestamp
from trainpad.errors import RunError, UserError
from trainpad.files import modified_at, size_of

MAX_NEW_RUNS: Final = 100
"""How many runs that are new are read in one look, so that the first ones are there soon."""
NEEDED_PREFIXES: Final = tuple(
    f'{{"event": "{RECORDED_NAMES[kind]}"'.encode()
    for kind in (Started, Changed, Finished, Diverged, Failed)
)
"""How the other lines begin that an overview needs."""
Signature = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run at a glance."""

    run: RunDir
    state: RunState
    note: Note
    hyperparameters: Mapping[str, Any]
    """As they are now, every one that is declared."""
    last_accuracy: float | None
    """Precision on validation at the newest evaluation."""
    created: float
    """Unix time, seconds."""
    seconds: float
    """From each start to the end of it, together; pauses count."""
    owner: str
    """The name of the user whose run it is."""

    @property
    def title(self) -> str:
        """The name that people gave it, or else its folder's."""
        return self.note.title or self.state.name

    @property
    def network(self) -> str:
        """Its hidden layers: ``128-32``, or ``softmax`` for none."""
        return "-".join(map(str, self.hyperparameters["hidden"])) or "softmax"


class Overview:
    """The runs below a folder, as they were at the last `look`."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._known: dict[Path, tuple[Signature, RunEntry | None]] = {}
        self.complete = False
        """Whether the last look got to all runs."""

    def poll(self) -> list[RunEntry]:
        """The runs, newest first; those that are no runs after all are left out."""
        there = list_runs(self._log_dir)[::-1]
        known = {run.path: self._known[run.path] for run in there if run.path in self._known}
        left = MAX_NEW_RUNS
        for run in there:
            signature = _signature(run)
            before = known.get(run.path)
            if before and before[0] == signature and not (before[1] and before[1].state.live):
                continue
            if before is None:
                left -= 1
            if left >= 0:
                known[run.path] = signature, _read_entry(run)
        self._known, self.complete = known, left >= 0
        entries = (known[run.path][1] for run in there if run.path in known)
        return [entry for entry in entries if entry is not None]


def differing_hparams(entries: Sequence[RunEntry]) -> list[str]:
    """The names of the hyperparameters in which these runs differ."""
    return [name for name in SPECS if len({entry.hyperparameters[name] for entry in entries}) > 1]


def _signature(run: RunDir) -> Signature:
    files = run.events, run.losses, run.path / "lock", run.path / notes.FILE
    return tuple(map(_file_stamp, files))


def _file_stamp(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def _read_entry(run: RunDir) -> RunEntry | None:
    try:
        info = sanitized_info(run.info())
        state = read_status(run, host=socket.gethostname(), now=time.time())
        history = _History(info)
        for line in _read_lines(run):
            history.fold(line)
        changed = modified_at(run.losses) if size_of(run.losses) else 0.0
        owner = _owner(run.path)
    except (RunError, OSError):
        return None
    return RunEntry(
        run,
        state,
        notes.read(run),
        history.hyperparameters,
        history.last_accuracy(),
        timestamp(info.get("created")),
        history.seconds(changed),
        owner,
    )


class _History:
    """What an overview keeps of a run's events; long lines are read only where they matter."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        self.hyperparameters = _complete_hparams(info.get("hyperparameters", {}))
        self._evaluations: list[bytes] = []
        self._spans: list[tuple[float, float]] = []

    def fold(self, line: bytes) -> None:
        if line.startswith(EVALUATED_PREFIX):
            self._evaluations.append(line)
            return
        match parse_event(line) if line.startswith(NEEDED_PREFIXES) else None:
            case Started() as event:
                self._evaluations = self._evaluations_up_to(event.step)
                self._spans.append((event.time, event.time))
                self.hyperparameters = _complete_hparams(event.hyperparameters)
            case Changed(name=name, new=new):
                value = SPECS[name].check(new)
                self.hyperparameters = {**self.hyperparameters, name: value}
            case Finished() | Diverged() | Failed() as event:
                self._extend_span(event.time)

    def _evaluations_up_to(self, step: int) -> list[bytes]:
        kept = list(self._evaluations)
        while kept and not (isinstance(e := parse_event(kept[-1]), Evaluated) and e.step <= step):
            kept.pop()
        return kept

    def last_accuracy(self) -> float | None:
        """Precision on validation at the newest evaluation that holds."""
        for line in reversed(self._evaluations):
            event = parse_event(line)
            if isinstance(event, Evaluated):
                return event.accuracy("validation")
        return None

    def seconds(self, changed: float) -> float:
        """How long it trained, its losses having last been written at `changed`."""
        self._extend_span(changed)
        return sum(end - start for start, end in self._spans)

    def _extend_span(self, moment: float) -> None:
        if self._spans:
            start, end = self._spans[-1]
            self._spans[-1] = start, max(end, moment)


def _read_lines(run: RunDir) -> list[bytes]:
    try:
        return run.events.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []


def _complete_hparams(values: Mapping[str, Any]) -> dict[str, Any]:
    """Every hyperparameter, by default where `values` says nothing that can be used."""
    try:
        return as_dict(validate_hparams({name: v for name, v in values.items() if name in SPECS}))
    except UserError:
        return as_dict(validate_hparams({}))


def _owner(path: Path) -> str:
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
