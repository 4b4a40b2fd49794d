"""One event file, read to its end again and again; a scalar that looks like the last is not parsed.

Where the template of a record is known (`core.tfevents.templates`), its three numbers are taken
from their places, at a third of the price of a parse. Everything else takes the sure way, and what
cannot be understood is counted instead of raised: one bad record never costs the next one.
"""

import math
import os
import struct
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.text import clean
from core.tfevents.items import Item, Restart, Scalars
from core.tfevents.messages import DecodeError, Event
from core.tfevents.records import FOOTER, RecordFile, intact
from core.tfevents.templates import STEP, WALL_TIME, template_of
from core.tfevents.values import decoded, plugin_of, scalar

MOST_TAGS: Final = 20_000
"""Tags kept of one file; the values of further ones are skipped and counted."""
LONGEST_TAG: Final = 4096
_MOST_TEMPLATES: Final = 4096
_ATTEMPTS: Final = 8
_CHECKED: Final = 1 << 16
_SESSION_START: Final = 1
_SHORTEST: Final = 11 + 5 + FOOTER

_read_double = struct.Struct("<d").unpack_from
_read_float = struct.Struct("<f").unpack_from

Adders = tuple[Callable[[int], None], Callable[[float], None], Callable[[float], None]]


class _Pending:
    """Points of one tag that were read and not yet taken."""

    __slots__ = ("adders", "attempts", "steps", "tag", "values", "wall_times")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.attempts = 0
        self.steps, self.wall_times, self.values = array("q"), array("d"), array("d")
        self.adders: Adders = (self.steps.append, self.wall_times.append, self.values.append)

    def take(self) -> Scalars:
        """The points as arrays of their own; the adders stay good."""
        columns = self.steps, self.wall_times, self.values
        points = Scalars(self.tag, *(np.array(column) for column in columns))
        for column in columns:
            del column[:]
        return points


class Decoder:
    """Records in, items out; never raises for what a file holds."""

    def __init__(self) -> None:
        self.skipped = 0
        """Records and values that could not be understood."""
        self.last_wall_time = math.nan
        """The wall time of the last record, in seconds since 1970."""
        self._items: list[Item] = []
        self._pending: dict[bytes, _Pending] = {}
        self._plugins: dict[bytes, str] = {}
        self._templates: dict[bytes, Adders] = {}
        self._places: dict[int, int] = {}

    def take(self) -> list[Item]:
        """What was decoded since the last time, in order as far as the order matters."""
        self._settle()
        items, self._items = self._items, []
        return items

    def decode(self, records: list[bytes]) -> None:
        """Decode payloads that are followed by their four bytes of checksum."""
        # The one loop whose speed is felt: written out, with what it uses in local names.
        templates, places = self._templates.get, self._places.get
        for record in records:
            size = len(record)
            if size > _SHORTEST and record[0] == WALL_TIME:
                step = byte = 0
                rest = 9
                if record[9] == STEP:  # a base-128 number, low digits first
                    step = byte = record[10]
                    rest, shift = 11, 7
                    while byte > 0x7F and rest < 15:
                        byte = record[rest]
                        step += (byte - 1) << shift  # also takes off the mark of the digit before
                        rest += 1
                        shift += 7
                place = places(size - rest) if byte < 0x80 else None
                if place is not None:
                    place += rest
                    adders = templates(record[rest:place] + record[place + 4 : -4])
                    if adders is not None:
                        add_step, add_wall_time, add_value = adders
                        add_step(step)
                        add_wall_time(_read_double(record, 1)[0])
                        add_value(_read_float(record, place)[0])
                        continue
            self._parse(record)
        self._note_time(records[-1])

    def _note_time(self, record: bytes) -> None:
        if len(record) >= 9 + FOOTER and record[0] == WALL_TIME:
            self.last_wall_time = _read_double(record, 1)[0]

    def _settle(self) -> None:
        """Move the pending points behind the items that came before them."""
        self._items += [points.take() for points in self._pending.values() if points.steps]

    def _parse(self, record: bytes) -> None:
        """Decode one record the sure way."""
        try:
            event = Event.FromString(record[:-FOOTER])
        except DecodeError:
            self.skipped += 1
            return
        what = event.WhichOneof("what")
        if what == "summary":
            self._take_summary(event, record)
        elif what == "session_log" and event.session_log.status == _SESSION_START:
            self._settle()
            self._items.append(Restart(event.step))

    def _take_summary(self, event: Any, record: bytes) -> None:
        values = event.summary.value
        # A flipped bit in a number goes unnoticed, as in TensorBoard; one in a tag makes a new tag.
        new = any(value.tag not in self._plugins for value in values)
        if new and len(record) <= _CHECKED and not intact(record):
            self.skipped += 1
            return
        for value in values:
            try:
                self._take_value(event, value)
            except ValueError:
                self.skipped += 1
        if len(values) == 1 and (pending := self._pending.get(values[0].tag)):
            self._learn(event, record, pending)

    def _take_value(self, event: Any, value: Any) -> None:
        plugin = self._plugin(value)
        if plugin == "scalars":
            number = scalar(value)
            pending = self._pending.get(value.tag)
            if pending is None:
                pending = self._pending[value.tag] = _Pending(clean(value.tag))
            add_step, add_wall_time, add_value = pending.adders
            add_step(event.step)
            add_wall_time(event.wall_time)
            add_value(number)
        elif item := decoded(plugin, value, clean(value.tag), event.step, event.wall_time):
            self._items.append(item)

    def _plugin(self, value: Any) -> str:
        """The plugin of a value, which only the first value of a tag has to name."""
        tag = value.tag
        known = self._plugins.get(tag)
        if known is None:
            if len(self._plugins) >= MOST_TAGS or len(tag) > LONGEST_TAG:
                raise ValueError("too many tags, or too long a one")
            known = self._plugins[tag] = plugin_of(value)
        return plugin_of(value) or known

    def _learn(self, event: Any, record: bytes, pending: _Pending) -> None:
        """Remember the template of a scalar record, if it has one and there is room."""
        pending.attempts += 1
        if pending.attempts > _ATTEMPTS or len(self._templates) >= _MOST_TEMPLATES:
            return
        number = pending.values[-1] if pending.values else math.nan
        template = template_of(event, record[:-FOOTER], number)
        # One place for each size is enough: a file is written by one writer, in one style.
        size = template.rest + FOOTER if template else 0
        if template and self._places.setdefault(size, template.place) == template.place:
            self._templates[template.key] = pending.adders


class EventFile:
    """An event file from its first record on; `read` it again whenever it `has_news`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        """Bytes in the file when it was last looked at."""
        self.unreadable = ""
        """Why the file could not be read the last time, or nothing."""
        self._records = RecordFile(path)
        self._decoder = Decoder()
        self._seen: tuple[int, int, int] | None = None

    @property
    def offset(self) -> int:
        """Bytes that were read and understood as records."""
        return self._records.offset

    @property
    def skipped(self) -> int:
        """Records and values that were not understood, or too large."""
        return self._decoder.skipped + self._records.oversized

    @property
    def last_wall_time(self) -> float:
        """When the last record was written, in seconds since 1970; NaN when that is unknown."""
        return self._decoder.last_wall_time

    @property
    def problem(self) -> str:
        """A sentence about what keeps the file from being read, or nothing."""
        return self.unreadable or self._records.damage

    def has_news(self) -> bool:
        """Whether the file changed in size, time or identity since the last call."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - half the price of Path.stat, and often asked
        except OSError as error:
            self.unreadable, self._seen = f"cannot be read: {error.strerror}", None
            return False
        self.size = status.st_size
        seen = (status.st_size, status.st_ino, status.st_mtime_ns)
        news = seen != self._seen
        self._seen = seen
        return news

    def read(self) -> bool:
        """Decode the next chunk; False when there is no complete record to read now.

        Raises:
            ReplacedError: The file is another one now: begin again with a new `EventFile`.
        """
        try:
            records = self._records.read()
        except OSError as error:
            # Without a signature the next look is news: permissions may change, mounts come back.
            self.unreadable, self._seen = f"cannot be read: {error.strerror}", None
            return False
        self.unreadable = ""
        if records:
            self._decoder.decode(records)
        return bool(records)

    def take(self) -> list[Item]:
        """What was decoded since the last time."""
        return self._decoder.take()
