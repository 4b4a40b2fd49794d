"""Read the events of an attached run: those of `events.jsonl`, and the numbers of `metrics.jsonl`.

Numbers and events are independent of each other: an event is a mark at its step, and a number is a
point at its own. So both files are read as they grow, the short one first.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from typing import Final

import numpy as np

from core.run.attached_events import Described, MetricPoints, MetricsVoided
from core.run.events import (
    Event,
    Opened,
    StepEvent,
)
from core.rundir.attached_validation import parse_attached_event
from core.rundir.event_tail import EventTail
from core.rundir.metric_tail import MetricTail
from core.rundir.reader_base import ReaderBase
from core.rundir.rundir import RunDir
from trainpad.control import Control
from trainpad.errors import RunError
from trainpad.files import RUN_FILE, modified_at, size_of

LONG: Final = 1 << 20
"""Bytes of a file of numbers from which on it is said at once that they are being read."""
REPLAY_INTERVAL: Final = 0.2
"""Seconds of the run that one table of numbers spans while it is replayed."""


class AttachedReader(ReaderBase):
    """Reads the directory of an attached run incrementally: each `poll` yields what is new."""

    def __init__(self, run: RunDir, max_bytes: int | None = None) -> None:
        """`max_bytes` bounds what is read of the numbers at first: of more, evenly spaced parts."""
        super().__init__(run)
        self._events = EventTail(run.events, parse=parse_attached_event)
        self._metrics = MetricTail(run.metrics, max_bytes)
        self._info_stamp = (0, 0.0)
        """Size and time of the `run.json` that was read last."""
        self._has_read = False
        """Whether its numbers were read once, as far as there were any."""

    def opened(self, control: Control | None) -> Iterator[Event]:
        """The `Opened` event of the run.

        Raises:
            RunError: it is no run directory, or cannot be read.
        """
        self._info_stamp = self._stamp()
        yield Opened(str(self._run.path), self._info(), control)

    def _stamp(self) -> tuple[int, float]:
        path = self._run.path / RUN_FILE
        return size_of(path), modified_at(path)

    def _new_info(self) -> Iterator[Event]:
        """What `run.json` says now, if it was replaced."""
        if (stamp := self._stamp()) == self._info_stamp:
            return
        self._info_stamp = stamp
        with suppress(RunError):  # it is gone, or damaged: what was read before still holds
            yield Described(self._info())

    def poll(self) -> Iterator[Event]:
        """The events and numbers since the last call."""
        yield from self._new_info()
        yield from self._new_events()
        fraction, is_first = 1.0, not self._has_read
        if is_first and size_of(self._run.metrics) > LONG:
            fraction = 0.0
            yield _no_points(fraction)
        self._has_read = True
        for found in self._metrics.poll():
            if isinstance(found, MetricPoints):
                self.step = max(self.step, int(found.steps.max()) + 1)
                fraction = found.fraction_read
            is_first = False
            yield found
            yield from self._new_events()
        if fraction < 1.0 or is_first:  # there are no numbers at its end, or none at all
            yield _no_points(1.0)

    def replayed(self) -> Iterator[Event]:
        """All events and numbers until now, in the order of their times."""
        events = [*self._new_events()]
        for found in self._metrics.poll():
            events += _pieces(found) if isinstance(found, MetricPoints) else [found]
        moment = 0.0
        timed = []
        for event in events:  # a segment has no time of its own
            moment = moment if isinstance(event, MetricsVoided) else event.time
            timed.append((moment, event))
        timed.sort(key=lambda entry: entry[0])
        if timed:
            yield _no_points(1.0, time=timed[0][0])
        yield from (event for _, event in timed)

    def weights(self) -> Iterator[Event]:
        """Nothing: the checkpoints of other programs have formats of their own."""
        yield from ()

    def _new_events(self) -> Iterator[Event]:
        for event in self._events.poll():
            self._note(event)
            yield event

    def _note(self, event: Event) -> None:
        super()._note(event)
        if isinstance(event, StepEvent):
            self.step = max(self.step, event.step)


def _no_points(fraction_read: float, **when: float) -> MetricPoints:
    """The event that says how much of the file was read, without numbers."""
    nothing = np.zeros(0)
    return MetricPoints(
        (), nothing.astype(np.int64), nothing, np.zeros((0, 0), np.float32), fraction_read, **when
    )


def _pieces(points: MetricPoints) -> Iterator[MetricPoints]:
    """The rows of a table by the time at which they were logged."""
    ticks = (points.times // REPLAY_INTERVAL).tolist()
    for _, group in groupby(range(len(ticks)), key=ticks.__getitem__):
        rows = np.fromiter(group, np.int64)
        yield MetricPoints(
            points.names,
            points.steps[rows],
            points.times[rows],
            points.values[rows],
            time=float(points.times[rows[-1]]),
        )
