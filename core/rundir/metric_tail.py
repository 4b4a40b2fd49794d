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


class LineChunks:
    """The whole lines of a growing file, some megabytes at a time; a torn last one waits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset = 0
        """Where the next line begins."""
        self._skips = False
        """Whether the rest of a line that is too long, or was begun before, is to be left out."""

    def seek(self, offset: int) -> None:
        """Go on at this byte; half a line there is left out."""
        self.offset, self._skips = offset, offset > 0

    def read(self, size: int = CHUNK) -> bytes | None:
        """The next whole lines; None where there are none yet, or the file cannot be read."""
        content = b""
        with suppress(OSError), open_plain(self._path) as file:
            file.seek(self.offset)
            content = file.read(size)
        end = content.rfind(b"\n") + 1
        if not end:
            if len(content) < CHUNK:
                return self.read() if len(content) == size else None
            self.offset = _after_hole(self._path, self.offset + len(content))
            self._skips = True
            return b""
        self.offset += end
        lines = content[: end - 1]
        if self._skips:
            self._skips = False
            lines = lines.partition(b"\n")[2]
        return lines


class MetricTail:
    """Reads the numbers in the file as tables."""

    def __init__(self, path: Path, max_bytes: int | None = None) -> None:
        """`max_bytes` bounds what the first poll reads: of a longer file evenly spaced parts."""
        self._path = path
        self._max_bytes = max_bytes
        self._lines = LineChunks(path)

    def poll(self) -> Iterator[MetricPoints | MetricsVoided]:
        """The numbers that are new since the last call, a table for each chunk and set of names."""
        size, lines = size_of(self._path), self._lines
        if size < lines.offset:  # a torn line was cut off, or the file was replaced
            lines.offset = size
        if self._max_bytes is not None and not lines.offset and size > self._max_bytes:
            yield from self._parts(size, max(2, self._max_bytes // PART))
        chunk = CHUNK if lines.offset else FIRST_CHUNK
        while lines.offset < size:
            content = lines.read(chunk)
            if content is None:
                return
            yield from self._events(content, size)
            chunk = CHUNK

    def _parts(self, size: int, count: int) -> Iterator[MetricPoints | MetricsVoided]:
        """The numbers of so many parts of the file, the first and the last among them."""
        for number in range(count):
            self._lines.seek(round(number * (size - PART) / (count - 1)))
            if (content := self._lines.read(PART)) is not None:
                yield from self._events(content, size)

    def _events(self, content: bytes, size: int) -> Iterator[MetricPoints | MetricsVoided]:
        fraction = min(1.0, self._lines.offset / size)
        for found in tables(content):
            if isinstance(found, Segment):
                yield MetricsVoided(found.step)
            else:
                steps, times = found.steps, found.times
                moment = float(times[-1])
                yield MetricPoints(found.names, steps, times, found.values, fraction, time=moment)


def _after_hole(path: Path, offset: int) -> int:
    """The first offset from `offset` on with data: a sparse file may be terabytes of nothing."""
    try:
        with open_plain(path) as file:
            return os.lseek(file.fileno(), offset, os.SEEK_DATA)
    except OSError as error:
        return size_of(path) if error.errno == errno.ENXIO else offset
