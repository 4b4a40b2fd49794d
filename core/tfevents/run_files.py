"""The files of one run and what is new in them: event files of a folder, or one other file.

A folder with event files is a run. They are read in the order of their names, which start with
their creation time, so that the points of a restarted run come last. A file of another format is a
run of its own, since a folder may hold the tables of several.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.tfevents.items import Item
from core.tfevents.reader import EventFile
from core.tfevents.records import ReplacedError
from trainpad.text import sanitize


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """The state of the event files of one run."""

    folder: Path
    files: int
    last_wall_time: float | None
    """Wall time of the last record, in seconds since 1970, by the writer's clock."""
    skipped: int
    """Number of records and values that could not be decoded, or were too large."""
    problems: tuple[str, ...]
    """One sentence for each file of which something cannot be read."""
    fault: str
    """The kind of the first problem: ``gone``, ``unread``, ``damaged``, or empty."""
    undrawn: Mapping[str, int]
    """Number of tags of each TensorBoard plugin that are not decoded."""


@dataclass(frozen=True, slots=True, eq=False)
class RunChange:
    """What changed in one run since the last batch."""

    run: str
    reset: bool
    """Whether to discard the run before folding the items: its files were replaced."""
    items: tuple[Item, ...]
    status: FolderStatus


class WatchedFile(Protocol):
    """A growing file, of whichever format."""

    path: Path
    size: int
    gone: bool

    @property
    def offset(self) -> int:
        """Bytes read so far."""

    @property
    def skipped(self) -> int:
        """Number of records and values that could not be read."""

    @property
    def undrawn(self) -> Counter[str]:
        """Number of tags of each kind of values that are not drawn."""

    @property
    def last_wall_time(self) -> float:
        """Time of the last record, in seconds since 1970; NaN if unknown."""

    @property
    def problem(self) -> str:
        """Why some of the file cannot be read, as a sentence; or empty."""

    @property
    def fault(self) -> str:
        """The kind of that problem: ``gone``, ``unread``, ``damaged``, or empty."""

    def has_news(self) -> bool:
        """Return whether there may be something to read."""

    def read(self) -> bool:
        """Read the next chunk; return False if there is none."""

    def take(self) -> list[Item]:
        """Return the items since the last call."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of another format than that of event files."""

    run: Path
    """The path that the run is named after: the file's own, unless several are of one run."""
    rank: float
    """Of the files of one run, the one of the highest rank is read; it has all points."""
    open: Callable[[Path], WatchedFile]


class OtherFiles(Protocol):
    """What finds files of other formats."""

    def find(self, path: Path) -> FoundFile | None:
        """Return what a file is; None where it is of no format."""


class RunFiles:
    """The files of one run, by their names; they are read in this order."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.files: dict[str, WatchedFile] = {}
        self._unread: list[WatchedFile] = []
        self._items: list[Item] = []
        self._reset = False
        self._last_status: FolderStatus | None = None

    def open_file(self, path: Path) -> WatchedFile:
        """Return a new reader for a file of this run."""
        raise NotImplementedError

    def has_news(self) -> bool:
        """Return whether any file has unread data."""
        files = self.files.values()
        self._unread = [file for file in files if file in self._unread or file.has_news()]
        gone = sum(file.gone for file in files)
        if 0 < gone < len(files):  # the folder was cleared, and a new writer is at work in it
            self._start_over()
        return bool(self._unread)

    def read(self) -> bool:
        """Read a chunk of the first file with unread data; return False if there is none."""
        while self._unread:
            try:
                if self._unread[0].read():
                    return True
            except ReplacedError:
                self._start_over()
                return True
            self._items += self._unread.pop(0).take()
        return False

    def take(self) -> RunChange | None:
        """Return what is new since the last call, or None."""
        if self._unread:
            self._items += self._unread[0].take()
        status = self._status()
        if not self._items and not self._reset and status == self._last_status:
            return None
        change = RunChange(self.name, self._reset, tuple(self._items), status)
        self._items, self._reset, self._last_status = [], False, status
        return change

    def _start_over(self) -> None:
        """Read all existing files again: items are not stored by file, so all must be replaced."""
        there = {name: file for name, file in self.files.items() if not file.gone} or self.files
        self.files = {name: self.open_file(file.path) for name, file in there.items()}
        self._items, self._unread, self._reset = [], [], True
        self.has_news()

    def _status(self) -> FolderStatus:
        files = self.files.values()
        times = [file.last_wall_time for file in files if math.isfinite(file.last_wall_time)]
        return FolderStatus(
            folder=self.folder,
            files=len(files),
            last_wall_time=max(times, default=None),
            skipped=sum(file.skipped for file in files),
            problems=tuple(
                self._named(name, file.problem) for name, file in self.files.items() if file.problem
            ),
            fault=next((file.fault for file in files if file.fault), ""),
            undrawn=sum((file.undrawn for file in files), Counter()),
        )

    def _named(self, name: str, problem: str) -> str:
        """Return the problem of the file with this name, as it is said beside the run's name."""
        return f"{sanitize(name)}: {problem}"


class EventFolder(RunFiles):
    """The event files of one folder."""

    def open_file(self, path: Path) -> WatchedFile:
        """Return a new reader for an event file."""
        return EventFile(path)

    def add(self, names: Iterable[str]) -> bool:
        """Add the files of these names; return False if all of them were known."""
        new = [name for name in names if name not in self.files]
        self.files |= {name: EventFile(self.folder / name) for name in new}
        self.files = dict(sorted(self.files.items()))
        return bool(new)


class SingleFile(RunFiles):
    """One file of another format: of those that are of this run, the one of the highest rank."""

    def __init__(self, name: str, folder: Path, opener: Callable[[Path], WatchedFile]) -> None:
        super().__init__(name, folder)
        self._rank = -math.inf
        self._open = opener

    def open_file(self, path: Path) -> WatchedFile:
        """Return a new reader for a file of this format."""
        return self._open(path)

    def offer(self, path: Path, found: FoundFile) -> bool:
        """Read this file where its rank is the highest; return whether it is another one."""
        present = next(iter(self.files.values()), None)
        if present is not None and (present.path == path or not self._is_better(present, found)):
            return False
        self._reset = present is not None
        self._rank = found.rank
        self.files, self._items, self._unread = {path.name: self._open(path)}, [], []
        return True

    def _named(self, name: str, problem: str) -> str:  # noqa: ARG002 - the run is called after it
        """Return the problem as it is."""
        return problem

    def _is_better(self, present: WatchedFile, found: FoundFile) -> bool:
        return present.gone or found.rank > self._rank
