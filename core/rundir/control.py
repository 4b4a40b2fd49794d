"""What is wanted of a run: `control.json`, written by whoever steers, read by the trainer.

The file says what should be, not what to do, so that reading it twice or missing a version does
no harm: pause is "go no further than this step", an evaluation is "this many have been asked for".
The process that trains also keeps the wish in memory, so that it can still be paused and stopped
from its own dashboard when the disk is full.
"""

import dataclasses
import fcntl
import json
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.run.hparams import DECLARED, Value
from core.rundir.errors import RunError
from core.rundir.files import read_private, write_atomic
from data.errors import UserError

LIMIT = 64 * 1024
"""Bytes; a longer `control.json` is not believed."""
LOCK = "control.lock"
"""The file that whoever changes `control.json` holds a lock on."""
ATTEMPTS, WAIT = 50, 0.01
"""How often, and how many seconds apart, that lock is tried before one goes on without."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a run; the defaults are "just train"."""

    hyperparameters: Mapping[str, Value] = field(default_factory=dict)
    pause_at: int | None = None
    """Go no further than this many steps; 0 is "pause now"."""
    evaluate: int = 0
    """How many evaluations have been asked for, ever."""
    checkpoint: int = 0
    """How many checkpoints have been asked for, ever."""
    stop: str = ""
    """Why the run should end after saving, or nothing."""


def parse(content: bytes) -> Wanted:
    """The `Wanted` that `control.json` holds.

    Raises:
        UserError: it is not such a file, or a value is not allowed.
    """
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RunError("control.json is not JSON") from error
    if not isinstance(values, dict):
        raise RunError("control.json is not a JSON object")
    known = {entry.name for entry in dataclasses.fields(Wanted)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise RunError(f"control.json has no use for {unknown[0][:40]!r}")
    hparams = values.pop("hyperparameters", {})
    if not isinstance(hparams, dict):
        raise RunError("control.json: hyperparameters must be an object of names and values")
    return Wanted(hyperparameters=_live(hparams), **{k: _field(k, v) for k, v in values.items()})


def _live(values: Mapping[str, object]) -> dict[str, Value]:
    for name in values:
        if name not in DECLARED:
            raise UserError(f"control.json: there is no hyperparameter called {name[:40]!r}")
        if not DECLARED[name].live:
            raise UserError(f"control.json: {name} cannot change while a run trains")
    return {name: DECLARED[name].check(value) for name, value in values.items()}


def _field(name: str, value: object) -> Any:
    if name == "stop":
        if isinstance(value, str) and len(value) <= 40:
            return value
        raise RunError("control.json: stop must be a short text")
    if value is None and name == "pause_at":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise RunError(f"control.json: {name} must be a whole number of at least 0")


class Control:
    """The wish for one run, shared by its trainer and everybody who steers it."""

    def __init__(self, directory: Path, start: Mapping[str, Value] | None = None) -> None:
        """Join the run in `directory`; `start` gives the trainer's own values, which it writes.

        What was wanted of the run before it was killed or stopped is no longer wanted then.
        """
        self.path = directory / "control.json"
        # A signal's handler may ask while the interrupted thread is just looking.
        self._lock = threading.RLock()
        self._wanted = Wanted()
        self._is_known = start is not None
        """Whether `_wanted` was wanted by anybody, and not only is how things begin."""
        self._asked: deque[tuple[Mapping[str, Value], str, dict[str, Any]]] = deque()
        self._asking = False
        self._seen: tuple[int | None, ...] = ()
        self._doubt: UserError | None = None
        """Why the file as it is now is not to be believed."""
        if start is not None:
            self._wanted = Wanted({n: value for n, value in start.items() if DECLARED[n].live})
            self._write()

    @property
    def wanted(self) -> Wanted:
        """What was wanted at the last look."""
        return self._wanted

    def poll(self) -> Wanted:
        """What is wanted now; costs one `stat` when nothing changed.

        Raises:
            UserError: the file changed into something that is not to be believed. The next call
                returns what was wanted before.
        """
        with self._lock:
            try:
                mark = self._mark()
                if mark != self._seen:
                    self._seen = mark
                    wanted = self._parsed()
                    if self._seen is mark:  # no signal's handler has asked since
                        self._wanted, self._is_known = wanted, True
            except FileNotFoundError:
                self._seen = ()
            except OSError as error:
                if self._seen == (error.errno,):
                    return self._wanted
                self._seen = (error.errno,)
                raise RunError(f"control.json cannot be read: {error.strerror}") from error
            return self._wanted

    def _parsed(self) -> Wanted:
        self._doubt = None
        try:
            return parse(read_private(self.path, LIMIT))
        except UserError as error:
            self._doubt = error
            raise

    def ask(
        self, *, hyperparameters: Mapping[str, Value] | None = None, again: str = "", **changes: Any
    ) -> Wanted:
        """Want something more: other fields stay as they are.

        Args:
            hyperparameters: The values that are to be others.
            again: ``evaluate`` or ``checkpoint``: want one more of these.
            changes: The other fields of `Wanted`.

        Raises:
            RunError: the file could not be written; in this process the wish holds all the same.
        """
        self._asked.append((hyperparameters or {}, again, changes))
        failure: RunError | None = None
        with self._lock:
            # A signal's handler that interrupts this very thread here only leaves its wish behind.
            while self._asked and not self._asking:
                self._asking = True
                try:
                    self._take_asked()
                except RunError as error:
                    failure = error
                finally:
                    self._asking = False
        if failure is not None:
            raise failure
        return self._wanted

    def _take_asked(self) -> None:
        """Add what was asked for to what is wanted by now, and write it."""
        with self._alone():
            try:
                wanted = self.poll()
            except UserError:
                wanted = self._wanted
            if self._doubt and not self._is_known:
                self._asked.clear()  # to write would undo what was wanted before, a pause too
                raise RunError(f"{self._doubt}; mend control.json, then try again")
            while self._asked:
                values, again, changes = self._asked.popleft()
                if again:
                    changes = {**changes, again: getattr(wanted, again) + 1}
                merged = {**wanted.hyperparameters, **values}
                wanted = dataclasses.replace(wanted, hyperparameters=merged, **changes)
            self._wanted, self._is_known = wanted, True
            self._write()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process asks meanwhile, unless it takes long or the disk knows no locks."""
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self.path.with_name(LOCK), flags, 0o600)
        except OSError:
            yield
            return
        try:
            for _ in range(ATTEMPTS):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    time.sleep(WAIT)
            yield
        finally:
            os.close(descriptor)

    def _write(self) -> None:
        try:
            content = json.dumps(dataclasses.asdict(self._wanted), indent=1).encode()
            write_atomic(self.path, content, sync=False)
            self._seen = self._mark()
        except OSError as error:
            raise RunError(f"control.json cannot be written: {error.strerror}") from error

    def _mark(self) -> tuple[int, ...]:
        """What differs when the file or its permissions do; nobody can set a change time."""
        about = self.path.lstat()
        return about.st_ino, about.st_ctime_ns, about.st_size
