"""The series of one metric, in bounded memory.

The newest values are kept as they are. Older ones are folded into blocks, of which only minimum,
maximum, sum and count are kept, as in `core.run.pyramid`; where there are too many blocks, two
neighbours become one. So a series of any length takes the same memory, an outlier stays visible,
and the newest part can be examined value by value.
"""

from typing import Final

import numpy as np

from core.run.pyramid import BLOCK, Blocks, Buffer, Columns, Float32s, Float64s, Int64s
from core.run.series import Nonfinite

CAPACITY: Final = 16_384
"""How many values, and how many blocks, a series has at most."""
FOLDED_PART: Final = 4
"""Of so many values one is folded at a time: a part, so that no key waits for long meanwhile."""


class MetricSeries:
    """Values of some steps, in any order: a `core.run.series.Curve` for charts."""

    def __init__(self, capacity: int = CAPACITY, *, keeps_equal: bool = False) -> None:
        """`keeps_equal`: a step may have several values, where otherwise the new one is kept."""
        self.version = 0
        self._keeps_equal = keeps_equal
        self.nonfinite = Nonfinite()
        self.capacity = capacity
        """How many values, and how many blocks, are kept at most."""
        self._steps, self._values = Buffer(np.int64), Buffer(np.float32)
        self._first = Buffer(np.int64)
        self._low, self._high = Buffer(np.float32), Buffer(np.float32)
        self._total, self._counts = Buffer(np.float64), Buffer(np.float32)
        self._block_size = BLOCK
        """How many values a new block is made of."""

    def __len__(self) -> int:
        return self._first.size + self._steps.size

    @property
    def first_step(self) -> int:
        """The least step; 0 without any value."""
        for steps in (self._first.view, self._steps.view):
            if len(steps):
                return int(steps[0])
        return 0

    @property
    def last_step(self) -> int:
        """The greatest step; -1 without any value."""
        for steps in (self._steps.view, self._first.view):
            if len(steps):
                return int(steps[-1])
        return -1

    @property
    def last(self) -> float:
        """The value of the greatest step; NaN without any."""
        if self._values.size:
            return float(self._values.view[-1])
        found = self.nearest(self.last_step)
        return found[1] if found else float("nan")

    @property
    def nbytes(self) -> int:
        """Allocated memory in bytes."""
        return sum(buffer.nbytes for buffer in (self._steps, self._values, *self._block_buffers))

    @property
    def _block_buffers(self) -> tuple[Buffer, ...]:
        return self._first, self._low, self._high, self._total, self._counts

    # -- growing ------------------------------------------------------------------------------

    def extend(
        self, steps: Int64s, values: Float32s, *, increasing: bool = False, finite: bool = False
    ) -> None:
        """Add values; a step that has one already gets the new one.

        Args:
            steps: Their steps, ``[n]``, in any order.
            values: The values, ``[n]``.
            increasing: Whether the steps are known to increase.
            finite: Whether the values are known to be finite.
        """
        if not increasing:
            steps, values = self._sorted(steps, values)
        if not len(steps):
            return
        if steps[0] <= self.last_step:
            steps, values = self._merged(steps, values)
            finite = False
        if not finite:
            self.nonfinite.add(steps, values)
        self._steps.extend(steps)
        self._values.extend(values)
        self._fold()
        self.version += 1

    def _merged(self, steps: Int64s, values: Float32s) -> tuple[Int64s, Float32s]:
        """Take back the values from the first of `steps` on, merged with the new ones."""
        if self._first.size:
            first_new = self._steps.view[0] if self._steps.size else self.last_step + 1
            late = int(np.searchsorted(steps, first_new))
            self._add_to_blocks(steps[:late], values[:late])
            steps, values = steps[late:], values[late:]
        if not len(steps):
            return steps, values
        first = int(np.searchsorted(self._steps.view, steps[0]))
        tail_steps, tail_values = self._steps.view[first:], self._values.view[first:]
        merged = np.append(tail_steps, steps), np.append(tail_values, values)
        self._truncate_values(first)
        return self._sorted(*merged)

    def _sorted(self, steps: Int64s, values: Float32s) -> tuple[Int64s, Float32s]:
        """The values by increasing steps; of equal steps the last one, or all."""
        if len(steps) < 2 or bool((steps[1:] > steps[:-1]).all()):
            return steps, values
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[order]
        if self._keeps_equal:
            return steps, values
        is_last = np.append(steps[1:] > steps[:-1], True)
        return steps[is_last], values[is_last]

    def _add_to_blocks(self, steps: Int64s, values: Float32s) -> None:
        """Count values that come late in the blocks that hold their steps."""
        self.nonfinite.add(steps, values)
        known = np.isfinite(values)
        steps, values = steps[known], values[known]
        block = np.maximum(0, np.searchsorted(self._first.view, steps, side="right") - 1)
        np.fmin.at(self._low.view, block, values)
        np.fmax.at(self._high.view, block, values)
        np.add.at(self._total.view, block, values)
        np.add.at(self._counts.view, block, np.float32(1))
        if len(steps):
            self._first.view[0] = min(self._first.view[0], steps[0])

    def _fold(self) -> None:
        """Fold the older values into blocks where there are too many."""
        if self._steps.size <= self.capacity:
            return
        count = self._steps.size - self.capacity + self.capacity // FOLDED_PART
        count -= count % self._block_size
        if not count:
            return
        blocks = _as_blocks(self._values.view[:count])
        self._append_blocks(self._steps.view[: count : self._block_size], blocks, self._block_size)
        for buffer in (self._steps, self._values):
            buffer.drop(count)
        while self._first.size > self.capacity:
            self._halve_blocks()

    def _append_blocks(self, first: Int64s, parts: Blocks, size: int) -> None:
        """Append blocks that each begin at one of `first` and consist of `size` of the parts.

        Neighbours become one, again and again, which is faster than `reduceat` for small blocks.
        """
        low, high, total, counts = parts.low, parts.high, parts.total, parts.counts
        while size > 1:
            size //= 2
            low, high = np.fmin(low[::2], low[1::2]), np.fmax(high[::2], high[1::2])
            total, counts = total[::2] + total[1::2], counts[::2] + counts[1::2]
        self._first.extend(first)
        self._low.extend(low)
        self._high.extend(high)
        self._total.extend(total)
        self._counts.extend(counts)

    def _halve_blocks(self) -> None:
        """Make one block of every two; of an odd number, the last one stays."""
        self._block_size *= 2
        blocks = Blocks._make(buffer.view.copy() for buffer in self._block_buffers)
        for buffer in self._block_buffers:
            buffer.truncate(0)
        pairs = len(blocks.first) // 2 * 2
        paired, rest = (
            Blocks._make(part[cut] for part in blocks) for cut in (slice(pairs), slice(pairs, None))
        )
        self._append_blocks(paired.first[::2], paired, 2)
        self._append_blocks(rest.first, rest, 1)

    def truncate(self, step: int) -> None:
        """Drop the values at and after `step`; a block that reaches beyond it is dropped whole."""
        if step > self.last_step:
            return
        first = int(np.searchsorted(self._steps.view, step))
        self._truncate_values(first)
        if not first and self._first.size:
            kept = max(0, int(np.searchsorted(self._first.view, step)) - 1)
            for buffer in self._block_buffers:
                buffer.truncate(kept)
            self.nonfinite.drop_from(step)
        self.version += 1

    def _truncate_values(self, size: int) -> None:
        removed = self._values.view[size:]
        if size < self._steps.size:
            self.nonfinite.truncate(int(self._steps.view[size]), removed)
        self._steps.truncate(size)
        self._values.truncate(size)

    # -- for charts ---------------------------------------------------------------------------

    def columns(self, edges: Float64s) -> Columns:
        """The statistics of the values with steps in ``[edges[i], edges[i + 1])``."""
        old = slice(*np.searchsorted(self._first.view, [edges[0], edges[-1]]).tolist())
        new = slice(*np.searchsorted(self._steps.view, [edges[0], edges[-1]]).tolist())
        values = _as_blocks(self._values.view[new])
        parts = [buffer.view[old] for buffer in self._block_buffers]
        first = np.concatenate([parts[0], self._steps.view[new]])
        if not len(first):
            return Columns.empty(len(edges) - 1)
        blocks = Blocks(
            first,
            np.concatenate([parts[1], values.low]),
            np.concatenate([parts[2], values.high]),
            np.concatenate([parts[3], values.total]),
            np.concatenate([parts[4], values.counts]),
        )
        return blocks.columns(np.searchsorted(first, edges))

    def count(self, start: float, stop: float) -> int:
        """About how many values have steps in ``[start, stop)``."""
        first, last = np.searchsorted(self._steps.view, [start, stop])
        old = slice(*np.searchsorted(self._first.view, [start, stop]).tolist())
        return int(last - first) + int(self._counts.view[old].sum(dtype=np.float64))

    def samples(self, start: float, stop: float) -> tuple[Int64s, Float32s]:
        """Steps and values in ``[start, stop)`` and one neighbour on either side.

        A block counts as one value, its mean.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (self._total.view / self._counts.view).astype(np.float32)
        steps = np.concatenate([self._first.view, self._steps.view])
        first, last = np.searchsorted(steps, [start, stop])
        view = slice(max(0, int(first) - 1), int(last) + 1)
        return steps[view], np.concatenate([means, self._values.view])[view]

    def nearest(self, step: float) -> tuple[int, float] | None:
        """The step and value nearest to ``step``, or None beyond the ends."""
        if not len(self) or not self.first_step <= step <= self.last_step:
            return None
        raw = self._steps.view
        if not len(raw) or step < raw[0]:
            steps, values = self.samples(step, np.nextafter(step, np.inf))
        else:
            after = int(np.searchsorted(raw, step))
            around = slice(max(0, after - 1), after + 1)
            steps, values = raw[around], self._values.view[around]
        # A difference of 64-bit numbers overflows, and a float has 53 bits.
        to = int(step) if float(step).is_integer() else float(step)
        found = min(range(len(steps)), key=lambda at: abs(int(steps[at]) - to))
        return int(steps[found]), float(values[found])


def _as_blocks(values: Float32s) -> Blocks:
    """Each value as a block of one, without its step."""
    finite = np.isfinite(values)
    known = np.where(finite, values, np.float32(np.nan))
    total = np.where(finite, values, 0).astype(np.float64)
    return Blocks(np.empty(0, np.int64), known, known, total, finite.astype(np.float32))
