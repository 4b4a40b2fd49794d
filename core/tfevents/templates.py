"""What stays the same from one scalar record of a tag to the next, found and proved.

Nearly all records of an event file differ from an earlier one only in wall time, step and the four
bytes of a float32. The rest is the record's template. The three numbers lie at fixed places in all
records of one template, because the bytes before each of them decide how it is read; and that this
one is such a template is proved by parsing a record made from it with other numbers.
"""

import struct
from typing import Any, Final, NamedTuple

from core.tfevents.messages import DecodeError, EventProto
from core.tfevents.values import scalar_value

WALL_TIME: Final = 0x09
STEP: Final = 0x10
"""The bytes that announce an event's wall time and step."""
MAX_REST: Final = 1024
_MAX_OFFSETS: Final = 8


class RecordTemplate(NamedTuple):
    """A scalar record without its numbers."""

    rest_size: int
    """How many bytes stand behind wall time and step in a payload of this template."""
    value_offset: int
    """Where the four bytes of the value begin among them."""
    key: bytes
    """All the others of these bytes."""


def find_template(event: Any, payload: bytes, number: float) -> RecordTemplate | None:
    """The template of a payload that was parsed as `event` with `number` as its only value."""
    start = _encode_prefix(event.wall_time, event.step)
    rest = payload[len(start) :]
    if len(rest) > MAX_REST or not payload.startswith(start):
        return None
    for place in _find_offsets(number, rest):
        if _verify(rest, place, event.summary.value[0].tag):
            return RecordTemplate(len(rest), place, rest[:place] + rest[place + 4 :])
    return None


def _encode_prefix(wall_time: float, step: int) -> bytes:
    """Wall time and step as writers put them, the step as a base-128 number or not at all for 0."""
    start, left = bytearray(struct.pack("<Bd", WALL_TIME, wall_time)), step % (1 << 64)
    if left:
        start.append(STEP)
        while left > 0x7F:
            start.append(left & 0x7F | 0x80)
            left >>= 7
        start.append(left)
    return bytes(start)


def _find_offsets(number: float, rest: bytes) -> list[int]:
    """Where the bytes of `number` occur in `rest`: the last places first, and only a few."""
    try:
        value = struct.pack("<f", number)
    except OverflowError:
        return []
    places: list[int] = []
    place = rest.rfind(value)
    while place >= 0 and len(places) < _MAX_OFFSETS:
        places.append(place)
        place = rest.rfind(value, 0, place + 3)
    return places


def _verify(rest: bytes, place: int, tag: bytes) -> bool:
    """Whether other numbers at the same places are parsed as just these numbers."""
    wall_time, step, number = 1234567890.5, 77, -50.25
    made = rest[:place] + struct.pack("<f", number) + rest[place + 4 :]
    try:
        event = EventProto.FromString(_encode_prefix(wall_time, step) + made)
        values = event.summary.value
        return bool(
            (event.wall_time, event.step, len(values)) == (wall_time, step, 1)
            and values[0].tag == tag
            and scalar_value(values[0]) == number
        )
    except (DecodeError, ValueError):
        return False
