"""What a program prints: into `run.log` as it comes, to who waits for it, and its numbers."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from core.output.failure import PrintedFailure
from core.output.found import EpochBegins, Found
from core.output.numbers import NumberParser
from core.output.pattern import Pattern
from core.output.printed import PrintedLines
from core.program.log_file import LogFile
from core.program.record import ProgramRecord

BLOCK: Final = 1 << 16
"""Bytes that are read from the terminal at a time."""
MAX_LINES: Final = 5000
"""How many lines a second are searched for numbers; a program that prints more is not held up."""
MAX_KEPT: Final = 100
"""How many of the newest of the others are searched once the second, or the program, is over."""
TOO_MANY: Final = (
    f"the program prints more than {MAX_LINES:,} lines a second, which are not all searched for "
    "numbers: the newest are; print fewer, or use trainpad.init and run.log"
)


class Output:
    """Reads a program's terminal."""

    def __init__(
        self,
        terminal: int,
        log: Path,
        record: ProgramRecord,
        patterns: Sequence[Pattern],
        echo: Callable[[bytes], None] | None,
    ) -> None:
        """Read from a terminal.

        Args:
            terminal: The descriptor of the terminal's other end, which does not block.
            log: `run.log`.
            record: Gets the numbers.
            patterns: The user's own for them.
            echo: Gets what is printed, as it comes.
        """
        self.terminal = terminal
        self._log = LogFile(log)
        self._record = record
        self._lines = PrintedLines()
        self._parser = NumberParser(patterns)
        self._echo = echo
        self._second = 0
        self._count = 0
        self._kept: deque[str] = deque(maxlen=MAX_KEPT)
        """The newest lines that were too many in this second."""
        self._has_warned = False
        self._has_failed = False
        self.failure = PrintedFailure()
        """Why the program fails, by what it printed."""

    def read(self, now: float) -> bool:
        """Read what is there; return False at the end, where no process has the terminal."""
        try:
            content = os.read(self.terminal, BLOCK)
        except BlockingIOError:
            return True
        except OSError:  # EIO: no process has the other end
            return False
        if not content:
            return False
        self._log.write(content)
        if self._echo is not None:
            self._echo(content)
        self.catch_up(now)
        for line in self._lines.feed(content):
            self.failure.feed(line)
            if not self._record.is_adopted:
                self._search(line)
        return True

    def move_log(self, path: Path) -> None:
        """Append to the file at `path` from now on, after what was printed until now."""
        self._log = self._log.moved(path)

    @property
    def lost(self) -> int:
        """How many bytes of what was printed could not be written."""
        return self._log.lost

    def catch_up(self, now: float) -> None:
        """Search the lines that were too many, once their second is over."""
        if int(now) != self._second:
            self._second, self._count = int(now), 0
            while self._kept and not self._record.is_adopted:
                self._count += 1
                self._parse(self._kept.popleft())

    def close(self) -> None:
        """Read the last line, and close the files."""
        self.catch_up(self._second + 1)
        for line in self._lines.end():
            self.failure.feed(line)
            if not self._record.is_adopted:
                self._parse(line)
        if not self._record.is_adopted:
            self._take(self._parser.end())
        os.close(self.terminal)
        self._log.close()

    def _search(self, line: str) -> None:
        """Find the numbers of a line, at once or, where there are too many, later or never."""
        self._count += 1
        if self._count <= MAX_LINES:
            self._parse(line)
            return
        if len(self._kept) == MAX_KEPT and not self._has_warned:
            self._has_warned = True
            self._record.warn(TOO_MANY)
        self._kept.append(line)

    def _parse(self, line: str) -> None:
        self._take(self._parser.parse(line))

    def _take(self, found: Iterator[Found]) -> None:
        """Record what was found; where that fails, the program goes on without its numbers."""
        try:
            for entry in found:
                if isinstance(entry, EpochBegins):
                    self._record.event("epoch", epoch=entry.epoch, epochs=entry.epochs)
                else:
                    self.failure.goes_on()
                    self._record.log(entry.step, entry.values)
        except Exception as error:  # noqa: BLE001 - the program must not end for it
            if not self._has_failed:
                self._has_failed = True
                text = f"a line cannot be searched for numbers: {type(error).__name__}: {error}"
                self._record.event("warned", text=text)
