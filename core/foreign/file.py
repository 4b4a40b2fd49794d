"""Read one growing file of a foreign format, piece by piece; notice when it was rewritten.

Some programs rewrite their files: Lightning when a new column comes, Hugging Face's Trainer at each
checkpoint. So the first bytes, and the last ones that were read, are compared at each read; where
they differ, the file is read again from its beginning.
"""

import math
import time
from collections import Counter
from pathlib import Path
from typing import Final

from core.foreign.collector import Format
from core.foreign.encoding import Utf8Converter
from core.foreign.formats import format_of
from core.tfevents.items import Item
from core.tfevents.polled import PolledFile
from core.tfevents.records import ReplacedError
from trainpad.files import open_plain

CHUNK: Final = 1 << 20
"""Bytes read at a time."""
SETTLED: Final = 2.0
"""Seconds after which a last line without an end is taken as complete."""
_COMPARED: Final = 4096
"""Bytes at the beginning that are compared, and as many before where reading goes on."""


class ForeignFile(PolledFile):
    """A file in a format of `core.foreign.formats`; `read` it again whenever it `has_news`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.offset = 0
        """Bytes read so far."""
        self._format: Format | None = None
        self._converter = Utf8Converter()
        self._head = self._tail = b""
        self._is_finished = False
        """Whether the last line was read without its end."""

    @property
    def skipped(self) -> int:
        """Number of lines, records and values that could not be read."""
        return self._format.skipped if self._format else 0

    @property
    def undrawn(self) -> Counter[str]:
        """Number of names of each kind of values that are not drawn."""
        return self._format.undrawn if self._format else Counter()

    @property
    def last_wall_time(self) -> float:
        """Time of the last point, in seconds since 1970; the file's own where it does not say."""
        known = self._format.last_wall_time if self._format else math.nan
        return self.modified if math.isnan(known) and self.offset else known

    @property
    def problem(self) -> str:
        """Why the file cannot be read, as a sentence; or empty."""
        return self.unreadable

    @property
    def fault(self) -> str:
        """The kind of that problem: ``gone``, ``unread``, or empty."""
        return "" if not self.unreadable else "gone" if self.gone else "unread"

    def has_news(self) -> bool:
        """Return whether the file changed, or ends with a line that nothing was appended to."""
        if super().has_news():
            return True
        waits = self._format is not None and self._format.has_rest
        return waits and not self.unreadable and self._is_settled()

    def read(self) -> bool:
        """Read the next piece; return False if there is none.

        Raises:
            ReplacedError: The file was rewritten: start again with a new `ForeignFile`.
        """
        try:
            data = self._next_bytes()
        except OSError as error:
            return self._failed(error)
        self.unreadable = ""
        if not data:
            return self._finish()
        if self._is_finished and data[:1] not in (b"\r", b"\n"):
            raise ReplacedError(str(self.path))  # the line was not complete after all
        self._is_finished = False
        self._format = self._format or format_of(data)
        if self._format is None:
            self.unreadable = "is of no format that can be read any more"
            return False
        self._format.feed(self._converter.convert(data))
        self._advance(data)
        return True

    def take(self) -> list[Item]:
        """Return the items since the last call."""
        return self._format.take() if self._format else []

    def _next_bytes(self) -> bytes:
        """Return up to `CHUNK` new bytes, after comparing the ones before."""
        with open_plain(self.path) as file:
            if file.read(len(self._head)) != self._head:
                raise ReplacedError(str(self.path))
            file.seek(self.offset - len(self._tail))
            data = file.read(len(self._tail) + CHUNK)
        if not data.startswith(self._tail):
            raise ReplacedError(str(self.path))
        return data[len(self._tail) :]

    def _advance(self, data: bytes) -> None:
        self.offset += len(data)
        self._tail = (self._tail + data)[-_COMPARED:]
        if len(self._head) < _COMPARED:
            self._head = (self._head + data)[:_COMPARED]

    def _finish(self) -> bool:
        """Read the last line where it has no end and nothing more comes; return whether it was."""
        if self._format is None or not self._format.has_rest or not self._is_settled():
            return False
        self._format.finish()
        self._is_finished = True
        return True

    def _is_settled(self) -> bool:
        return time.time() - self.modified >= SETTLED
