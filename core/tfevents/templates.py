"""Find the template of a scalar record: all its bytes except wall time, step and value.

Nearly every record of an event file differs from an earlier one only in these three numbers. In
all records with the same template they are at the same offsets, because the bytes before a number
determine how it is parsed. A template is verified before use: a record built from it with other
numbers must parse to these numbers.
"""

import struct
from typing import Any, Final, NamedTuple

from core.tfevents.messages import DecodeError, EventProto
from core.tfevents.values import scalar_value

WALL_TIME: Final = 0x09
STEP: Final = 0x10
"""Field tags (number and wire type) of an event's wall time and step."""
MAX_REST: Final = 1024
_MAX_OFFSETS: Final = 8


class RecordTemplate(NamedTuple):
    """A scalar record without its three numbers."""

    rest_size: int
    """Bytes after wall time and step in a payload of this template."""
    value_offset: int
    """Offset of the 4-byte value in these bytes."""
    key: bytes
    """These bytes without the value."""


def find_template(event: Any, payload: bytes, number: float) -> RecordTemplate | None:
    """Return the template of a payload that parses as `event` with `number` as its only value."""
    prefix = _encode_prefix(event.wall_time, event.step)
    rest = payload[len(prefix) :]
    if len(rest) > MAX_REST or not payload.startswith(prefix):
        return None
    for offset in _find_offsets(number, rest):
        if _verify(rest, offset, event.summary.value[0].tag):
            return RecordTemplate(len(rest), offset, rest[:offset] + rest[offset + 4 :])
    return None


def _encode_prefix(wall_time: float, step: int) -> bytes:
    """Encode wall time and step as writers do: the step as a varint, omitted if 0."""
    prefix, left = bytearray(struct.pack("<Bd", WALL_TIME, wall_time)), step % (1 << 64)
    if left:
        prefix.append(STEP)
        while left > 0x7F:
            prefix.append(left & 0x7F | 0x80)
            left >>= 7
        prefix.append(left)
    return bytes(prefix)


def _find_offsets(number: float, rest: bytes) -> list[int]:
    """Return the offsets of the bytes of `number` in `rest`, the last ones first, at most 8."""
    try:
        value = struct.pack("<f", number)
    except OverflowError:
        return []
    offsets: list[int] = []
    offset = rest.rfind(value)
    while offset >= 0 and len(offsets) < _MAX_OFFSETS:
        offsets.append(offset)
        offset = rest.rfind(value, 0, offset + 3)
    return offsets


def _verify(rest: bytes, offset: int, tag: bytes) -> bool:
    """Return whether other numbers at the same offsets parse as these numbers."""
    wall_time, step, number = 1234567890.5, 77, -50.25
    changed = rest[:offset] + struct.pack("<f", number) + rest[offset + 4 :]
    try:
        event = EventProto.FromString(_encode_prefix(wall_time, step) + changed)
        values = event.summary.value
        return bool(
            (event.wall_time, event.step, len(values)) == (wall_time, step, 1)
            and values[0].tag == tag
            and scalar_value(values[0]) == number
        )
    except (DecodeError, ValueError):
        return False
