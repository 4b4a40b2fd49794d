"""The events of a growing `events.jsonl`, read line by line and up to a limit."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson

from core.run.events import Evaluated, Event
from core.rundir.validation import count, parse_event, time
from trainpad.files import modified_at, open_plain, size_of

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""A longer line is no event."""
MAX_BYTES: Final = 1 << 30
"""What follows in the file is not read."""
LIST_BYTES: Final = 64 * 1024 * 1024
"""How much is read for a list of runs, from the end of the file."""
_EVALUATED: Final = re.compile(
    rb'{"event": "evaluated", "time": ([1-9][0-9]*(?:\.[0-9]+)?), "step": (0|[1-9][0-9]*), '
    rb'"confusion": {[^{}]*"validation": (\[\[[0-9, \[\]]*\]\])[,}]'
)
Parse = Callable[[bytes], Event | None]


class EventTail:
    """The events of a growing file; a torn last line is read once it is whole."""

    def __init__(self, path: Path, *, start: int = 0, parse: Parse = parse_event) -> None:
        """Begin at byte `start`; a line that began before it is left out."""
        self._path = path
        self._parse = parse
        self._stamp = (0, 0.0)
        self._stop = start + MAX_BYTES
        self.offset = start
        """Where the first line begins that was not whole at the last poll."""

    def poll(self) -> list[Event]:
        """The valid events in the lines that are new since the last call."""
        stamp = size_of(self._path), modified_at(self._path)
        if stamp == self._stamp or stamp[0] <= self.offset:
            return []
        found: list[Event] = []
        with suppress(OSError):  # the rest is read by the next poll
            found.extend(e for line in self._lines() if (e := self._parse(line)) is not None)
            self._stamp = stamp
        return found

    def _lines(self) -> Iterator[bytes]:
        with open_plain(self._path) as file:
            file.seek(self.offset)
            while self.offset < self._stop and (line := file.readline(MAX_LINE_BYTES)):
                is_whole = line.endswith(b"\n")
                if not is_whole and len(line) < MAX_LINE_BYTES:
                    return  # a torn line may be cut off and another one written in its place
                self.offset += len(line)
                if is_whole:
                    yield line


class ListedEvents:
    """The events of a run as a list of runs needs them, kept from one poll to the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tail: EventTail | None = None
        self._events: list[Event] = []

    def poll(self) -> list[Event]:
        """All valid events until now, or those at the end of the file where it is very long."""
        size = size_of(self._path)
        if self._tail is None or size < self._tail.offset:
            start = max(0, size - LIST_BYTES)
            self._tail, self._events = EventTail(self._path, start=start, parse=parse_listed), []
        self._events += self._tail.poll()
        return self._events


def parse_listed(line: bytes) -> Event | None:
    """The event in a line, an evaluation with its accuracy on validation alone.

    A run may have 50,000 evaluations of three matrices each, which take seconds to validate.
    """
    found = _EVALUATED.match(line)
    if found and line.endswith(b"}\n"):
        try:
            return _parse_accuracy(*found.groups())
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
            pass  # written by another program, or damaged
    return parse_event(line)


def _parse_accuracy(moment: bytes, step: bytes, matrix: bytes) -> Evaluated:
    rows = orjson.loads(matrix)  # of whole numbers, none of them negative
    if {*map(len, rows)} != {len(rows)}:
        raise ValueError("not a confusion matrix")
    total = count(sum(map(sum, rows)))
    right = sum([row[label] for label, row in enumerate(rows)])
    confusion = {"validation": [[right, total - right], [0, 0]]}
    return Evaluated(count(int(step)), confusion, {}, 0.0, time=time(float(moment)))
