"""What the supervisor of a program records, until the program does that itself.

A program that calls `trainpad.init` becomes the one writer of the run's numbers and events, for
which it keeps `writer.lock` locked. The supervisor takes that lock for each of its own writes:
where it cannot, the program has it. When the program has ended, the lock is free, and the
supervisor records how it ended.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from trainpad import place
from trainpad.append import Appender
from trainpad.files import RUN_FILE
from trainpad.lines import NumberLines, event_line
from trainpad.lock import lock, open_lock, unlock
from trainpad.supervised import ADOPTED, CONTINUES, WRITER_LOCK
from trainpad.text import sanitize

MAX_WAITING: Final = 16 * 1024 * 1024
"""Bytes that wait for a disk that is full; beyond that numbers are lost."""
MAX_NAMES: Final = 1000
"""How many different names of numbers are recorded; a line of text may hold any word."""
END_ATTEMPTS, END_WAIT = 100, 0.02
"""How often, and every how many seconds, the lock is tried after the program has ended."""


class ProgramRecord:
    """Writes numbers and events of a program that does not write them itself."""

    def __init__(self, path: Path, say: Callable[[str], object]) -> None:
        """Continue the files of a run directory.

        Args:
            path: The run directory.
            say: Called with one sentence about each problem.

        Raises:
            OSError: a file cannot be read.
        """
        self.path = path
        self.is_adopted = False
        """Whether the program records its run itself."""
        self.earlier: Path | None = None
        """The earlier run in which the program goes on."""
        self.step = 0
        """How many steps are done, for events."""
        self._say = say
        self._lines = NumberLines(lambda _name, _reason: None)
        self._metrics = Appender(path / "metrics.jsonl")
        self._events = Appender(path / "events.jsonl")
        self._waiting: list[bytes] = []
        """Events that wait for the program's end, since it has the file."""
        self._lock = open_lock(path / WRITER_LOCK)
        self._stamp = self._info_stamp()
        self._disk_error = ""
        self._names: set[str] = set()
        self._has_left_out = False

    @property
    def last(self) -> Mapping[str, float | int]:
        """The newest value of each name that was found."""
        return self._lines.last

    def say_unwritten(self, printed: int) -> None:
        """Say how many bytes are missing in the run: those `printed`, numbers and events."""
        count = printed + len(self._metrics.waiting) + len(self._events.waiting)
        count += sum(map(len, self._waiting))
        if count and self.path.is_dir():
            self._say(f"{self.path} is not complete: {count:,} bytes could not be written")

    def log(self, step: int, values: Mapping[str, Any]) -> None:
        """Record numbers at the next `flush`, unless the program does that itself."""
        self.step = max(self.step, step + 1)
        if not self.is_adopted and len(self._metrics.waiting) < MAX_WAITING:
            known = {name: value for name, value in values.items() if self._is_known(name)}
            self._metrics.add(self._lines.encode(step, time.time(), known).encode())

    def _is_known(self, name: str) -> bool:
        """Whether a name was there before, or is one of the first `MAX_NAMES`."""
        if name in self._names or len(self._names) < MAX_NAMES:
            self._names.add(name)
            return True
        if not self._has_left_out:
            self._has_left_out = True
            text = f"more than {MAX_NAMES:,} names of numbers: others are left out, such as {name}"
            self.event("warned", text=sanitize(text, limit=200))
        return False

    def event(self, event: str, **fields: Any) -> None:
        """Record an event at the next `flush`; at the end, where the program records itself."""
        self._waiting.append(event_line(event, {"step": self.step, **fields}))

    def warn(self, text: str) -> None:
        """Record a warning, and say it to who waits for the program."""
        self.event("warned", text=text)
        self._say(text)

    def flush(self, *, at_end: bool = False) -> None:
        """Write what was added; `at_end` means that the program has ended."""
        with self._locked(END_ATTEMPTS if at_end else 1) as is_mine:
            if is_mine and (at_end or not self._was_adopted()):
                self._was_adopted()
                self._write(at_end=at_end)
            elif at_end:
                self._say(f"{self.path} is still written by another process: its end is missing")
            else:
                self._adopt()

    def set_info(self, **values: Any) -> None:
        """Set entries of `run.json`, unless the program writes it."""
        with self._locked(1) as is_mine, suppress(OSError):
            if is_mine and not self._was_adopted():
                place.write_info(self.path, {**place.read_info(self.path), **values})
                self._stamp = self._info_stamp()

    def close(self) -> None:
        """Close the lock's file."""
        os.close(self._lock)

    @contextmanager
    def _locked(self, attempts: int) -> Iterator[bool]:
        """Whether this process may write within the block."""
        is_mine = True
        with suppress(OSError):  # without locks only `run.json` tells that the program writes
            is_mine = lock(self._lock, attempts=attempts, wait=END_WAIT)
        try:
            yield is_mine
        finally:
            if is_mine:
                with suppress(OSError):
                    unlock(self._lock)

    def _was_adopted(self) -> bool:
        if not self.is_adopted and self._info_stamp() != self._stamp:
            self._stamp = self._info_stamp()
            info = place.read_info(self.path)
            if ADOPTED in info or CONTINUES in info:
                self._adopt()
            if CONTINUES in info:
                self.earlier = Path(str(info[CONTINUES]))
        return self.is_adopted

    def _adopt(self) -> None:
        """Leave the files to the program; what was not written by now is from before it began."""
        if not self.is_adopted:
            self.is_adopted = True
            self._metrics.waiting.clear()
            self._waiting.clear()

    def _write(self, *, at_end: bool) -> None:
        try:
            if self.is_adopted:  # the program wrote more since
                self._events = Appender(self._events.path)
            self._write_numbers(goes_on=at_end)
            for line in self._waiting:
                self._events.add(line)
            self._waiting.clear()
            self._events.flush()
            if self._metrics.waiting:
                return
        except OSError as error:
            if not self._disk_error:
                self._disk_error = error.strerror or str(error)
                self._say(f"{self.path} cannot be written: {self._disk_error}")
            return
        if self._disk_error:
            text, self._disk_error = self._disk_error, ""
            self.event("warned", text=f"the run can be written again after: {text}")

    def _write_numbers(self, *, goes_on: bool) -> None:
        """Write the numbers; where that fails and it `goes_on`, events may still have room.

        Raises:
            OSError: as the system says.
        """
        try:
            if not self.is_adopted:
                self._metrics.flush()
        except OSError:
            if not goes_on:
                raise

    def _info_stamp(self) -> tuple[int, int]:
        try:
            about = (self.path / RUN_FILE).stat()
        except OSError:
            return 0, 0
        return about.st_ino, about.st_mtime_ns
