"""Event files are cut into records here, from a kept offset and without checking every payload.

A record is a length (uint64, little-endian), its masked CRC32C, the payload, its masked CRC32C.
The few distinct lengths of a file are checked once and remembered, so that every header counts as
checked for the price of a dictionary look-up; payload checksums are left to who meets something
odd, as TensorBoard's own Rust reader does. Nothing is ever lost by looking too early: a record
that is not complete yet is not consumed.
"""

import struct
from functools import lru_cache
from pathlib import Path
from typing import Final

HEADER: Final = 12
FOOTER: Final = 4
CHUNK: Final = 1 << 20
"""Bytes read at a time: about 15,000 scalars, some 15 ms of work."""
MAX_RECORD: Final = 16 << 20
"""A record longer than this many bytes is stepped over: it holds no number that is shown."""
MAX_LENGTH: Final = 1 << 31
"""No writer makes a longer record: protocol buffers end here."""
_MAX_LENGTHS: Final = 4096
_TAIL_SIZE: Final = 16


def _crc_table() -> tuple[int, ...]:
    """CRC32C (Castagnoli, reflected) of each byte."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)  # noqa: PLW2901 - a shift register
        table.append(crc)
    return tuple(table)


_TABLE: Final = _crc_table()


def crc32c(data: bytes) -> int:
    """The CRC32C of `data`; about 0.1 µs a byte."""
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """The checksum as record files keep it: rotated and shifted, since it may cover checksums."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@lru_cache(maxsize=1024)
def _header(length: int) -> bytes:
    size = struct.pack("<Q", length)
    return size + struct.pack("<I", masked_crc32c(size))


def encode_record(payload: bytes) -> bytes:
    """`payload` as a record, ready to be appended to an event file."""
    return _header(len(payload)) + payload + struct.pack("<I", masked_crc32c(payload))


def checksum_matches(record: bytes) -> bool:
    """Whether a payload with its four bytes of checksum behind it is as it was written."""
    return masked_crc32c(record[:-FOOTER]) == int.from_bytes(record[-FOOTER:], "little")


class _DamagedError(Exception):
    """What stands where a record should begin is not the beginning of a record."""


class _Lengths(dict[bytes, int]):
    """The payload length that each header announces; a header is checked when it is new."""

    def __missing__(self, header: bytes) -> int:
        if header != _header(length := int.from_bytes(header[:8], "little")):
            raise _DamagedError("no record begins there")
        if length > MAX_LENGTH:
            raise _DamagedError(f"a record of {length:,} bytes is announced there")
        if len(self) < _MAX_LENGTHS:
            self[header] = length
        return length


class ReplacedError(Exception):
    """The file is no longer the one that was read: shorter, or with other contents."""


class RecordFile:
    """The records of one growing file, a chunk at a time; safe to ask again at any moment.

    The file is opened anew for every chunk, because ``rsync`` and friends replace files by
    renaming: the offset still holds when the new file begins like the old one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        """Bytes consumed: where the next record begins."""
        self.oversized = 0
        """How many records were stepped over for being longer than `LARGEST`."""
        self.damage = ""
        """A sentence when the file cannot be read beyond `offset`, or nothing."""
        self._lengths = _Lengths()
        self._tail = b""

    def read(self) -> list[bytes]:
        """The next complete records, each with its 4 bytes of checksum; none when there are none.

        Raises:
            ReplacedError: The bytes before `offset` are not those that were read; start again with
                a new object.
            OSError: The file cannot be read now.
        """
        self.damage = ""
        want = CHUNK
        while True:
            data = self._read_bytes(want)
            records, consumed = self._split(data)
            if consumed:
                self._advance(data, consumed)
                return records
            size = self._size_of_first(data)
            if size > MAX_RECORD and self._skip(size):
                want = CHUNK
            elif len(data) == want < size <= MAX_RECORD:
                want = size
            else:
                return records

    def _read_bytes(self, want: int) -> bytes:
        """Up to `want` bytes from the offset, after a look at the bytes just before it."""
        with self.path.open("rb") as file:
            file.seek(self.offset - len(self._tail))
            data = file.read(len(self._tail) + want)
        if not data.startswith(self._tail):
            raise ReplacedError(str(self.path))
        return data[len(self._tail) :]

    def _split(self, data: bytes) -> tuple[list[bytes], int]:
        """The complete records at the front of `data`, and how many bytes they take."""
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
            self.damage = f"damaged at byte {self.offset + start:,}: {why}"
        return records, start

    def _advance(self, data: bytes, consumed: int) -> None:
        self.offset += consumed
        self._tail = data[max(0, consumed - _TAIL_SIZE) : consumed]

    def _size_of_first(self, data: bytes) -> int:
        """How many bytes the record at the front of `data` takes; 0 when that is not known."""
        if len(data) < HEADER + FOOTER or self.damage:
            return 0
        return HEADER + self._lengths[data[:HEADER]] + FOOTER

    def _skip(self, size: int) -> bool:
        """Leave a record of `size` bytes unread, once all of it is there."""
        with self.path.open("rb") as file:
            file.seek(self.offset + size - _TAIL_SIZE)
            seam = file.read(_TAIL_SIZE)
        if len(seam) < _TAIL_SIZE:
            return False
        self.offset, self._tail = self.offset + size, seam
        self.oversized += 1
        return True
