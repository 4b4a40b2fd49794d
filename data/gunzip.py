"""Unpack gzip data as `gunzip` does: several members are one file, and what follows is ignored."""

import zlib
from typing import IO

MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 16
_GZIP = 31  # zlib's code for a gzip header and trailer, checksum included


class GunzippedFile:
    """The unpacked bytes of a gzip file, read once from front to back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._packed = b""
        self._member = zlib.decompressobj(_GZIP)
        self._ended = False

    def read(self, count: int) -> bytes:
        """Unpack up to ``count`` bytes; fewer at the end of the data only.

        Raises:
            zlib.error: the data is damaged.
            EOFError: it ends too early.
        """
        pieces: list[bytes] = []
        while count > 0 and not self._at_end():
            piece = self._member.decompress(self._packed or self._more(), count)
            self._packed = self._member.unconsumed_tail
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def _at_end(self) -> bool:
        """Whether all members are unpacked; goes on to the next one, if there is one."""
        if self._ended or not self._member.eof:
            return self._ended
        rest = self._member.unused_data
        if len(rest) < len(MAGIC):
            rest += self._file.read(_CHUNK)
        self._ended = not rest.startswith(MAGIC)
        if not self._ended:
            self._packed, self._member = rest, zlib.decompressobj(_GZIP)
        return self._ended

    def _more(self) -> bytes:
        packed = self._file.read(_CHUNK)
        if not packed:
            raise EOFError("it ends too early")
        return packed
