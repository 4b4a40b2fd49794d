"""The desired state of a run: `control.json`, written to steer it and polled by the trainer.

The file holds a state, not commands, so that reading it twice or missing a version does no harm:
pause is "train no further than this step", an evaluation is "this many have been requested so
far". The process that trains also keeps the desired state in memory, so that its own dashboard can
pause and stop it while the disk is full.
"""

import dataclasses
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainpad.errors import RunError, UserError
from trainpad.files import read_private, write_atomic
from trainpad.lock import lock

LIMIT = 64 * 1024
"""Bytes; a longer `control.json` is refused."""
FILE, LOCK_FILE = "control.json", "control.lock"
"""The file, and the one that is locked while it is replaced."""
ATTEMPTS, WAIT = 50, 0.01
"""How often, and how many seconds apart, that lock is tried before going on without it."""

CheckValues = Callable[[Mapping[str, object]], Mapping[str, Any]]
"""Validates the hyperparameters of a file: returns them converted, or raises `UserError`."""


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What was requested of a run; the defaults mean "just train"."""

    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    pause_at: int | None = None
    """Train no further than this many steps; 0 means "pause now"."""
    evaluate: int = 0
    """How many evaluations have been requested so far."""
    checkpoint: int = 0
    """How many checkpoints have been requested so far."""
    stop: str = ""
    """Why the run should save and end; empty to go on."""


def parse(content: bytes, check_values: CheckValues) -> DesiredState:
    """Parse the content of `control.json`.

    Raises:
        UserError: it is not such a file, or a value is not allowed.
    """
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RunError("control.json is not JSON") from error
    if not isinstance(values, dict):
        raise RunError("control.json is not a JSON object")
    known = {entry.name for entry in dataclasses.fields(DesiredState)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise RunError(f"control.json: unknown field {unknown[0][:40]!r}")
    hparams = values.pop("hyperparameters", {})
    if not isinstance(hparams, dict):
        raise RunError("control.json: hyperparameters must be an object of names and values")
    fields = {name: _field(name, value) for name, value in values.items()}
    return DesiredState(hyperparameters=check_values(hparams), **fields)


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
    """The desired state of one run, shared by its trainer and everybody who steers it."""

    def __init__(
        self,
        directory: Path,
        check_values: CheckValues,
        start: Mapping[str, Any] | None = None,
    ) -> None:
        """Open the `control.json` of the run in `directory`.

        Args:
            directory: The run directory.
            check_values: Validates hyperparameters.
            start: The trainer's own values of what can be changed; the trainer gives them, and they
                replace the file: requests from before the run was killed or stopped are dropped.
        """
        self.path = directory / FILE
        self._check_values = check_values
        self._lock = threading.RLock()  # a signal handler may poll while the program does
        self._desired = DesiredState()
        self._was_read = start is not None
        """Whether `_desired` was read or written, and is not only the default."""
        self._seen: tuple[int | None, ...] = ()
        self._invalid: UserError | None = None
        """Why the file in its present form is refused."""
        if start is not None:
            self._desired = DesiredState(dict(start))
            self._write()

    @property
    def desired(self) -> DesiredState:
        """The desired state at the last poll."""
        return self._desired

    def poll(self) -> DesiredState:
        """Read the file if it changed; return the desired state. Costs one `stat` if it did not.

        Raises:
            UserError: the file changed into something that is refused. The next call returns the
                state from before.
        """
        with self._lock:
            return self._poll()

    def _poll(self) -> DesiredState:
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            if stamp:
                self._desired, self._was_read = self._read(), True
        return self._desired

    def _read(self) -> DesiredState:
        self._invalid = None
        try:
            return parse(read_private(self.path, LIMIT), self._check_values)
        except FileNotFoundError:
            return self._desired
        except OSError as error:
            raise RunError(f"control.json cannot be read: {error.strerror}") from error
        except UserError as error:
            self._invalid = error
            raise

    def request(
        self,
        *,
        hyperparameters: Mapping[str, Any] | None = None,
        increment: str = "",
        **changes: Any,
    ) -> DesiredState:
        """Change the desired state; fields that are not named stay as they are.

        Args:
            hyperparameters: The values to change.
            increment: ``evaluate`` or ``checkpoint``: request one more of these.
            changes: Other fields of `DesiredState`.

        Raises:
            RunError: the file could not be written; in this process the request holds all the same.
        """
        with self._lock, self._file_lock():
            try:
                desired = self._poll()
            except UserError:
                desired = self._desired
            if self._invalid and not self._was_read:
                # Writing would undo what others requested, such as a pause.
                raise RunError(f"{self._invalid}; fix control.json, then try again")
            if increment:
                changes[increment] = getattr(desired, increment) + 1
            merged = {**desired.hyperparameters, **(hyperparameters or {})}
            desired = dataclasses.replace(desired, hyperparameters=merged, **changes)
            self._desired, self._was_read = desired, True
            self._write()
            return desired

    def drop(self, name: str, value: object) -> None:
        """Remove a value that was requested, unless another one has been since.

        Raises:
            UserError: the file cannot be read or written.
        """
        with self._lock, self._file_lock():
            desired = self._poll()
            if desired.hyperparameters.get(name) == value:
                left = {key: kept for key, kept in desired.hyperparameters.items() if key != name}
                self._desired = dataclasses.replace(desired, hyperparameters=left)
                self._write()

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        """Keep other processes from changing the file, unless the file system has no locks."""
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self.path.with_name(LOCK_FILE), flags, 0o600)
        except OSError:
            yield
            return
        try:
            with suppress(OSError):
                lock(descriptor, attempts=ATTEMPTS, wait=WAIT)
            yield
        finally:
            os.close(descriptor)

    def _write(self) -> None:
        try:
            content = json.dumps(dataclasses.asdict(self._desired), indent=1).encode()
            write_atomic(self.path, content, sync=False)
            self._seen = self._stamp()
        except OSError as error:
            raise RunError(f"control.json cannot be written: {error.strerror}") from error

    def _stamp(self) -> tuple[int | None, ...]:
        """Return what differs when the file or its mode do; nobody can set a change time.

        Nothing where there is no file, and the error's number where it cannot be known.
        """
        try:
            about = os.lstat(self.path)
        except FileNotFoundError:
            return ()
        except OSError as error:
            return (error.errno,)
        return about.st_ino, about.st_ctime_ns, about.st_size
