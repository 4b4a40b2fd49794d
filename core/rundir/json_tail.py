"""The JSON objects of a growing file, one a line, as they are in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from trainpad.files import open_plain, size_of

MAX_BYTES: Final = 4 * 1024 * 1024
"""How much is read in one poll; a longer line is no object."""
TAIL_BYTES: Final = 256 * 1024
"""How much is read of the end of a file at first."""


class JsonTail:
    """The objects that are appended to a file; a torn last line waits for its rest."""

    def __init__(self, path: Path, last: int | None = None) -> None:
        """Begin at the start; or with the lines of the `last` bytes, of which 0 are the end."""
        self._path = path
        self._offset = 0 if last is None else max(0, size_of(path) - last)
        if self._offset and last:
            self._skip_line()

    def poll(self) -> list[Mapping[str, Any]]:
        """Return the objects of the whole lines that are new; others are left out."""
        *lines, rest = self._read().split(b"\n")
        self._offset += sum(len(line) + 1 for line in lines)
        if len(rest) >= MAX_BYTES:
            self._offset += len(rest)
        return [found for found in map(_parse, lines) if found]

    def _skip_line(self) -> None:
        content = self._read()
        self._offset += content.find(b"\n") + 1 or len(content)

    def _read(self) -> bytes:
        size = size_of(self._path)
        if size < self._offset:  # a torn line was cut off, or the file was replaced
            self._offset = size
        if size == self._offset:
            return b""
        try:
            with open_plain(self._path) as file:
                file.seek(self._offset)
                return file.read(MAX_BYTES)
        except OSError:
            return b""


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
