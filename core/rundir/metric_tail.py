"""The numbers of a growing `metrics.jsonl`, from its beginning on and then as they come."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from core.run.attached_events import MetricPoints, MetricsVoided
from core.rundir.metric_lines import Segment, tables
from trainpad.files import open_plain, size_of

FIRST_CHUNK: Final = 256 * 1024
"""Bytes that are read at first, so that something is shown soon."""
PART: Final = 256 * 1024
"""Bytes of each of the parts that are read of a file that is not read whole."""
CHUNK: Final = 4 * 1024 * 1024
"""Bytes that are read at a time; a longer line is left out."""


class MetricTail:
    """Reads the file in chunks; a torn last line waits for its rest."""

    def __init__(self, path: Path, max_bytes: int | None = None) -> None:
        """`max_bytes` bounds what the first poll reads: of a longer file evenly spaced parts."""
        self._path = path
        self._max_bytes = max_bytes
        self._offset = 0
        self._skips = False
        """Whether the rest of a line that is too long is still to be left out."""

    def poll(self) -> Iterator[MetricPoints | MetricsVoided]:
        """The numbers that are new since the last call, a table for each chunk and set of names."""
        size = size_of(self._path)
        if size < self._offset:  # a torn line was cut off, or the file was replaced
            self._offset = size
        if self._max_bytes is not None and not self._offset and size > self._max_bytes:
            yield from self._parts(size, max(2, self._max_bytes // PART))
        chunk = CHUNK if self._offset else FIRST_CHUNK
        while self._offset < size:
            lines = self._lines(chunk)
            if lines is None:
                return
            yield from self._events(lines, size)
            chunk = CHUNK

    def _parts(self, size: int, count: int) -> Iterator[MetricPoints | MetricsVoided]:
        """The numbers of so many parts of the file, the first and the last among them."""
        for number in range(count):
            self._offset = round(number * (size - PART) / (count - 1))
            self._skips = self._offset > 0  # half a line
            if (lines := self._lines(PART)) is not None:
                yield from self._events(lines, size)

    def _events(self, lines: list[bytes], size: int) -> Iterator[MetricPoints | MetricsVoided]:
        fraction = min(1.0, self._offset / size)
        for found in tables(lines):
            if isinstance(found, Segment):
                yield MetricsVoided(found.step)
            else:
                steps, times = found.steps, found.times
                moment = float(times[-1])
                yield MetricPoints(found.names, steps, times, found.values, fraction, time=moment)

    def _lines(self, size: int) -> list[bytes] | None:
        """The next whole lines; None where there are none yet, or the file cannot be read."""
        content = b""
        with suppress(OSError), open_plain(self._path) as file:
            file.seek(self._offset)
            content = file.read(size)
        end = content.rfind(b"\n") + 1
        if not end:
            if len(content) < CHUNK:
                return self._lines(CHUNK) if len(content) == size else None
            self._offset = _after_hole(self._path, self._offset + len(content))
            self._skips = True
            return []
        self._offset += end
        lines = content[: end - 1].split(b"\n")
        if self._skips:
            self._skips = False
            del lines[0]
        return [line for line in lines if line.strip()]


def _after_hole(path: Path, offset: int) -> int:
    """The first offset from `offset` on with data: a sparse file may be terabytes of nothing."""
    try:
        with open_plain(path) as file:
            return os.lseek(file.fileno(), offset, os.SEEK_DATA)
    except OSError as error:
        return size_of(path) if error.errno == errno.ENXIO else offset
