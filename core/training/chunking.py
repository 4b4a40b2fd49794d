"""How many steps the next compiled call takes, so that a call lasts about 60 ms.

Short enough that a key or a signal waits for a tenth of a second at most, unless a single step
takes longer; long enough that what Python does between two calls costs little. Steps up to which
something is due are cut evenly: a short call at the end would cost as much as a long one.
"""

TARGET_SECONDS = 0.06
"""Seconds that one compiled call should last, give or take a half."""


class ChunkSizer:
    """Learns a step's duration from the calls made."""

    def __init__(self) -> None:
        self._per_step = TARGET_SECONDS / 8

    def next_count(self, due: int) -> int:
        """Steps to take in the next call, if something else has to be done after `due` steps."""
        calls = max(1, round(due * self._per_step / TARGET_SECONDS))
        return max(1, due // calls)

    def record(self, steps: int, seconds: float) -> None:
        """Learn from a call; one slow call shortens the next, several make it a habit."""
        latest = max(seconds, 1e-6) / max(1, steps)
        self._per_step += 0.5 * (latest - self._per_step)
