"""Scalar points of one tag between reading and taking; most of them are still raw bytes.

For a record with a known template (`core.tfevents.templates`) the reader copies only the bytes of
its three numbers. They are decoded all at once when the points are taken, which costs almost
nothing per point. Parsed points are kept in between, in file order.
"""

import math
from array import array
from typing import Final

import numpy as np

from core.tfevents.items import Float64Array, Int64Array, Scalars
from core.tfevents.templates import STEP

MAX_STEP_BYTES: Final = 5
"""Bytes of the longest step that is decoded here: a varint of 7 bits per byte."""
PREFIX: Final = 10 + MAX_STEP_BYTES
"""Bytes at the start of a record that contain wall time and step (and perhaps more)."""
_WEIGHTS: Final = 1 << 7 * np.arange(MAX_STEP_BYTES, dtype=np.int64)


class PendingPoints:
    """Points of one tag, in file order."""

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
        """How many times a template was searched for."""
        self.prefix_bytes, self.value_bytes = bytearray(), bytearray()
        """For each raw point: the first `PREFIX` bytes of its record, and its float32."""
        self._steps, self._wall_times, self._values = array("q"), array("d"), array("d")

    @property
    def last_value(self) -> float:
        """The value of the last parsed point; NaN without one."""
        return self._values[-1] if self._values else math.nan

    def add(self, step: int, wall_time: float, value: float) -> None:
        """Append a parsed point."""
        self._decode_bytes()
        self._steps.append(step)
        self._wall_times.append(wall_time)
        self._values.append(value)

    def take(self) -> Scalars | None:
        """Remove and return all points as new arrays, or None without any."""
        self._decode_bytes()
        columns = self._steps, self._wall_times, self._values
        if not self._steps:
            return None
        steps, wall_times, values = (np.array(column) for column in columns)
        points = Scalars(self.tag, steps, wall_times, values)
        for column in columns:
            del column[:]
        return points

    def _decode_bytes(self) -> None:
        """Decode the raw points."""
        if not self.prefix_bytes:
            return
        prefixes = np.frombuffer(bytes(self.prefix_bytes), np.uint8).reshape(-1, PREFIX)
        self._steps.frombytes(_decode_steps(prefixes).tobytes())
        self._wall_times.frombytes(_decode_wall_times(prefixes).tobytes())
        values = np.frombuffer(bytes(self.value_bytes), "<f4")
        self._values.frombytes(values.astype(np.float64).tobytes())
        self.prefix_bytes.clear()
        self.value_bytes.clear()


def _decode_wall_times(prefixes: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> Float64Array:
    """Return the double after the first byte of each prefix."""
    return np.ascontiguousarray(prefixes[:, 1:9]).view("<f8").reshape(-1)


def _decode_steps(prefixes: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> Int64Array:
    """Return the varint after the step's field tag in each prefix; 0 without that tag."""
    digits = prefixes[:, 10:].astype(np.int64)
    is_step = np.ones(digits.shape, np.bool_)
    is_step[:, 0] = prefixes[:, 9] == STEP
    is_step[:, 1:] = digits[:, :-1] > 0x7F
    digits = np.where(np.logical_and.accumulate(is_step, axis=1), digits & 0x7F, 0)
    steps: Int64Array = digits @ _WEIGHTS
    return steps
