"""The last lines that a program printed, from the growing file `run.log`.

The program may have printed for a terminal: a carriage return begins the line again, as progress
bars do, and escape sequences colour it. What is returned are plain printable lines.
"""

import codecs
import re
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

from trainpad.files import open_plain, size_of
from trainpad.text import sanitize

TAIL_BYTES: Final = 512 * 1024
"""How much is read of the end of the file at first, and at most in one poll."""
MAX_LINES: Final = 5000
MAX_LINE: Final = 2000
"""Characters of a line that are kept."""
SEQUENCES: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, clipboard
    r"|\x1b[ -/]*[0-~]"
    r"|\x08"  # progress bars go back with these before their carriage return
)
"""What a terminal would not show as text."""


class OutputTail:
    """The end of a file of printed lines, read as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = -1
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines: deque[str] = deque(maxlen=MAX_LINES)
        self._rest = ""
        """What was printed after the last line break."""

    def poll(self) -> list[str]:
        """The last lines by now, without trailing blank ones."""
        size = size_of(self._path)
        if self._offset < 0 or size < self._offset or size - self._offset > TAIL_BYTES:
            self._begin(size)
        if size > self._offset:
            self._add(self._read(size - self._offset))
        last = _shown(self._rest)
        return [*self._lines, last] if last else [*self._lines]

    def _begin(self, size: int) -> None:
        """Begin near the end of the file; the first line there may be half a line."""
        self._offset = max(0, size - TAIL_BYTES)
        self._lines.clear()
        self._decoder.reset()
        self._rest = ""

    def _read(self, size: int) -> bytes:
        content = b""
        with suppress(OSError), open_plain(self._path) as file:
            file.seek(self._offset)
            content = file.read(size)
        self._offset += len(content)
        return content

    def _add(self, content: bytes) -> None:
        *lines, rest = (self._rest + self._decoder.decode(content)).split("\n")
        self._lines.extend(_shown(line) for line in lines)
        self._rest = rest if len(rest) < 50 * MAX_LINE else _shown(rest)


def _shown(line: str) -> str:
    """What a terminal shows of a line in the end: what follows its last carriage return."""
    parts = SEQUENCES.sub("", line).rstrip("\r").split("\r")
    text = next((part for part in reversed(parts) if part.strip()), "")
    return sanitize(text.rstrip(), limit=MAX_LINE)
