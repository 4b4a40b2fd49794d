"""`run.log`, appended to as a program prints; of very much it keeps the beginning and the end."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from trainpad.files import read_range, size_of

LIMIT: Final = 64 * 1024 * 1024
"""Bytes from which on the file is shortened."""
KEPT: Final = 16 * 1024 * 1024
"""How many bytes of its beginning, and of its end, stay."""
BLOCK: Final = 1 << 16
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
_REWRITE: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK


class LogFile:
    """The log of one program."""

    def __init__(self, path: Path, *, limit: int = LIMIT, kept: int = KEPT) -> None:
        """Append to the file at `path`; to nothing, where it cannot be written."""
        self._path = path
        self._limit, self._kept = limit, kept
        self._head = 0
        """Where the beginning that stays ends; 0 before anything was left out."""
        self._left_out = self._note_size = 0
        """How many bytes were left out, and how long the line is that says so."""
        self.lost = 0
        """How many bytes could not be written."""
        self._is_writable = True
        try:
            self._descriptor = os.open(path, _APPEND, 0o600)
        except OSError:
            self._descriptor = os.open(os.devnull, os.O_WRONLY)
            self._is_writable = False

    def write(self, content: bytes) -> None:
        """Append; what the disk has no room for is lost."""
        with suppress(OSError):
            while content and self._is_writable:
                content = content[os.write(self._descriptor, content) :]
        self.lost += len(content)
        with suppress(OSError):
            if os.fstat(self._descriptor).st_size > self._limit:
                self._shorten()

    def moved(self, path: Path) -> "LogFile":
        """Close this file; return one that goes on at `path`, with the end of this one before."""
        other = LogFile(path, limit=self._limit, kept=self._kept)
        other.lost = self.lost
        with suppress(OSError):
            other.write(
                read_range(self._path, max(0, size_of(self._path) - self._kept), self._kept)
            )
        self.close()
        return other

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _shorten(self) -> None:
        """Leave out the middle, in place: who follows the file sees it become shorter.

        Raises:
            OSError: as the system says; the file is then as it was, or has its end twice.
        """
        descriptor = os.open(self._path, _REWRITE)
        try:
            about, written = os.fstat(descriptor), os.fstat(self._descriptor)
            if (about.st_dev, about.st_ino) == (written.st_dev, written.st_ino):
                self._leave_out(descriptor, about.st_size)
        finally:
            os.close(descriptor)

    def _leave_out(self, descriptor: int, size: int) -> None:
        if not self._head:
            at = max(0, self._kept - BLOCK)
            before = os.pread(descriptor, self._kept - at, at)
            self._head = at + (before.rfind(b"\n") + 1 or len(before))
        start = size - self._kept
        start += os.pread(descriptor, BLOCK, start).find(b"\n") + 1
        self._left_out += start - self._head - self._note_size
        note = f"... {self._left_out:,} bytes of output are left out here ...\n".encode()
        self._note_size = len(note)
        at = self._head + os.pwrite(descriptor, note, self._head)
        while content := os.pread(descriptor, BLOCK, start):
            at += os.pwrite(descriptor, content, at)
            start += len(content)
        os.ftruncate(descriptor, at)
