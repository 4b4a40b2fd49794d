"""How a recorded run is played again: at a speed that can be changed, and paused."""

import time
from collections.abc import Callable
from typing import Final

SPEED_STEP: Final = 2.0
MIN_SPEED, MAX_SPEED = 0.125, 4096.0
"""How many times as fast as the run was."""


class Playback:
    """The position in a recorded run; one thread changes it, another one reads it."""

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # One tuple, replaced whole, so that the other thread never sees half a change.
        self._state = _limited(speed), False, 0.0, clock()

    @property
    def speed(self) -> float:
        """How many times as fast as the run was."""
        return self._state[0]

    @property
    def is_paused(self) -> bool:
        """Whether the position stays where it is."""
        return self._state[1]

    @property
    def position(self) -> float:
        """Seconds of the run that have been played."""
        speed, is_paused, played, since = self._state
        return played if is_paused else played + speed * (self._clock() - since)

    @property
    def label(self) -> str:
        """The state in a few words."""
        return f"replay ×{self.speed:g}{' paused' if self.is_paused else ''}"

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        self._state = self.speed, not self.is_paused, self.position, self._clock()

    def change_speed(self, steps: int) -> None:
        """Double the speed as many times; halve it for negative ones."""
        speed = _limited(self.speed * SPEED_STEP**steps)
        self._state = speed, self.is_paused, self.position, self._clock()


def _limited(speed: float) -> float:
    return min(max(speed, MIN_SPEED), MAX_SPEED)
