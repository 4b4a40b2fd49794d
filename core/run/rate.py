"""How many steps are done in a second: of our chunks, or by the steps and times of a log."""

from collections import deque
from typing import Final

from core.run.pyramid import Float64s, Int64s

WINDOW: Final = 10.0
"""Seconds that the rate is the mean of."""
CHUNK_WINDOW: Final = 2.0
"""The same of our own runs, of which the time of every chunk is known."""
MIN_KNOTS: Final = 5
"""Tables of numbers that are used where steps take longer than that."""


class ChunkRate:
    """The rate of the chunks of the last seconds of training, without pauses."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[int, float, float]] = deque()

    def clear(self) -> None:
        """Start over: training began, or went on after a pause."""
        self._chunks.clear()

    def add(self, steps: int, time: float, seconds: float) -> None:
        """Add a chunk that ended at the Unix time `time` and took so many seconds."""
        self._chunks.append((steps, time, seconds))
        # After the clock was set back, chunks before that are as far away as old ones.
        while abs(time - self._chunks[0][1]) > CHUNK_WINDOW:
            self._chunks.popleft()

    @property
    def per_second(self) -> float:
        """Steps per second; 0 without any chunk."""
        seconds = sum(chunk[2] for chunk in self._chunks)
        return sum(chunk[0] for chunk in self._chunks) / seconds if seconds else 0.0


class StepRate:
    """The rate of the newest steps, since training began or went on after a pause."""

    def __init__(self) -> None:
        self._knots: deque[tuple[int, float]] = deque()
        self._since = 0.0

    def clear(self, since: float) -> None:
        """Use only steps that were logged after the Unix time `since`."""
        self._knots.clear()
        self._since = since

    def add(self, steps: Int64s, times: Float64s) -> None:
        """Add the first and the last step of a table; those that come late do not count."""
        for index in dict.fromkeys((0, len(steps) // 2, len(steps) - 1)):
            step, time = int(steps[index]), float(times[index])
            newest = self._knots[-1] if self._knots else (-1, self._since)
            if step > newest[0] and time >= newest[1]:
                self._knots.append((step, time))
        while len(self._knots) > MIN_KNOTS and self._knots[-1][1] - self._knots[1][1] > WINDOW:
            self._knots.popleft()

    @property
    def per_second(self) -> float:
        """Steps per second; 0 while it is not known."""
        if len(self._knots) < 2:
            return 0.0
        (first, begun), (last, ended) = self._knots[0], self._knots[-1]
        return (last - first) / (ended - begun) if ended > begun else 0.0
