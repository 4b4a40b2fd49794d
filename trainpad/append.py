"""Append whole records to a file, also while the disk is full.

A record that does not fit on the disk waits in memory; half a record is cut off again, so that a
reader finds whole records and at most one torn last one after a `kill -9`.
"""

import os
from pathlib import Path

from trainpad.files import open_plain, size_of

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
_BLOCK = 1 << 16
"""Bytes that are read at a time to find the last newline."""


class Appender:
    """An append-only file that keeps what the disk refuses and never leaves half a record."""

    def __init__(self, path: Path, record: int = 0) -> None:
        """Continue the file at `path`.

        Args:
            path: The file; it is made by the first `flush`.
            record: Bytes per record; 0 for lines that end with a newline. An incomplete record at
                the end of the file, left by a writer that was killed, is cut off.
        """
        self.path = path
        self._is_lines = not record
        self.waiting = bytearray()
        """What `flush` has still to write."""
        size = size_of(path)
        self._size = size // record * record if record else _whole_lines(path, size)
        self._must_truncate = self._size < size

    def add(self, content: bytes) -> None:
        """Append `content` at the next `flush`."""
        self.waiting += content

    def flush(self) -> None:
        """Write what was added.

        Raises:
            OSError: as the system says; everything is kept for the next call.
        """
        if not self.waiting and not self._must_truncate:
            return
        descriptor = os.open(self.path, _FLAGS, 0o600)
        try:
            if self._is_lines:  # somebody may have deleted or emptied it: leave no hole
                self._size = min(self._size, os.fstat(descriptor).st_size)
            if self._must_truncate:
                os.ftruncate(descriptor, self._size)
            self._append(descriptor)
        finally:
            os.close(descriptor)

    def _append(self, descriptor: int) -> None:
        content = bytes(self.waiting)
        written = 0
        self._must_truncate = True  # until all of it is written
        try:
            while written < len(content):
                written += os.pwrite(descriptor, content[written:], self._size + written)
        except OSError:
            os.ftruncate(descriptor, self._size)
            raise
        self._must_truncate = False
        self._size += written
        self.waiting.clear()

    def truncate(self, size: int) -> int:
        """Drop everything from byte `size` on, and what was added; return the bytes that remain."""
        self.waiting.clear()
        self._must_truncate = self._must_truncate or size < self._size
        self._size = min(size, self._size)
        return self._size


def _whole_lines(path: Path, size: int) -> int:
    """Return how many bytes of the file belong to lines that end with a newline."""
    if not size:
        return 0
    with open_plain(path) as file:
        while size:
            begin = max(0, size - _BLOCK)
            file.seek(begin)
            if (found := file.read(size - begin).rfind(b"\n")) >= 0:
                return begin + found + 1
            size = begin
    return 0
