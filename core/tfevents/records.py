"""Split a growing event file into records, starting at the last offset.

A record is a length (uint64, little-endian), its masked CRC32C, the payload, its masked CRC32C.
The few distinct headers of a file are verified once and cached, so that verifying a header costs
a dictionary lookup. A record that does not match the checksum of its payload is left out and
counted, and reading goes on behind it. A record that is not complete yet is not consumed, so
polling early loses nothing.
"""

import struct
from functools import lru_cache
from pathlib import Path
from typing import Final

import google_crc32c

from trainpad.files import open_plain

HEADER: Final = 12
FOOTER: Final = 4
CHUNK: Final = 1 << 20
"""Bytes read at a time: about 15,000 scalars, 15 ms of work."""
MAX_RECORD: Final = 16 << 20
"""Longest record that is read, in bytes; longer ones are skipped: they contain no scalar."""
MAX_LENGTH: Final = 1 << 31
"""Longest valid payload, in bytes: the limit of protocol buffers."""
_MAX_LENGTHS: Final = 4096
_TAIL_SIZE: Final = 16
GZIP: Final = b"\x1f\x8b"


def masked_crc32c(data: bytes) -> int:
    """Return the checksum as record files store it: rotated, plus a constant."""
    crc: int = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@lru_cache(maxsize=1024)
def _header(length: int) -> bytes:
    size = struct.pack("<Q", length)
    return size + struct.pack("<I", masked_crc32c(size))


def encode_record(payload: bytes) -> bytes:
    """Return `payload` as a record, to be appended to an event file."""
    return _header(len(payload)) + payload + struct.pack("<I", masked_crc32c(payload))


def checksum_matches(record: bytes) -> bool:
    """Return whether the payload matches the 4-byte checksum after it."""
    return masked_crc32c(record[:-FOOTER]) == int.from_bytes(record[-FOOTER:], "little")


def describe_damage(place: int, why: str, found: bytes) -> str:
    """Return what is wrong at byte `place` of a file, where `found` is."""
    if place == 0 and found.startswith(GZIP):
        return "compressed; unpack it with gunzip"
    hint = "" if place else ", so it may be no event file"
    return f"damaged at byte {place:,}: {why}{hint}"


class _DamagedError(Exception):
    """No valid header where a record should start."""


class _Lengths(dict[bytes, int]):
    """Payload length by header; a new header is verified."""

    def __missing__(self, header: bytes) -> int:
        if header != _header(length := int.from_bytes(header[:8], "little")):
            raise _DamagedError("no record starts there")
        if length > MAX_LENGTH:
            raise _DamagedError(f"a record of {length:,} bytes is announced there")
        if len(self) < _MAX_LENGTHS:
            self[header] = length
        return length


class ReplacedError(Exception):
    """The file was replaced: it is shorter, or its content differs from what was read."""


class RecordFile:
    """The records of one growing file, read in chunks.

    The file is reopened for every chunk, because ``rsync`` and others replace files by renaming;
    the offset remains valid if the new file starts with the same bytes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        """Bytes consumed: where the next record starts."""
        self.oversized = 0
        """Number of skipped records: those longer than `MAX_RECORD`."""
        self.corrupt = 0
        """Number of records that did not match their checksums, and were left out."""
        self.damage = ""
        """Why the file cannot be read beyond `offset`, as a sentence; or empty."""
        self._lengths = _Lengths()
        self._tail = b""

    def read(self) -> list[bytes] | None:
        """Return the next intact records, each with its 4-byte checksum; None if none is complete.

        Raises:
            ReplacedError: The bytes before `offset` have changed; start again with a new object.
            OSError: The file cannot be read.
        """
        self.damage = ""
        want = CHUNK
        while True:
            data = self._read_bytes(want)
            records, consumed = self._split(data)
            if consumed:
                self._advance(data, consumed)
                return self._intact(records)
            size = self._size_of_first(data)
            if size > MAX_RECORD and self._skip(size):
                want = CHUNK
            elif len(data) == want < size <= MAX_RECORD:
                want = size
            else:
                return None

    def _intact(self, records: list[bytes]) -> list[bytes]:
        intact = [record for record in records if checksum_matches(record)]
        self.corrupt += len(records) - len(intact)
        return intact

    def _read_bytes(self, want: int) -> bytes:
        """Read up to `want` bytes at the offset; verify the bytes just before it."""
        with open_plain(self.path) as file:
            file.seek(self.offset - len(self._tail))
            data = file.read(len(self._tail) + want)
        if not data.startswith(self._tail):
            raise ReplacedError(str(self.path))
        return data[len(self._tail) :]

    def _split(self, data: bytes) -> tuple[list[bytes], int]:
        """Return the complete records at the start of `data`, and their total size."""
        records: list[bytes] = []
        append, lengths = records.append, self._lengths
        start, last = 0, len(data) - HEADER - FOOTER
        try:
            while start <= last:
                body = start + HEADER
                end = body + lengths[data[start:body]] + FOOTER
                if end > len(data):
                    break
                append(data[body:end])
                start = end
        except _DamagedError as why:
            self.damage = describe_damage(self.offset + start, str(why), data[start:])
        return records, start

    def _advance(self, data: bytes, consumed: int) -> None:
        self.offset += consumed
        self._tail = data[max(0, consumed - _TAIL_SIZE) : consumed]

    def _size_of_first(self, data: bytes) -> int:
        """Return the size of the first record in `data`, in bytes; 0 if unknown."""
        if len(data) < HEADER + FOOTER or self.damage:
            return 0
        return HEADER + self._lengths[data[:HEADER]] + FOOTER

    def _skip(self, size: int) -> bool:
        """Skip a record of `size` bytes; return False if it is not complete yet."""
        with open_plain(self.path) as file:
            file.seek(self.offset + size - _TAIL_SIZE)
            tail = file.read(_TAIL_SIZE)
        if len(tail) < _TAIL_SIZE:
            return False
        self.offset, self._tail = self.offset + size, tail
        self.oversized += 1
        return True
