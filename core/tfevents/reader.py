"""One event file, read to its end again and again; a scalar that looks like the last is not parsed.

Where the template of a record is known (`core.tfevents.templates`), its three numbers are copied as
bytes from their places (`core.tfevents.pending`), at a quarter of the price of a parse. Everything
else takes the sure way, and what cannot be understood is counted instead of raised: one bad record
never costs the next one.
"""

import math
import os
import struct
from pathlib import Path
from typing import Any, Final

from core.tfevents.items import Item, Restart
from core.tfevents.messages import DecodeError, EventProto
from core.tfevents.pending import PREFIX, PendingPoints
from core.tfevents.records import FOOTER, RecordFile, checksum_matches
from core.tfevents.templates import STEP, WALL_TIME, find_template
from core.tfevents.values import decode_value, plugin_of, scalar_value
from trainpad.text import sanitize

MAX_TAGS: Final = 20_000
"""Tags kept of one file; the values of further ones are skipped and counted."""
MAX_TAG_LENGTH: Final = 4096
_MAX_TEMPLATES: Final = 4096
_MAX_ATTEMPTS: Final = 8
_MAX_CHECKED: Final = 1 << 16
_SESSION_START: Final = 1
_MIN_RECORD: Final = 11 + 5 + FOOTER

_read_double = struct.Struct("<d").unpack_from


class Decoder:
    """Records in, items out; never raises for what a file holds."""

    def __init__(self) -> None:
        self.skipped = 0
        """Records and values that could not be understood."""
        self.last_wall_time = math.nan
        """The wall time of the last record, in seconds since 1970."""
        self._items: list[Item] = []
        self._pending: dict[bytes, PendingPoints] = {}
        self._plugins: dict[bytes, str] = {}
        self._templates: dict[bytes, tuple[bytearray, bytearray]] = {}
        self._value_offsets: dict[int, int] = {}

    def take(self) -> list[Item]:
        """What was decoded since the last time, in order as far as the order matters."""
        self._flush_pending()
        items, self._items = self._items, []
        return items

    def decode(self, records: list[bytes]) -> None:
        """Decode payloads that are followed by their four bytes of checksum."""
        # The one loop whose speed is felt: written out, with what it uses in local names.
        templates, places = self._templates.get, self._value_offsets.get
        for record in records:
            size = len(record)
            if size > _MIN_RECORD and record[0] == WALL_TIME:
                rest = 9
                if record[9] == STEP:  # a base-128 number, whose last digit alone has no high bit
                    rest = 11
                    while record[rest - 1] > 0x7F and rest < PREFIX:
                        rest += 1
                place = places(size - rest)
                if place is not None and (rest == 9 or record[rest - 1] < 0x80):
                    place += rest
                    behind = place + 4
                    pending = templates(record[rest:place] + record[behind:-FOOTER])
                    if pending is not None:
                        fronts, numbers = pending
                        fronts += record[:PREFIX]
                        numbers += record[place:behind]
                        continue
            self._parse(record)
        self._note_time(records[-1])

    def _note_time(self, record: bytes) -> None:
        if len(record) >= 9 + FOOTER and record[0] == WALL_TIME:
            self.last_wall_time = _read_double(record, 1)[0]

    def _flush_pending(self) -> None:
        """Move the pending points behind the items that came before them."""
        taken = (pending.take() for pending in self._pending.values())
        self._items += [points for points in taken if points is not None]

    def _parse(self, record: bytes) -> None:
        """Decode one record the sure way."""
        try:
            event = EventProto.FromString(record[:-FOOTER])
        except DecodeError:
            self.skipped += 1
            return
        what = event.WhichOneof("what")
        if what == "summary":
            self._take_summary(event, record)
        elif what == "session_log" and event.session_log.status == _SESSION_START:
            self._flush_pending()
            self._items.append(Restart(event.step))

    def _take_summary(self, event: Any, record: bytes) -> None:
        values = event.summary.value
        # A flipped bit in a number goes unnoticed, as in TensorBoard; one in a tag makes a new tag.
        new = any(value.tag not in self._plugins for value in values)
        if new and len(record) <= _MAX_CHECKED and not checksum_matches(record):
            self.skipped += 1
            return
        for value in values:
            try:
                self._take_value(event, value)
            except ValueError:
                self.skipped += 1
        if len(values) == 1 and (pending := self._pending.get(values[0].tag)):
            self._add_template(event, record, pending)

    def _take_value(self, event: Any, value: Any) -> None:
        plugin = self._plugin(value)
        if plugin == "scalars":
            number = scalar_value(value)
            pending = self._pending.get(value.tag)
            if pending is None:
                pending = self._pending[value.tag] = PendingPoints(sanitize(value.tag))
            pending.add(event.step, event.wall_time, number)
        elif item := decode_value(plugin, value, sanitize(value.tag), event.step, event.wall_time):
            self._items.append(item)

    def _plugin(self, value: Any) -> str:
        """The plugin of a value, which only the first value of a tag has to name."""
        tag = value.tag
        known = self._plugins.get(tag)
        if known is None:
            if len(self._plugins) >= MAX_TAGS or len(tag) > MAX_TAG_LENGTH:
                raise ValueError("too many tags, or too long a one")
            known = self._plugins[tag] = plugin_of(value)
        return plugin_of(value) or known

    def _add_template(self, event: Any, record: bytes, pending: PendingPoints) -> None:
        """Remember the template of a scalar record, if it has one and there is room."""
        pending.template_attempts += 1
        if pending.template_attempts > _MAX_ATTEMPTS or len(self._templates) >= _MAX_TEMPLATES:
            return
        template = find_template(event, record[:-FOOTER], pending.last_value)
        # One place for each size is enough: a file is written by one writer, in one style.
        size = template.rest_size + FOOTER if template else 0
        if (
            template
            and self._value_offsets.setdefault(size, template.value_offset) == template.value_offset
        ):
            self._templates[template.key] = pending.prefix_bytes, pending.value_bytes


class EventFile:
    """An event file from its first record on; `read` it again whenever it `has_news`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        """Bytes in the file when it was last looked at."""
        self.unreadable = ""
        """Why the file could not be read the last time, or nothing."""
        self.gone = False
        """Whether there was no such file the last time."""
        self._records = RecordFile(path)
        self._decoder = Decoder()
        self._last_stat: tuple[int, int, int] | None = None

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

    @property
    def fault(self) -> str:
        """What kind of problem that is, in a word, or nothing."""
        if self.unreadable:
            return "gone" if self.gone else "unread"
        return "damaged" if self._records.damage else ""

    def has_news(self) -> bool:
        """Whether the file changed in size, time or identity since the last call."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - half the price of Path.stat, and often asked
        except OSError as error:
            return self._failed(error)
        self.gone, self.size = False, status.st_size
        seen = (status.st_size, status.st_ino, status.st_mtime_ns)
        news = seen != self._last_stat
        self._last_stat = seen
        return news

    def read(self) -> bool:
        """Decode the next chunk; False when there is no complete record to read now.

        Raises:
            ReplacedError: The file is another one now: begin again with a new `EventFile`.
        """
        try:
            records = self._records.read()
        except OSError as error:
            return self._failed(error)
        self.unreadable = ""
        if records:
            self._decoder.decode(records)
        return bool(records)

    def _failed(self, error: OSError) -> bool:
        """Note why there was nothing to read; always False."""
        self.unreadable = f"cannot be read: {error.strerror}"
        self.gone = isinstance(error, FileNotFoundError)
        self._last_stat = (
            None  # so that the next look is news: permissions change, mounts come back
        )
        return False

    def take(self) -> list[Item]:
        """What was decoded since the last time."""
        return self._decoder.take()
