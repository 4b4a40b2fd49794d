"""Make `.wandb` files for tests, as the documentation of their format says."""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

BLOCK = 32768


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def field(number: int, content: bytes | int) -> bytes:
    """One field of a message: bytes or a number."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def item(name: str, value: Any) -> bytes:
    return field(1, name.encode()) + field(16, json.dumps(value).encode())


def history(step: int, values: Mapping[str, Any]) -> bytes:
    """A record of the history, with `_step` as W&B writes it."""
    items = b"".join(field(1, item(name, value)) for name, value in values.items())
    return field(1, step + 1) + field(2, items + field(2, field(1, step)))


def config(values: Mapping[str, Any]) -> bytes:
    """The record of the run, with its config."""
    items = b"".join(field(1, item(name, value)) for name, value in values.items())
    return field(17, field(1, b"id") + field(4, items))


def output(line: str) -> bytes:
    return field(13, field(3, line.encode()))


def end(status: int) -> bytes:
    return field(18, field(1, status))


def wandb_bytes(*records: bytes) -> bytes:
    """A file of these records, in blocks."""
    found = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for record in records:
        for kind, part in pieces(record, len(found)):
            if BLOCK - len(found) % BLOCK < 7:
                found += bytes(BLOCK - len(found) % BLOCK)
            checksum = zlib.crc32(part, zlib.crc32(bytes([kind])))
            found += struct.pack("<IHB", checksum, len(part), kind) + part
    return bytes(found)


def pieces(record: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The kind and content of each piece of a record that begins at byte `at`."""
    if BLOCK - at % BLOCK < 7:
        at += BLOCK - at % BLOCK
    first = True
    while True:
        room = BLOCK - at % BLOCK - 7
        part, record = record[:room], record[room:]
        at += 7 + len(part)
        if not record:
            yield (1 if first else 4), part
            return
        yield (2 if first else 3), part
        first = False
