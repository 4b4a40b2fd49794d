"""Poll folders of event files; yield what is new in batches at fixed time intervals.

Polling size, mtime and inode works on every file system, including network ones, and takes about
3 ms for 1,000 runs. Nothing here starts a thread: `Logdir.poll` is a generator, and its caller
decides when to stop.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.tfevents.run_files import EventFolder, OtherFiles, RunChange, RunFiles, SingleFile
from core.tfevents.search import Folder, roots_of, search
from trainpad.files import size_of

FIRST_BATCH_INTERVAL: Final = 0.05
BATCH_INTERVAL: Final = 0.25
"""Seconds of reading between two batches; the first batch comes sooner."""
SEARCH_PAUSE_FACTOR: Final = 20
"""Pause between two searches, as a multiple of the time that the last one took.

There may be many folders, on a slow file system.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """A batch of changes (possibly none), and how much has been read."""

    changes: tuple[RunChange, ...]
    read_bytes: int
    total_bytes: int
    caught_up: bool
    """Whether all existing data has been read."""


class Logdir:
    """The files below several roots: event files, and those of other formats where requested.

    Args:
        paths: Folders or files.
        others: What finds and opens files of other formats; by default only event files are read.
        clock: Monotonic seconds; they pace the batches.

    Raises:
        UserError: A path does not exist or is a URL; the message says what to do.
    """

    def __init__(
        self,
        paths: Iterable[str | Path],
        *,
        others: OtherFiles | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.roots = roots_of(paths)
        self._others = others
        self._clock = clock
        self._runs: dict[Path, RunFiles] = {}
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

    def _search(self) -> Iterator[list[RunFiles]]:
        """Yield the runs with new files, after every 50 ms of searching."""
        spent, start, found = 0.0, self._clock(), list[RunFiles]()
        for run in self._found():
            if run is not None:
                found.append(run)
            if self._clock() - start >= FIRST_BATCH_INTERVAL:
                spent += self._clock() - start
                yield found
                start, found = self._clock(), []
        spent += self._clock() - start
        self._next_search = self._clock() + SEARCH_PAUSE_FACTOR * spent
        yield found

    def _found(self) -> Iterator[RunFiles | None]:
        """Yield for each folder and each file of another format: its run, where a file is new."""
        for folder in search(self.roots, every_file=self._others is not None):
            yield self._event_folder(folder, folder.file_names)
            for name in folder.other_names:
                yield self._other_file(folder, folder.path / name)

    def _other_file(self, folder: Folder, path: Path) -> RunFiles | None:
        """Return the run of a file of another format, where the file is new."""
        found = self._others.find(path) if self._others is not None else None
        if found is None:
            # What the user named is read as an event file where it is nothing else: that says why
            # it cannot be read.
            names = (path.name,) if folder.root.is_file and size_of(path) else ()
            return self._event_folder(folder, names)
        run = self._runs.get(found.run)
        if run is None:
            name = self._unique_name(folder.root.name_of_file(found.run))
            run = self._runs[found.run] = SingleFile(name, found.run.parent, found.open)
        return run if isinstance(run, SingleFile) and run.offer(path, found) else None

    def _event_folder(self, folder: Folder, names: tuple[str, ...]) -> RunFiles | None:
        """Return the run of a folder, where event files of these names are new."""
        if not names:
            return None
        run = self._runs.get(folder.path)
        if run is None:
            name = self._unique_name(folder.root.name_of(folder.path))
            run = self._runs[folder.path] = EventFolder(name, folder.path)
        return run if isinstance(run, EventFolder) and run.add(names) else None

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
    others: OtherFiles | None = None,
    interval: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[Update]:
    """Poll every `interval` seconds, forever; each poll ends with an update, possibly empty.

    A thread that can be stopped passes the ``wait`` of its `threading.Event` as `sleep`, and
    checks the event after each update.
    """
    logdir = Logdir(paths, others=others, clock=clock)
    while True:
        yield from logdir.poll()
        sleep(interval)
