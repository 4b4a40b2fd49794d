"""The run directory: the only interface between processes.

It is created once, is private to its user (mode 0700) and has one writer at a time, which holds a
lock on the file `lock`. Only files that trainpad wrote are ever deleted from it.
"""

import json
import os
import shlex
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from data.files import is_dir
from data.places import NOWHERE
from trainpad.errors import RunError
from trainpad.files import RUN_FILE, make_folder, read_plain, size_of
from trainpad.lock import lock
from trainpad.place import LIMIT, absolute, runs_dir
from trainpad.probe import is_mine

MAX_STEPS = 1 << 27
"""The losses of later steps are not read: as many take half a gigabyte."""
LOCK_ATTEMPTS, LOCK_RETRY_DELAY = 10, 0.02
"""How often, and how many seconds apart, a lock is tried before it counts as held."""


def default_log_dir() -> Path:
    """Where runs go without ``--log_dir``: ``$TRAINPAD_DIR``, or the user's data directory.

    Raises:
        RunError: this process has no such folder.
    """
    return runs_dir()


def log_dir_from(given: Path | None) -> Path:
    """The folder of runs, absolute: `given` by ``--log_dir``, or the default.

    Raises:
        RunError: this process has no such folder.
    """
    return absolute(given) if given else default_log_dir()


def listed_log_dir(given: Path | None) -> Path:
    """The folder of runs as `log_dir_from`, for a command that lists what is in it.

    Raises:
        RunError: it is no folder, `given` does not exist, or this process has none.
    """
    folder = log_dir_from(given)
    if given and not os.path.lexists(folder):
        raise RunError(f"{folder} does not exist; give the folder of the runs with --log_dir")
    if os.path.lexists(folder) and not is_dir(folder):
        raise RunError(f"{folder} is not a folder; give the folder of the runs with --log_dir")
    return folder


def optional_log_dir(given: Path | None) -> Path:
    """The folder of runs as `log_dir_from`, or one that cannot exist, where none may be needed."""
    try:
        return log_dir_from(given)
    except RunError:
        return NOWHERE


@dataclass(frozen=True, slots=True)
class RunDir:
    """The paths of one run."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name, which is its folder's."""
        return self.path.name

    @property
    def events(self) -> Path:
        """The recorded events, one JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def losses(self) -> Path:
        """The loss of every step, little-endian float32, step i at byte 4 i."""
        return self.path / "loss.f32"

    @property
    def steps_recorded(self) -> int:
        """How many steps have a loss; at most `MAX_STEPS`, which a sparse file may exceed."""
        return min(size_of(self.losses) // 4, MAX_STEPS)

    @property
    def clock(self) -> Path:
        """Pairs of little-endian float64, steps done and Unix time; about one a second."""
        return self.path / "clock.f64"

    @property
    def metrics(self) -> Path:
        """The numbers of an attached run, one JSON object a line."""
        return self.path / "metrics.jsonl"

    @property
    def log(self) -> Path:
        """The output of TensorFlow and Python."""
        return self.path / "run.log"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    def info(self) -> dict[str, Any]:
        """The contents of `run.json`, not validated.

        Raises:
            RunError: this is not a run directory of trainpad, or the file is damaged.
        """
        try:
            values = json.loads(read_plain(self.path / RUN_FILE, LIMIT))
        except FileNotFoundError as error:
            message = f"{self.path} is not a trainpad run: {RUN_FILE} is missing"
            raise RunError(message) from error
        except OSError as error:
            raise RunError(f"{self.path} cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise RunError(f"{self.path / RUN_FILE} is damaged") from error
        if not isinstance(values, dict):
            raise RunError(f"{self.path / RUN_FILE} is damaged")
        return values

    @contextmanager
    def writer_lock(self) -> Iterator[int]:
        """Be the run's only writer, and write host and process to the file `lock`.

        Yields the file descriptor of `lock`; its modification time is the heartbeat.

        Raises:
            RunError: another process is writing this run, or the directory cannot be written.
        """
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        content = json.dumps(owner).encode()
        with self.exclusive() as descriptor:
            try:
                os.pwrite(descriptor, content, 0)
                os.ftruncate(descriptor, len(content))
            except OSError as error:
                raise RunError(f"{self.path} cannot be written: {error.strerror}") from error
            yield descriptor

    @contextmanager
    def exclusive(self) -> Iterator[int]:
        """Keep all writers away from the run; the lock ends with the process, even if it is killed.

        Raises:
            RunError: another process is writing this run, or the directory cannot be written.
        """
        try:
            if not is_mine(self.path.stat().st_uid, self.path):
                raise RunError(
                    f"{self.path} belongs to another user; --branch starts a run of your own"
                )
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self.path / "lock", flags, 0o600)
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from error
        try:
            self._lock(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        """Take the lock; retries, since a viewer that checks it holds it for a moment."""
        try:
            is_held = lock(descriptor, attempts=LOCK_ATTEMPTS, wait=LOCK_RETRY_DELAY)
        except OSError as error:
            raise RunError(
                f"{self.path} cannot be locked: {error.strerror}; "
                "choose a folder on another file system with --log_dir"
            ) from error
        if not is_held:
            raise RunError(
                f"another process is training {self.name}; `trainpad open {self.quoted}`"
            )

    @property
    def quoted(self) -> str:
        """The run's name or path, quoted for a shell."""
        with suppress(RunError):
            if default_log_dir() in self.path.parents[:2]:
                return shlex.quote(self.name)
        return shlex.quote(str(self.path))


def create_run(log_dir: Path, network: str, info: dict[str, Any]) -> RunDir:
    """Create the directory of a new run below `log_dir` and write its `run.json`.

    Raises:
        RunError: it cannot be created; nothing is left behind.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    head = {"created": time.time(), "host": socket.gethostname()}

    def content(name: str) -> bytes:
        return json.dumps({"name": name, **head, **info}, indent=1).encode()

    try:
        log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = make_folder(log_dir, f"{stamp}-{network}", RUN_FILE, content)
    except OSError as error:
        raise RunError(
            f"no run can be created in {log_dir}: {error.strerror}; "
            "choose another folder with --log_dir"
        ) from error
    return RunDir(path)


def list_runs(log_dir: Path) -> list[RunDir]:
    """The runs below `log_dir` and below its projects' folders, oldest first."""
    return [RunDir(path) for path in sorted(run_folders(log_dir), key=attrgetter("name"))]


def run_folders(folder: Path, *, depth: int = 1) -> Iterator[Path]:
    """Yield the folders of runs below `folder`, and below its own folders that are no runs."""
    try:
        with os.scandir(folder) as found:
            paths = [entry.path for entry in found if not entry.name.startswith(".")]
    except OSError:
        return
    for path in paths:
        if os.path.isfile(f"{path}/{RUN_FILE}"):  # noqa: PTH113 - there may be thousands
            yield Path(path)
        elif depth:
            yield from run_folders(Path(path), depth=depth - 1)
