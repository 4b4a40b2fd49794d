"""How many steps the next compiled call takes, so that a call lasts about 50 ms.

Short enough that a key or a signal waits for no more than that; long enough that Python costs
nothing.
"""

TARGET = 0.05
"""Seconds that one compiled call should last."""


class Pacer:
    """Learns a step's duration from the calls made."""

    def __init__(self) -> None:
        self._per_step = TARGET / 8

    @property
    def count(self) -> int:
        """Steps that should last `TARGET` seconds; at least one."""
        return max(1, int(TARGET / self._per_step))

    def took(self, steps: int, seconds: float) -> None:
        """Learn from a call; one slow call shortens the next, several make it a habit."""
        latest = max(seconds, 1e-6) / max(1, steps)
        self._per_step += 0.5 * (latest - self._per_step)
