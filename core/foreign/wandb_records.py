"""The records of a `.wandb` file: a log in blocks of 32 KiB, as LevelDB writes it.

Each piece of a record has a CRC-32, a length and a kind; a record that does not fit into a block
goes on in the next one. Where a piece is damaged, reading goes on with the next block.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

MAGIC: Final = b":W&B\xe1\xbe"
"""The first bytes of the file; its version follows."""
BLOCK: Final = 32 * 1024
MAX_RECORD: Final = 16 << 20
"""Bytes of the longest record that is read."""
_FILE_HEADER: Final = 7
_HEADER: Final = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_SEEDS: Final = {kind: zlib.crc32(bytes([kind])) for kind in (_FULL, _FIRST, _MIDDLE, _LAST)}


class RecordLog:
    """Bytes in, records out; a piece that is not complete yet waits for the rest."""

    def __init__(self) -> None:
        self.skipped = 0
        """Number of damaged blocks and of records that were too long."""
        self._data = bytearray()
        self._at = 0
        """Where in the file the data begins."""
        self._record: bytearray | None = None
        """The record that is not complete yet."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the records that are complete."""
        self._data += data
        if self._at == 0 and len(self._data) >= _FILE_HEADER:
            self._drop(_FILE_HEADER)
        while self._at and (size := self._next_size()):
            piece = bytes(self._data[:size])
            self._drop(size)
            record = self._joined(piece)
            if record is not None:
                yield record

    def _next_size(self) -> int:
        """Return the size of the next piece or filling with its header; 0 until it is complete."""
        room = BLOCK - self._at % BLOCK
        if room < _HEADER.size:
            return room if len(self._data) >= room else 0
        if len(self._data) < _HEADER.size:
            return 0
        _, length, kind = _HEADER.unpack_from(self._data)
        size = _HEADER.size + length
        if size > room or kind not in _SEEDS:
            size = room  # damaged: go on with the next block
        return size if len(self._data) >= size else 0

    def _joined(self, piece: bytes) -> bytes | None:
        """Return the record that `piece` completes, or None."""
        if len(piece) < _HEADER.size:
            return None
        checksum, length, kind = _HEADER.unpack_from(piece)
        content = piece[_HEADER.size :]
        if kind not in _SEEDS or length != len(content) or not _matches(checksum, content, kind):
            self.skipped += 1
            self._record = None
            return None
        if kind == _FULL:
            return content
        return self._extended(content, kind)

    def _extended(self, content: bytes, kind: int) -> bytes | None:
        if kind == _FIRST:
            self._record = bytearray(content)
            return None
        if self._record is None:  # its beginning was damaged or too long
            return None
        self._record += content
        if len(self._record) > MAX_RECORD:
            self.skipped += 1
            self._record = None
        if kind == _MIDDLE or self._record is None:
            return None
        record, self._record = bytes(self._record), None
        return record

    def _drop(self, size: int) -> None:
        del self._data[:size]
        self._at += size


def _matches(checksum: int, content: bytes, kind: int) -> bool:
    return zlib.crc32(content, _SEEDS[kind]) == checksum
