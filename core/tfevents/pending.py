"""Points of one tag that were read and not yet taken; most of them are still bytes.

Where the template of a record is known, its three numbers need no parsing. The reader copies the
bytes in which they stand, and all of them become numbers at once when they are taken, which costs
next to nothing a point. Points that were parsed stand between them in the order of the file.
"""

import math
from array import array
from typing import Final

import numpy as np

from core.tfevents.items import Float64Array, Int64Array, Scalars
from core.tfevents.templates import STEP

MAX_STEP_BYTES: Final = 5
"""Digits, of 7 bits each, of the greatest step that is taken from its bytes."""
PREFIX: Final = 10 + MAX_STEP_BYTES
"""Bytes at the front of a record that hold wall time and step, and perhaps some more."""
_WEIGHTS: Final = 1 << 7 * np.arange(MAX_STEP_BYTES, dtype=np.int64)


class PendingPoints:
    """Points of one tag, in the order in which they were written."""

    __slots__ = (
        "_steps",
        "_values",
        "_wall_times",
        "prefix_bytes",
        "tag",
        "template_attempts",
        "value_bytes",
    )

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.template_attempts = 0
        """How many times a template was looked for."""
        self.prefix_bytes, self.value_bytes = bytearray(), bytearray()
        """Of each point not parsed: the first `FRONT` bytes of its record, and its float32."""
        self._steps, self._wall_times, self._values = array("q"), array("d"), array("d")

    @property
    def last_value(self) -> float:
        """The value of the point that was added last; NaN when there is none to be seen."""
        return self._values[-1] if self._values else math.nan

    def add(self, step: int, wall_time: float, value: float) -> None:
        """Append a point that was parsed."""
        self._decode_bytes()
        self._steps.append(step)
        self._wall_times.append(wall_time)
        self._values.append(value)

    def take(self) -> Scalars | None:
        """The points as arrays of their own, or None without any."""
        self._decode_bytes()
        columns = self._steps, self._wall_times, self._values
        if not self._steps:
            return None
        points = Scalars(self.tag, *(np.array(column) for column in columns))
        for column in columns:
            del column[:]
        return points

    def _decode_bytes(self) -> None:
        """Turn the bytes into numbers."""
        if not self.prefix_bytes:
            return
        fronts = np.frombuffer(bytes(self.prefix_bytes), np.uint8).reshape(-1, PREFIX)
        self._steps.frombytes(_decode_steps(fronts).tobytes())
        self._wall_times.frombytes(_decode_wall_times(fronts).tobytes())
        numbers = np.frombuffer(bytes(self.value_bytes), "<f4")
        self._values.frombytes(numbers.astype(np.float64).tobytes())
        self.prefix_bytes.clear()
        self.value_bytes.clear()


def _decode_wall_times(prefixes: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> Float64Array:
    """The doubles behind the first byte of each front."""
    return np.ascontiguousarray(prefixes[:, 1:9]).view("<f8").reshape(-1)


def _decode_steps(prefixes: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> Int64Array:
    """The base-128 numbers, low digits first, where a front announces one; 0 elsewhere."""
    digits = prefixes[:, 10:].astype(np.int64)
    mine = np.ones(digits.shape, np.bool_)
    mine[:, 0] = prefixes[:, 9] == STEP
    mine[:, 1:] = digits[:, :-1] > 0x7F
    digits = np.where(np.logical_and.accumulate(mine, axis=1), digits & 0x7F, 0)
    steps: Int64Array = digits @ _WEIGHTS
    return steps
