"""What happens in a run that a person may want to know: its end, a number that is NaN, a stall."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.rundir.attached import line_values
from core.rundir.json_tail import JsonTail
from core.rundir.rundir import RunDir
from trainpad.files import size_of
from trainpad.text import sanitize

STALL_SECONDS: Final = 600.0
"""Seconds without a sign of progress, unless the user says how many."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a person is notified of."""

    kind: str
    """``finish``, ``fail``, ``nan`` or ``stall``."""
    state: str
    """The run's state."""
    reason: str


class RunWatch:
    """Reads what is new in a run's files, and finds occasions in it."""

    def __init__(self, run: RunDir, stall_seconds: float, now: float) -> None:
        """Watch a run from here on.

        Args:
            run: The run.
            stall_seconds: Seconds without progress that are a stall.
            now: Seconds of a clock that only goes forward.
        """
        self._run = run
        self._stall_seconds = stall_seconds
        self._events = JsonTail(run.events, last=0)
        self._metrics = JsonTail(run.metrics, last=0)
        self._grown = self._sizes()
        self._progress_at = now
        self.is_idle = False
        """Whether no progress is expected: the run is paused or over."""
        self._has_stalled = False
        self._nan: set[str] = set()

    def poll(self, now: float) -> Iterator[Occasion]:
        """Yield what happened since the last call."""
        while events := self._events.poll():
            for event in events:
                yield from self._of_event(event)
        while lines := self._metrics.poll():
            for line in lines:
                yield from self._of_numbers(line)
        sizes = self._sizes()
        if sizes != self._grown or self.is_idle:
            self._grown, self._progress_at, self._has_stalled = sizes, now, False
        elif now - self._progress_at >= self._stall_seconds and not self._has_stalled:
            self._has_stalled = True
            yield Occasion("stall", "training", f"no progress for {self._stall_seconds:g} seconds")

    def _of_event(self, event: Mapping[str, Any]) -> Iterator[Occasion]:
        match event:
            case {"event": "finished"}:
                self.is_idle = True
                reason = sanitize(str(event.get("reason") or "done"), limit=200)
                state = "done" if reason.startswith("done") else "stopped"
                yield Occasion("finish", state, reason)
            case {"event": "failed"}:
                self.is_idle = True
                yield Occasion("fail", "failed", sanitize(str(event.get("text")), limit=200))
            case {"event": "diverged"}:
                self.is_idle = True
                if isinstance(event.get("loss"), str):
                    yield Occasion("nan", "diverged", f"the loss is {event['loss'][:9]}")
                yield Occasion("fail", "diverged", sanitize(str(event.get("why")), limit=200))
            case {"event": "paused"}:
                self.is_idle = True
            case {"event": "continued" | "started"}:
                self.is_idle = False

    def _of_numbers(self, line: Mapping[str, Any]) -> Iterator[Occasion]:
        """Yield an occasion for each name when its value ceases to be finite."""
        for name, value in line_values(line).items():
            if math.isfinite(value):
                self._nan.discard(name)
            elif name not in self._nan:
                self._nan.add(name)
                yield Occasion("nan", "training", f"{name} is {value} at step {line.get('step')}")

    def _sizes(self) -> tuple[int, ...]:
        run = self._run
        return tuple(map(size_of, (run.losses, run.metrics, run.events, run.log)))
