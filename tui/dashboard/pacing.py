"""When the screen is updated: once for each state, and no faster than the terminal can take it."""

import time
from collections.abc import Callable
from typing import Protocol

from core.run.events import Event
from tui.dashboard.steering import IMMEDIATE


class Terminal(Protocol):
    """How far the terminal is behind what was written to it."""

    @property
    def is_stalled(self) -> bool:
        """Whether it takes nothing now."""

    @property
    def is_behind(self) -> bool:
        """Whether its byte rate is used up."""


class UpdatePacer:
    """Decides whether an update is due."""

    def __init__(self, fps: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.shown_version = -1
        """The version of the run that is on the screen; -1 for an outdated screen."""
        self._interval = 1 / fps
        self._clock = clock
        self._event_shown_at = float("-inf")
        self._is_urgent = False
        """Whether the answer to a key is not on the screen yet."""

    def invalidate(self, *, urgent: bool = False) -> None:
        """Have the next update draw, also if the run is unchanged."""
        self.shown_version = -1
        self._is_urgent = self._is_urgent or urgent

    def is_due_for(self, event: Event) -> bool:
        """Whether to show an event before the next frame; a long past has hundreds of events."""
        self._is_urgent = self._is_urgent or isinstance(event, IMMEDIATE)
        now = self._clock()
        if now - self._event_shown_at < self._interval:
            return False
        self._event_shown_at = now
        return True

    def should_draw(self, version: int, terminal: Terminal | None) -> bool:
        """Whether to draw this version of the run now.

        The answer to a key waits only for a terminal that is stalled, not for the byte rate.
        """
        if version == self.shown_version:
            return False
        if terminal is not None and (
            terminal.is_stalled if self._is_urgent else terminal.is_behind
        ):
            return False
        self.shown_version, self._is_urgent = version, False
        return True
