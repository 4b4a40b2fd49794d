"""Points of one tag that were read and not yet taken; most of them are still bytes.

Where the template of a record is known, its three numbers need no parsing. The reader copies the
bytes in which they stand, and all of them become numbers at once when they are taken, which costs
next to nothing a point. Points that were parsed stand between them in the order of the file.
"""

import math
from array import array
from typing import Final

import numpy as np

from core.tfevents.items import Floats, Integers, Scalars
from core.tfevents.templates import STEP

DIGITS: Final = 5
"""Digits, of 7 bits each, of the greatest step that is taken from its bytes."""
FRONT: Final = 10 + DIGITS
"""Bytes at the front of a record that hold wall time and step, and perhaps some more."""
_WEIGHTS: Final = 1 << 7 * np.arange(DIGITS, dtype=np.int64)


class Pending:
    """Points of one tag, in the order in which they were written."""

    __slots__ = ("_steps", "_values", "_wall_times", "attempts", "fronts", "numbers", "tag")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.attempts = 0
        """How many times a template was looked for."""
        self.fronts, self.numbers = bytearray(), bytearray()
        """Of each point not parsed: the first `FRONT` bytes of its record, and its float32."""
        self._steps, self._wall_times, self._values = array("q"), array("d"), array("d")

    @property
    def parsed(self) -> float:
        """The value of the point that was added last; NaN when there is none to be seen."""
        return self._values[-1] if self._values else math.nan

    def add(self, step: int, wall_time: float, value: float) -> None:
        """Append a point that was parsed."""
        self._number()
        self._steps.append(step)
        self._wall_times.append(wall_time)
        self._values.append(value)

    def take(self) -> Scalars | None:
        """The points as arrays of their own, or None without any."""
        self._number()
        columns = self._steps, self._wall_times, self._values
        if not self._steps:
            return None
        points = Scalars(self.tag, *(np.array(column) for column in columns))
        for column in columns:
            del column[:]
        return points

    def _number(self) -> None:
        """Turn the bytes into numbers."""
        if not self.fronts:
            return
        fronts = np.frombuffer(bytes(self.fronts), np.uint8).reshape(-1, FRONT)
        self._steps.frombytes(_steps(fronts).tobytes())
        self._wall_times.frombytes(_wall_times(fronts).tobytes())
        numbers = np.frombuffer(bytes(self.numbers), "<f4")
        self._values.frombytes(numbers.astype(np.float64).tobytes())
        self.fronts.clear()
        self.numbers.clear()


def _wall_times(fronts: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> Floats:
    """The doubles behind the first byte of each front."""
    return np.ascontiguousarray(fronts[:, 1:9]).view("<f8").reshape(-1)


def _steps(fronts: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> Integers:
    """The base-128 numbers, low digits first, where a front announces one; 0 elsewhere."""
    digits = fronts[:, 10:].astype(np.int64)
    mine = np.ones(digits.shape, np.bool_)
    mine[:, 0] = fronts[:, 9] == STEP
    mine[:, 1:] = digits[:, :-1] > 0x7F
    digits = np.where(np.logical_and.accumulate(mine, axis=1), digits & 0x7F, 0)
    steps: Integers = digits @ _WEIGHTS
    return steps
