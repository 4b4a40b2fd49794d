"""Split the bytes of a growing text file into lines; longer ones than a limit are left out."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from core.foreign.collector import Collector
from core.run.reading_turns import give_way

MAX_LINE: Final = 1 << 20
"""Bytes of the longest line that is read."""
LINES_AT_ONCE: Final = 500
"""Lines that are read between two moments at which other threads have their turn: some 5 ms."""
BOM: Final = b"\xef\xbb\xbf"


class LineFormat(Collector):
    """A format of lines: the last line waits for its end."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = b""
        self._is_too_long = False
        """Whether the present line is left out until its end."""
        self._is_first = True

    @property
    def has_rest(self) -> bool:
        """Whether the bytes end with a line that is not terminated."""
        return bool(self._rest.strip())

    def feed(self, data: bytes) -> None:
        """Read the next bytes of the file."""
        if self._is_first:
            data, self._is_first = data.removeprefix(BOM), False
        *lines, rest = (self._rest + data).split(b"\n")
        if self._is_too_long and lines:
            lines, self._is_too_long = lines[1:], False
        if len(rest) > MAX_LINE or self._is_too_long:
            self.skipped += not self._is_too_long
            rest, self._is_too_long = b"", True
        self._rest = rest
        whole = [line for line in lines if len(line) <= MAX_LINE]
        self.skipped += len(lines) - len(whole)
        found = [text for line in whole if (text := line.rstrip(b"\r")).strip()]
        for number, start in enumerate(range(0, len(found), LINES_AT_ONCE)):
            if number:
                give_way()
            self.read_lines(found[start : start + LINES_AT_ONCE])

    def finish(self) -> None:
        """Read the line that is not terminated."""
        if self.has_rest:
            rest, self._rest = self._rest, b""
            self.read_lines([rest.rstrip(b"\r")])

    @abstractmethod
    def read_lines(self, lines: Sequence[bytes]) -> None:
        """Read these lines, without their ends; none is blank."""
