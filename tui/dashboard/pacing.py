"""When the screen is updated: once for each state, and no faster than the terminal can take it."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from core.run.events import Event
from tui.dashboard.steering import URGENT
from tui.terminal.environment import Pace

MAX_INTERVAL: Final = 0.45
"""Seconds between two frames at most, if anything has changed."""


class Terminal(Protocol):
    """How far the terminal is behind what was written to it."""

    @property
    def is_stalled(self) -> bool:
        """Whether it accepts no output now."""

    @property
    def is_behind(self) -> bool:
        """Whether its byte budget is used up."""


class UpdatePacer:
    """Decides whether an update is due."""

    def __init__(
        self,
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        """Within the limits of `pace`; the second clock counts the CPU seconds of the thread."""
        self.shown_version = -1
        """The version of the run that is on the screen; -1 for an outdated screen."""
        self._interval, self._share = 1 / pace.fps, pace.cpu_share
        self._clock, self._cpu_clock = clock, cpu_clock
        self._drawn_at, self._cpu_at_draw = float("-inf"), 0.0
        self._event_shown_at = float("-inf")
        self._is_urgent = False
        """Whether the answer to a key is not on the screen yet."""

    def invalidate(self, *, urgent: bool = False) -> None:
        """Have the next update draw, also if the run is unchanged."""
        self.shown_version = -1
        self._is_urgent = self._is_urgent or urgent

    def take_event(self, event: Event) -> bool:
        """Note an event; return whether to draw it before the next frame (and count it as drawn).

        A run that is replayed may have hundreds.
        """
        self._is_urgent = self._is_urgent or isinstance(event, URGENT)
        now = self._clock()
        if now - self._event_shown_at < self._interval:
            return False
        self._event_shown_at = now
        return True

    def begin_draw(self, version: int, terminal: Terminal | None) -> bool:
        """Return whether to draw this version of the run now, and count it as drawn.

        The answer to a key waits only for a terminal that is stalled, not for the byte rate or
        the share of a core.
        """
        if version == self.shown_version or not (self._is_urgent or self._is_affordable()):
            return False
        if terminal is not None and (
            terminal.is_stalled if self._is_urgent else terminal.is_behind
        ):
            return False
        self.shown_version, self._is_urgent = version, False
        self._drawn_at, self._cpu_at_draw = self._clock(), self._cpu_clock()
        return True

    def _is_affordable(self) -> bool:
        """Whether what this thread has done since the last frame is within its share."""
        if self._share is None:
            return True
        spent = self._cpu_clock() - self._cpu_at_draw
        return self._clock() - self._drawn_at >= min(MAX_INTERVAL, spent / self._share)
