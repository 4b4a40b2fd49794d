"""Chunk size: how many steps one compiled call takes, so that it lasts about 60 ms.

That is short enough for a key or a signal to be handled within a tenth of a second, unless a single
step takes longer, and long enough for the Python between two calls to cost little. The steps up to
the next scheduled event are divided evenly: a short last call would cost as much as a long one.
"""

TARGET_SECONDS = 0.06
"""Seconds that one compiled call should last, plus or minus half of that."""


class ChunkSizer:
    """Estimates the duration of a step from previous calls."""

    def __init__(self) -> None:
        self._seconds_per_step = TARGET_SECONDS / 8

    def next_count(self, due: int) -> int:
        """Steps to take in the next call, if something is scheduled after `due` steps."""
        calls = max(1, round(due * self._seconds_per_step / TARGET_SECONDS))
        return max(1, due // calls)

    def record(self, steps: int, seconds: float) -> None:
        """Update the estimate: an exponential moving average, so one slow call counts half."""
        latest = max(seconds, 1e-6) / max(1, steps)
        self._seconds_per_step += 0.5 * (latest - self._seconds_per_step)
