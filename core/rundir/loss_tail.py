"""The losses of a run of ours as they are recorded, a piece at a time.

The file of a resumed run is cut at the step at which it goes on. It may have grown beyond what was
read by the next poll, so the last bytes that were read are compared.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.run.attached_events import MetricPoints, MetricsVoided
from core.rundir.rundir import RunDir
from trainpad.files import read_range

PIECE: Final = 1 << 18
"""How many losses are read at a time: 1 MiB."""
_COMPARED: Final = 256
"""How many bytes before the next piece are compared."""


class LossTail:
    """The new losses of one run, as the metric ``loss``."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._steps_read = 0
        self._tail = b""

    def poll(self) -> Iterator[MetricPoints | MetricsVoided]:
        """Yield what is new; where losses were replaced, all of them once more."""
        while (steps := self._run.steps_recorded) != self._steps_read:
            content = self._next_piece(steps)
            if content is None:
                self._steps_read, self._tail = 0, b""
                yield MetricsVoided(0)
                continue
            count = len(content) // 4
            if not count:
                return
            first, self._steps_read = self._steps_read, self._steps_read + count
            self._tail = (self._tail + content)[-_COMPARED:]
            yield _points(first, content)

    def _next_piece(self, steps: int) -> bytes | None:
        """The next losses, whole ones, empty where there are none; None if earlier ones differ."""
        many = min(steps - self._steps_read, PIECE)
        if many < 0:
            return None
        start = 4 * self._steps_read - len(self._tail)
        try:
            content = read_range(self._run.losses, start, len(self._tail) + 4 * many)
        except OSError:
            return b""
        if not content.startswith(self._tail):
            return None
        content = content[len(self._tail) :]
        return content[: len(content) // 4 * 4]


def _points(first: int, content: bytes) -> MetricPoints:
    values = np.frombuffer(content, "<f4").astype(np.float32)
    steps = np.arange(first, first + len(values))
    return MetricPoints(("loss",), steps, np.zeros(len(values)), values[:, np.newaxis])
