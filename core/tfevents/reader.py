"""Read one growing event file incrementally; scalars that match a template are not parsed.

Without `FAST` every record is parsed as protobuf. `FAST` changes no result: for a record with a
known template (`core.tfevents.templates`) it copies the bytes of the three numbers
(`core.tfevents.pending`), at a quarter of the cost of parsing. Records that cannot be decoded are
counted, not raised, so that one bad record never costs the next.
"""

import math
import struct
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from core.run.reading_turns import give_way
from core.tfevents.items import Item, Restart, Scalars
from core.tfevents.messages import DecodeError, EventProto
from core.tfevents.pending import PREFIX, PendingPoints
from core.tfevents.polled import PolledFile
from core.tfevents.records import FOOTER, RecordFile
from core.tfevents.templates import STEP, WALL_TIME, find_template
from core.tfevents.values import decode_value, is_drawn, plugin_of, scalar_value
from trainpad.text import sanitize

FAST = True
"""Whether to match records against templates; if False, the two modules above are unused."""
RECORDS_AT_ONCE: Final = 4000
"""Records that are decoded between two moments at which other threads have their turn: 4 ms where
templates match."""
MAX_TAGS: Final = 20_000
"""Tags read from one file; values of further tags are skipped and counted."""
MAX_TAG_LENGTH: Final = 4096
_MAX_TEMPLATES: Final = 4096
_MAX_ATTEMPTS: Final = 8
_SESSION_START: Final = 1
_MIN_RECORD: Final = 11 + 5 + FOOTER

_read_double = struct.Struct("<d").unpack_from


class Decoder:
    """Decode records into items; never raises because of a file's content."""

    def __init__(self) -> None:
        self.skipped = 0
        """Number of records and values that could not be decoded."""
        self.last_wall_time = math.nan
        """Wall time of the last record, in seconds since 1970; NaN if unknown."""
        self.undrawn: Counter[str] = Counter()
        """Number of tags of each plugin that are not decoded; ``graph`` for graphs."""
        self._items: list[Item] = []
        self._pending: dict[bytes, PendingPoints] = {}
        self._plugins: dict[bytes, str] = {}
        self._templates: dict[bytes, tuple[bytearray, bytearray]] = {}
        self._value_offsets: dict[int, int] = {}

    def take(self) -> list[Item]:
        """Return the items since the last call; in file order, except points of different tags."""
        self._flush_pending()
        items, self._items = self._items, []
        return items

    def decode(self, records: list[bytes]) -> None:
        """Decode payloads, each followed by its 4-byte checksum."""
        for start in range(0, len(records), RECORDS_AT_ONCE):
            if start:
                give_way()
            some = records[start : start + RECORDS_AT_ONCE]
            if FAST:
                self._match_or_parse(some)
            else:
                for record in some:
                    self._parse(record)
        self._set_last_wall_time(records[-1])

    def _match_or_parse(self, records: list[bytes]) -> None:
        """Copy the numbers of records with a known template; parse the others.

        The only loop of this package where speed matters: inlined, with local names.
        """
        templates, value_offsets = self._templates.get, self._value_offsets.get
        for record in records:
            size = len(record)
            if size > _MIN_RECORD and record[0] == WALL_TIME:
                rest = 9
                if record[9] == STEP:  # a varint: only its last byte has no high bit
                    rest = 11
                    while record[rest - 1] > 0x7F and rest < PREFIX:
                        rest += 1
                start = value_offsets(size - rest)
                if start is not None and (rest == 9 or record[rest - 1] < 0x80):
                    start += rest
                    end = start + 4
                    buffers = templates(record[rest:start] + record[end:-FOOTER])
                    if buffers is not None:
                        prefix_bytes, value_bytes = buffers
                        prefix_bytes += record[:PREFIX]
                        value_bytes += record[start:end]
                        continue
            self._parse(record)

    def _set_last_wall_time(self, record: bytes) -> None:
        if len(record) >= 9 + FOOTER and record[0] == WALL_TIME:
            self.last_wall_time = _read_double(record, 1)[0]

    def _flush_pending(self) -> None:
        """Append the pending points to the items that came before them."""
        taken = (pending.take() for pending in self._pending.values())
        self._items += [points for points in taken if points is not None]

    def _parse(self, record: bytes) -> None:
        """Parse one record as protobuf."""
        try:
            event = EventProto.FromString(record[:-FOOTER])
        except DecodeError:
            self.skipped += 1
            return
        what = event.WhichOneof("what")
        if what == "summary":
            self._take_summary(event, record)
        elif what == "graph_def":
            self.undrawn["graph"] = 1
        elif what == "session_log" and event.session_log.status == _SESSION_START:
            self._flush_pending()
            self._items.append(Restart(event.step))

    def _take_summary(self, event: Any, record: bytes) -> None:
        values = event.summary.value
        for value in values:
            try:
                self._take_value(event, value)
            except ValueError:
                self.skipped += 1
        if FAST and len(values) == 1 and (pending := self._pending.get(values[0].tag)):
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
        """Return the plugin of a value; only the first value of a tag has to name it."""
        tag = value.tag
        known = self._plugins.get(tag)
        if known is None:
            if len(self._plugins) >= MAX_TAGS or len(tag) > MAX_TAG_LENGTH:
                raise ValueError("too many tags, or a tag that is too long")
            known = self._plugins[tag] = plugin_of(value)
            if not is_drawn(known):
                self.undrawn[known] += 1
        return plugin_of(value) or known

    def _add_template(self, event: Any, record: bytes, pending: PendingPoints) -> None:
        """Store the template of a scalar record, if it has one and there is room."""
        pending.template_attempts += 1
        if pending.template_attempts > _MAX_ATTEMPTS or len(self._templates) >= _MAX_TEMPLATES:
            return
        template = find_template(event, record[:-FOOTER], pending.last_value)
        # One offset per size is enough: a file is written by one writer, in one style.
        size = template.rest_size + FOOTER if template else 0
        if (
            template
            and self._value_offsets.setdefault(size, template.value_offset) == template.value_offset
        ):
            self._templates[template.key] = pending.prefix_bytes, pending.value_bytes


class EventFile(PolledFile):
    """An event file; `read` it again whenever it `has_news`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._records = RecordFile(path)
        self._decoder = Decoder()

    @property
    def offset(self) -> int:
        """Bytes read as complete records so far."""
        return self._records.offset

    @property
    def skipped(self) -> int:
        """Number of records and values that could not be decoded, or were too large."""
        return self._decoder.skipped + self._records.oversized

    @property
    def undrawn(self) -> Counter[str]:
        """Number of tags of each plugin that are not decoded."""
        return self._decoder.undrawn

    @property
    def last_wall_time(self) -> float:
        """Wall time of the last record, in seconds since 1970; NaN if unknown."""
        return self._decoder.last_wall_time

    @property
    def problem(self) -> str:
        """Why some of the file cannot be read, as a sentence; or empty."""
        corrupt = self._records.corrupt
        some = f"{corrupt:,} records were" if corrupt > 1 else "1 record was"
        left_out = f"{some} left out: the checksum does not match" if corrupt else ""
        stopped = self.unreadable or self._records.damage
        return "; ".join(text for text in (stopped, left_out) if text)

    @property
    def fault(self) -> str:
        """The kind of that problem: ``gone``, ``unread``, ``damaged``, or empty."""
        if self.unreadable:
            return "gone" if self.gone else "unread"
        if not self.offset and self._records.damage:
            return "unread"
        return "damaged" if self._records.damage or self._records.corrupt else ""

    def read(self) -> bool:
        """Decode the next chunk; return False if there is no complete record to read.

        Raises:
            ReplacedError: The file was replaced: start again with a new `EventFile`.
        """
        try:
            records = self._records.read()
        except OSError as error:
            return self._failed(error)
        self.unreadable = ""
        if records:
            self._decoder.decode(records)
        return records is not None

    def take(self) -> list[Item]:
        """Return the items since the last call."""
        name = self.path.name
        return [
            replace(item, file=name) if isinstance(item, Scalars) else item
            for item in self._decoder.take()
        ]
