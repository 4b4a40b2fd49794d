"""Poll folders of event files; yield what is new in batches at fixed time intervals.

Polling size, mtime and inode works on every file system, including network ones, and takes about
3 ms for 1,000 runs. A folder with event files is a run. Its files are read in the order of their
names, which start with their creation time, so that the points of a restarted run come last.
Nothing here starts a thread: `Logdir.poll` is a generator, and its caller decides when to stop.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.tfevents.items import Item
from core.tfevents.reader import EventFile
from core.tfevents.records import ReplacedError
from core.tfevents.search import Folder, roots_of, search
from trainpad.text import sanitize

FIRST_BATCH_INTERVAL: Final = 0.05
BATCH_INTERVAL: Final = 0.25
"""Seconds of reading between two batches; the first batch comes sooner."""
SEARCH_PAUSE_FACTOR: Final = 20
"""Pause between two searches, as a multiple of the time that the last one took.

There may be many folders, on a slow file system.
"""


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
    """Number of tags of each TensorBoard plugin whose values are not decoded."""


@dataclass(frozen=True, slots=True, eq=False)
class RunChange:
    """What changed in one run since the last batch."""

    run: str
    reset: bool
    """Whether to discard the run before folding the items: its files were replaced."""
    items: tuple[Item, ...]
    status: FolderStatus


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """A batch of changes (possibly none), and how much has been read."""

    changes: tuple[RunChange, ...]
    read_bytes: int
    total_bytes: int
    caught_up: bool
    """Whether all existing data has been read."""


class _RunFolder:
    """The event files of one folder, read in the order of their names."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.files: dict[str, EventFile] = {}
        self._unread: list[EventFile] = []
        self._items: list[Item] = []
        self._reset = False
        self._last_status: FolderStatus | None = None

    def add(self, names: Iterable[str]) -> bool:
        """Add the files of these names; return False if all of them were known."""
        new = [name for name in names if name not in self.files]
        self.files |= {name: EventFile(self.folder / name) for name in new}
        self.files = dict(sorted(self.files.items()))
        return bool(new)

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
        self.files = {name: EventFile(file.path) for name, file in there.items()}
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
                f"{sanitize(name)}: {file.problem}"
                for name, file in self.files.items()
                if file.problem
            ),
            fault=next((file.fault for file in files if file.fault), ""),
            undrawn=sum((file.undrawn for file in files), Counter()),
        )


class Logdir:
    """Event files below several roots.

    Args:
        paths: Folders or event files.
        clock: Monotonic seconds; they pace the batches.

    Raises:
        UserError: A path does not exist or is a URL; the message says what to do.
    """

    def __init__(
        self, paths: Iterable[str | Path], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.roots = roots_of(paths)
        self._clock = clock
        self._runs: dict[Path, _RunFolder] = {}
        self._names: set[str] = set()
        self._next_search = -math.inf
        self._batch_interval = FIRST_BATCH_INTERVAL

    def poll(self) -> Iterator[Update]:
        """Yield everything that is new, in batches; the last one has `caught_up` set."""
        due = self._clock() + self._batch_interval
        for _ in self._work():
            if self._clock() >= due:
                yield self._batch(caught_up=False)
                self._batch_interval = BATCH_INTERVAL
                due = self._clock() + self._batch_interval
        yield self._batch(caught_up=True)

    def _work(self) -> Iterator[None]:
        """Search and read one chunk at a time; runs take turns, so all charts fill together."""
        busy = [run for run in self._runs.values() if run.has_news()]
        searching = self._search() if self._clock() >= self._next_search else iter(())
        more = True
        while busy or more:
            found = next(searching, None)
            more = found is not None
            reading = dict.fromkeys([*busy, *(run for run in found or () if run.has_news())])
            busy = []
            for run in reading:
                if run.read():
                    busy.append(run)
                yield

    def _search(self) -> Iterator[list[_RunFolder]]:
        """Yield the runs with new files, after every 50 ms of searching."""
        spent, start, found = 0.0, self._clock(), list[_RunFolder]()
        for folder in search(self.roots):
            if folder.file_names and (run := self._run_folder(folder)).add(folder.file_names):
                found.append(run)
            if self._clock() - start >= FIRST_BATCH_INTERVAL:
                spent += self._clock() - start
                yield found
                start, found = self._clock(), []
        spent += self._clock() - start
        self._next_search = self._clock() + SEARCH_PAUSE_FACTOR * spent
        yield found

    def _run_folder(self, folder: Folder) -> _RunFolder:
        run = self._runs.get(folder.path)
        if run is None:
            name = self._unique_name(folder.root.name_of(folder.path))
            run = self._runs[folder.path] = _RunFolder(name, folder.path)
        return run

    def _unique_name(self, name: str) -> str:
        """Return `name`, with a number appended if sanitizing made two names equal."""
        number, unused = 1, name
        while unused in self._names:
            number += 1
            unused = f"{name} ({number})"
        self._names.add(unused)
        return unused

    def _batch(self, *, caught_up: bool) -> Update:
        files = [file for run in self._runs.values() for file in run.files.values()]
        return Update(
            changes=tuple(change for run in self._runs.values() if (change := run.take())),
            read_bytes=sum(file.offset for file in files),
            total_bytes=sum(file.size for file in files),
            caught_up=caught_up,
        )


def poll_forever(
    paths: Iterable[str | Path],
    *,
    interval: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[Update]:
    """Poll every `interval` seconds, forever; each poll ends with an update, possibly empty.

    A thread that can be stopped passes the ``wait`` of its `threading.Event` as `sleep`, and
    checks the event after each update.
    """
    logdir = Logdir(paths, clock=clock)
    while True:
        yield from logdir.poll()
        sleep(interval)
