"""Limit how often something is done: at once when idle, and once more when the interval ends."""

import time
from collections.abc import Callable
from typing import Any

Action = Callable[[], None]
SetTimer = Callable[[float, Action], Any]
"""Textual's `set_timer`: call an action after some seconds."""


class Throttle:
    """At most one action per interval; the last one requested is always done.

    Either its owner asks for `remaining` and calls `start` itself, or `call` does both, with a
    timer for the trailing edge.
    """

    def __init__(
        self,
        interval: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        *,
        grace: float = 0.0,
    ) -> None:
        """Allow an action every `interval` seconds.

        The trailing action of `call` waits `grace` seconds longer, so that a call which comes then
        is the leading one of the next interval.
        """
        self._interval = interval
        self._grace = grace
        self._clock = clock
        self._ready_at = float("-inf")
        self._pending: Action | None = None
        self._has_timer = False

    @property
    def remaining(self) -> float:
        """Seconds until the next action is allowed; 0 if it is now."""
        return max(0.0, self._ready_at - self._clock())

    @property
    def is_idle(self) -> bool:
        """Whether no action of `call` is waiting for its timer."""
        return not self._has_timer

    def start(self, interval: float | None = None) -> None:
        """Allow no action for `interval` seconds from now on; by default the usual interval."""
        self._ready_at = self._clock() + (self._interval if interval is None else interval)

    def reset(self) -> None:
        """Allow the next action at once."""
        self._ready_at = float("-inf")

    def call(self, action: Action, set_timer: SetTimer) -> None:
        """Do `action` now if the interval is over, else when it ends; the newest wins."""
        self._pending = action
        remaining = self.remaining
        if not remaining:
            self._pending = None
            self.start()
            action()
        elif not self._has_timer:
            self._has_timer = True
            set_timer(remaining + self._grace, lambda: self._interval_over(set_timer))

    def _interval_over(self, set_timer: SetTimer) -> None:
        self._has_timer = False
        if self._pending is not None:
            self.call(self._pending, set_timer)
