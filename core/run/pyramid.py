"""A min/max/mean pyramid over a growing series (a mipmap): any zoom in O(screen width).

Besides every value as float32, it stores minimum, maximum, sum and count of each complete block of
8, 64, 512, ... values: 7 bytes a value in all. A query reads the coarsest blocks that still resolve
its columns, so that an outlier is visible at every zoom. Non-finite values are stored, but excluded
from the statistics.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]
Int64s = npt.NDArray[np.int64]

BLOCK = 8
BLOCKS_PER_COLUMN = 16


class Columns(NamedTuple):
    """Statistics of each column of a query, ``[width]`` each; NaN without finite values."""

    low: Float64s
    high: Float64s
    mean: Float64s
    has_values: npt.NDArray[np.bool_]
    """Whether a column has any value, finite or not."""

    @classmethod
    def empty(cls, width: int) -> "Columns":
        """`width` columns without values."""
        low, high, mean = np.full((3, width), np.nan)
        return cls(low, high, mean, np.zeros(width, np.bool_))


def float32s(values: npt.ArrayLike, order: Literal["K", "F"] = "K") -> Float32s:
    """Return numbers as float32; a finite one beyond those is the greatest of them, by its sign.

    With the order "F" a column of a table is one piece of memory.
    """
    array = np.asarray(values)
    if array.dtype == np.float32:
        return array
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float32, order=order)
    if (is_beyond := np.isinf(numbers) & np.isfinite(array)).any():
        numbers[is_beyond] = np.copysign(np.finfo(np.float32).max, array[is_beyond])
    return numbers


class Buffer:
    """A growing one-dimensional array; its capacity grows by a quarter at a time."""

    __slots__ = ("_array", "size")

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._array: npt.NDArray[Any] = np.empty(64, dtype)
        self.size = 0

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Append values."""
        size = self.size + len(values)
        if size > len(self._array):
            grown = np.empty(max(size, self.size + self.size // 4), self._array.dtype)
            grown[: self.size] = self.view
            self._array = grown
        self._array[self.size : size] = values
        self.size = size

    def truncate(self, size: int) -> None:
        """Keep the first ``size`` values."""
        self.size = min(self.size, size)

    def drop(self, count: int) -> None:
        """Drop the first ``count`` values."""
        kept = self.size - count
        self._array[:kept] = self._array[count : self.size]
        self.size = kept

    @property
    def view(self) -> npt.NDArray[Any]:
        """The values; outdated after the next ``extend``."""
        return self._array[: self.size]

    @property
    def nbytes(self) -> int:
        """Allocated memory in bytes."""
        return self._array.nbytes


class _Level:
    """Minimum, maximum, sum and count of the finite values of each complete block of one size."""

    __slots__ = ("counts", "high", "low", "total")

    def __init__(self) -> None:
        self.low, self.high = Buffer(np.float32), Buffer(np.float32)
        self.total, self.counts = Buffer(np.float64), Buffer(np.float32)

    def extend(self, below: "Blocks") -> None:
        """Append one block for each eight blocks of the level below."""
        self.low.extend(np.fmin.reduce(below.low.reshape(-1, BLOCK), axis=1))
        self.high.extend(np.fmax.reduce(below.high.reshape(-1, BLOCK), axis=1))
        self.total.extend(below.total.reshape(-1, BLOCK).sum(axis=1))
        self.counts.extend(below.counts.reshape(-1, BLOCK).sum(axis=1))

    def truncate(self, size: int) -> None:
        for buffer in (self.low, self.high, self.total, self.counts):
            buffer.truncate(size)

    @property
    def nbytes(self) -> int:
        return sum(buffer.nbytes for buffer in (self.low, self.high, self.total, self.counts))


class Blocks(NamedTuple):
    """Consecutive blocks of any sizes: the index of their first values, and their statistics."""

    first: Int64s
    low: Float32s
    high: Float32s
    total: Float64s
    counts: Float32s

    def columns(self, starts: Int64s) -> Columns:
        """The statistics of ``blocks[starts[i]:starts[i + 1]]`` for each i."""
        width = len(starts) - 1
        columns = Columns.empty(width)
        filled = np.flatnonzero(starts[:-1] < starts[1:])
        if not len(filled):
            return columns
        columns.has_values[filled] = True
        stop, bounds = starts[filled[-1] + 1], starts[filled]
        columns.low[filled] = np.fmin.reduceat(self.low[:stop], bounds)
        columns.high[filled] = np.fmax.reduceat(self.high[:stop], bounds)
        total = np.add.reduceat(self.total[:stop], bounds)
        count = np.add.reduceat(self.counts[:stop], bounds, dtype=np.float64)
        np.divide(total, count, out=total, where=count > 0)
        columns.mean[filled] = np.where(count > 0, total, np.nan)
        return columns


class Pyramid:
    """Values and the statistics of their blocks of 8, 64, 512, ... values."""

    def __init__(self) -> None:
        self.raw = Buffer(np.float32)
        self.levels: list[_Level] = []

    def extend(self, values: Float32s) -> None:
        """Append values."""
        self.raw.extend(values)
        height, size = 0, BLOCK
        while size <= self.raw.size:
            if height == len(self.levels):
                self.levels.append(_Level())
            level, stop = self.levels[height], self.raw.size // size * size
            level.extend(self._blocks_at(height, level.low.size * size, stop))
            height, size = height + 1, size * BLOCK

    def truncate(self, size: int) -> None:
        """Keep the first ``size`` values."""
        self.raw.truncate(size)
        for height, level in enumerate(self.levels, start=1):
            level.truncate(size // BLOCK**height)

    def blocks(self, start: int, stop: int, max_blocks: int) -> Blocks:
        """About ``max_blocks`` blocks that cover the values ``start`` to ``stop`` exactly."""
        height = 0
        while height < len(self.levels) and (stop - start) / BLOCK**height > max_blocks:
            height += 1
        parts = []
        for finer in range(height):
            aligned = -(-start // BLOCK ** (finer + 1)) * BLOCK ** (finer + 1)
            if aligned > stop:
                break
            if start < aligned:
                parts.append(self._blocks_at(finer, start, aligned))
            start = aligned
        for coarser in range(height, -1, -1):
            size: int = BLOCK**coarser
            end = stop // size * size
            if start % size == 0 and start < end:
                parts.append(self._blocks_at(coarser, start, end))
                start = end
        return Blocks(*map(np.concatenate, zip(*parts, strict=True)))

    def _blocks_at(self, height: int, start: int, stop: int) -> Blocks:
        """The blocks of level ``height``; ``start`` and ``stop`` must be at block boundaries."""
        size: int = BLOCK**height
        first = np.arange(start, stop, size, dtype=np.int64)
        start, stop = start // size, max(start, stop) // size
        if height:
            level = self.levels[height - 1]
            buffers = (level.low, level.high, level.total, level.counts)
            return Blocks(first, *(buffer.view[start:stop] for buffer in buffers))
        values = self.raw.view[start:stop]
        finite = np.isfinite(values)
        known = np.where(finite, values, np.float32(np.nan))
        total = np.where(finite, values, 0).astype(np.float64)
        return Blocks(first, known, known, total, finite.astype(np.float32))

    @property
    def nbytes(self) -> int:
        """Allocated memory in bytes."""
        return self.raw.nbytes + sum(level.nbytes for level in self.levels)
