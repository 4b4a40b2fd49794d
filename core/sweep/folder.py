"""The folder of a study: what it is, its trials' runs, and which processes run them.

```
study.json      what is varied, the goal, and what is run: written once
journal.log     Optuna's journal: every trial and its values
control.json    what was requested of the study while it runs
study.lock      locked while a trial is begun or the journal is written
workers/        a locked file for each process that runs trials
trials/0007/    the run directories of trial 7
```
Several processes may share the folder, on several machines too.
"""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from core.rundir.rundir import RunDir, list_runs, log_dir_from
from core.sweep.goal import Goal
from core.sweep.space import Space, parse_dimension
from trainpad.errors import RunError, UserError
from trainpad.files import modified_at, read_plain, write_atomic
from trainpad.lock import is_locked, lock
from trainpad.place import absolute

STUDY_FILE: Final = "study.json"
STUDIES: Final = "studies"
"""The folder of studies, in the folder of runs."""
LIMIT: Final = 1 << 20
"""Bytes; a longer `study.json` is refused."""
SAMPLERS, PRUNERS = ("tpe", "random", "grid"), ("median", "hyperband", "none")
REMOTE_TIMEOUT: Final = 60.0
"""Seconds without a heartbeat until a process of another host counts as gone."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a study is; the same for everybody who works on it."""

    space: Space
    goal: Goal
    fixed: Sequence[str] = ()
    """The flags that are the same in every trial."""
    program: Sequence[str] = ()
    """The command line with ``{name}`` for each value; empty for a network of trainpad."""
    sampler: str = "tpe"
    pruner: str = "median"
    seeds: int = 1
    """How many runs a trial has, each with another seed."""
    seed: int = 0
    """The seed of the sampler and of the first run of a trial."""
    trials: int = 40
    """How many trials there shall be, unless something else is said later."""

    def as_dict(self) -> dict[str, Any]:
        """The content of `study.json`."""
        return {
            "space": {name: one.text for name, one in self.space.dimensions.items()},
            "goal": self.goal.metric,
            "direction": self.goal.direction,
            "fixed": list(self.fixed),
            "program": list(self.program),
            "sampler": self.sampler,
            "pruner": self.pruner,
            "seeds": self.seeds,
            "seed": self.seed,
            "trials": self.trials,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Description":
        """The description in the content of `study.json`.

        Raises:
            UserError: a value is not one that a study can have.
        """
        try:
            dimensions = {
                name: parse_dimension(name, text) for name, text in values["space"].items()
            }
            sampler, pruner = SAMPLERS.index(values["sampler"]), PRUNERS.index(values["pruner"])
            return cls(
                Space(dimensions),
                Goal(str(values["goal"]), values["direction"] == "maximize"),
                [str(one) for one in values["fixed"]],
                [str(one) for one in values["program"]],
                SAMPLERS[sampler],
                PRUNERS[pruner],
                max(1, int(values["seeds"])),
                int(values["seed"]),
                max(1, int(values.get("trials", 40))),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"{STUDY_FILE} is damaged") from error


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """The paths of one study."""

    path: Path

    @property
    def journal(self) -> Path:
        """Optuna's journal."""
        return self.path / "journal.log"

    @property
    def trials(self) -> Path:
        """The folder of the trials' folders."""
        return self.path / "trials"

    @property
    def workers(self) -> Path:
        """The folder of the files that show which processes run trials."""
        return self.path / "workers"

    def live_workers(self) -> list[Path]:
        """The files of the processes that run trials, on this machine or another one."""
        try:
            return [path for path in self.workers.iterdir() if _is_alive(path)]
        except OSError:
            return []

    def is_live(self) -> bool:
        """Whether a process runs trials."""
        return bool(self.live_workers())

    def trial(self, number: int) -> Path:
        """The folder of one trial's runs."""
        return self.trials / f"{number:04d}"

    def runs(self, number: int) -> list[RunDir]:
        """The runs of one trial, oldest first."""
        return list_runs(self.trial(number))

    def is_study(self) -> bool:
        """Whether there is a study here."""
        return (self.path / STUDY_FILE).is_file()

    def description(self) -> Description:
        """What the study is.

        Raises:
            UserError: it is no study, or its description is damaged.
        """
        try:
            values = json.loads(read_plain(self.path / STUDY_FILE, LIMIT))
        except FileNotFoundError as error:
            raise RunError(f"{self.path} is not a study: {STUDY_FILE} is missing") from error
        except OSError as error:
            raise RunError(f"{self.path} cannot be read: {error.strerror or error}") from error
        except (ValueError, RecursionError) as error:
            raise RunError(f"{self.path / STUDY_FILE} is damaged") from error
        if not isinstance(values, dict):
            raise RunError(f"{self.path / STUDY_FILE} is damaged")
        return Description.from_dict(values)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the other processes of this study waiting; it ends with this process, too.

        Raises:
            RunError: the folder cannot be written or locked.
        """
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self.path / "study.lock", flags, 0o600)
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from error
        try:
            if not lock(descriptor, attempts=3000, wait=0.02):
                raise RunError(f"{self.path}: another process has kept study.lock for a minute")
            yield
        except OSError as error:
            raise RunError(f"{self.path} cannot be used: {error.strerror or error}") from error
        finally:
            os.close(descriptor)


def create_study(path: Path, description: Description) -> StudyFolder:
    """Create a study in a folder; where another process was faster, it stays as that made it.

    Raises:
        RunError: it cannot be created, or something else is in the folder.
    """
    folder = StudyFolder(path)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with folder.locked():
            if not folder.is_study():
                write_atomic(
                    path / STUDY_FILE, json.dumps(description.as_dict(), indent=1).encode()
                )
    except OSError as error:
        raise RunError(f"no study can be created at {path}: {error.strerror}") from error
    return folder


def studies_dir() -> Path:
    """Where studies go without ``--study``: `studies` in the folder of runs.

    Raises:
        RunError: this process has no such folder.
    """
    return log_dir_from(None) / STUDIES


def newest_study() -> StudyFolder:
    """The study that was begun last, of those without ``--study``.

    Raises:
        RunError: there is none.
    """
    folder = studies_dir()
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [StudyFolder(path) for path in paths if StudyFolder(path).is_study()]
    if not found:
        raise RunError(f"there is no study in {folder}; give its folder")
    return found[-1]


def find_study(named: str) -> StudyFolder | None:
    """The study with this path, or with this name in the folder of studies; None without one."""
    if not named:
        return None
    folder = StudyFolder(absolute(Path(named)))
    if folder.is_study():
        return folder
    with suppress(RunError):
        folder = StudyFolder(studies_dir() / Path(named).name)
    return folder if folder.is_study() and "/" not in named else None


@dataclass(slots=True)
class Worker:
    """This process among those that run a study's trials; a locked file shows that it lives."""

    folder: StudyFolder
    name: str = field(
        default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}-{time.time_ns()}"
    )
    _descriptor: int = -1

    def __enter__(self) -> Self:
        """Create and lock the file."""
        path = self._path(self.name)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            lock(self._descriptor, attempts=1, wait=0)
        except OSError as error:
            raise RunError(f"{path.parent} cannot be written: {error.strerror}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Unlock and delete the file."""
        with suppress(OSError):
            self._path(self.name).unlink()
        with suppress(OSError):
            os.close(self._descriptor)

    def beat(self) -> None:
        """Show other machines that this process lives; to be called every few seconds."""
        with suppress(OSError):
            os.utime(self._descriptor)

    def is_alive(self, name: str) -> bool:
        """Whether the process with this name still runs trials."""
        return name == self.name or (bool(name) and _is_alive(self._path(name)))

    def _path(self, name: str) -> Path:
        return self.folder.workers / Path(name).name


def _is_alive(path: Path) -> bool:
    """Whether the process that has made this file of `workers` still runs."""
    has_beaten = time.time() - modified_at(path) < REMOTE_TIMEOUT
    if not path.name.startswith(f"{socket.gethostname()}-"):
        return has_beaten
    return is_locked(path, without_locks=has_beaten)
