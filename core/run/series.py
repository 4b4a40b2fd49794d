"""Curves of any length, queried by a chart: by columns, by samples, or by one step.

A chart accepts any ``Curve``: a ``Series`` has a value for every step, ``Points`` for some steps.
Non-finite values are excluded from the statistics and listed with their steps, to be marked.
"""

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.run.pyramid import (
    BLOCKS_PER_COLUMN,
    Buffer,
    Columns,
    Float32s,
    Float64s,
    Int64s,
    Pyramid,
    float32s,
)
from core.run.timeline import Timeline, surviving_indices

MAX_NONFINITE = 1000


class Curve(Protocol):
    """The interface of a curve for a chart, with a value for every step or for some."""

    @property
    def version(self) -> int:
        """Changes whenever the values do."""

    @property
    def first_step(self) -> int:
        """The least step that has a value; 0 without any."""

    @property
    def last_step(self) -> int:
        """The greatest step that has a value; -1 without any."""

    @property
    def nonfinite(self) -> "Nonfinite":
        """The values that are not finite."""

    def __len__(self) -> int: ...

    def columns(self, edges: Float64s) -> Columns:
        """The statistics of the values with steps in ``[edges[i], edges[i + 1])``."""

    def count(self, start: float, stop: float) -> int:
        """How many values have steps in ``[start, stop)``."""

    def samples(self, start: float, stop: float) -> tuple[Int64s, Float32s]:
        """Steps and values in ``[start, stop)`` and one neighbour on either side, as views."""

    def nearest(self, step: float) -> tuple[int, float] | None:
        """The step and value nearest to ``step``, or None beyond the curve's ends."""


class Nonfinite:
    """The first non-finite values of a curve with their steps, and how many there are."""

    def __init__(self) -> None:
        self.total = 0
        self._entries: list[tuple[int, float]] = []

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, steps: Int64s, values: Float32s) -> None:
        """Add those of ``values`` that are not finite."""
        bad = np.flatnonzero(~np.isfinite(values))
        self.total += len(bad)
        bad = bad[: MAX_NONFINITE - len(self._entries)]
        self._entries += zip(steps[bad].tolist(), values[bad].tolist(), strict=True)

    def truncate(self, step: int, removed: Float32s) -> None:
        """Remove the entries from ``step`` on; ``removed`` are the curve's values there."""
        self.total -= int(np.count_nonzero(~np.isfinite(removed)))
        self._entries = [entry for entry in self._entries if entry[0] < step]

    def drop_from(self, step: int) -> None:
        """Remove the entries from ``step`` on, of a curve without known values there."""
        kept = [entry for entry in self._entries if entry[0] < step]
        self.total -= len(self._entries) - len(kept)
        self._entries = kept


class Series:
    """A value for every step from 0 on, such as the loss; grows, and can be truncated.

    In a query of many values, each is within half a column of its own.
    """

    def __init__(self, values: npt.ArrayLike = ()) -> None:
        self.version = 0
        self.nonfinite = Nonfinite()
        self._pyramid = Pyramid()
        self.extend(values)

    def __len__(self) -> int:
        return self._pyramid.raw.size

    @property
    def first_step(self) -> int:
        """The step of the first value, which is 0."""
        return 0

    @property
    def last_step(self) -> int:
        """The step of the newest value; -1 without any."""
        return len(self) - 1

    @property
    def values(self) -> Float32s:
        """All values, float32 ``[n]``; the view is outdated after the next ``extend``."""
        return self._pyramid.raw.view

    @property
    def nbytes(self) -> int:
        """Allocated memory in bytes."""
        return self._pyramid.nbytes

    def extend(self, values: npt.ArrayLike) -> None:
        """Append the values of the next steps."""
        new = float32s(values).reshape(-1)
        if not len(new):
            return
        self.nonfinite.add(np.arange(len(self), len(self) + len(new)), new)
        self._pyramid.extend(new)
        self.version += 1

    def truncate(self, length: int) -> None:
        """Drop the values from step ``length`` on, as when a run resumes from an older step."""
        if length >= len(self):
            return
        self.nonfinite.truncate(length, self.values[length:])
        self._pyramid.truncate(length)
        self.version += 1

    def nearest(self, step: float) -> tuple[int, float] | None:
        """The step and value nearest to ``step``, or None beyond the ends."""
        if not 0 <= step < len(self):
            return None
        nearest = min(round(step), self.last_step)
        return nearest, float(self.values[nearest])

    def columns(self, edges: Float64s) -> Columns:
        """The statistics of the steps in ``[edges[i], edges[i + 1])``; edges must not decrease."""
        start, stop = self._bounds(edges[0], edges[-1])
        if start >= stop:
            return Columns.empty(len(edges) - 1)
        blocks = self._pyramid.blocks(start, stop, BLOCKS_PER_COLUMN * (len(edges) - 1))
        starts = np.searchsorted(blocks.first, np.append(edges[:-1], min(edges[-1], stop)))
        return blocks.columns(starts)

    def count(self, start: float, stop: float) -> int:
        """How many values have steps in ``[start, stop)``."""
        first, last = self._bounds(start, stop)
        return max(0, last - first)

    def samples(self, start: float, stop: float) -> tuple[Int64s, Float32s]:
        """Steps and values in ``[start, stop)`` and one neighbour on either side."""
        first, last = self._bounds(start, stop)
        first, last = max(0, first - 1), min(len(self), last + 1)
        return np.arange(first, max(first, last)), self.values[first:last]

    def _bounds(self, start: float, stop: float) -> tuple[int, int]:
        length = len(self)
        return _clipped_ceil(start, length), _clipped_ceil(stop, length)


def _clipped_ceil(value: float, most: int) -> int:
    """The least whole number from 0 to ``most`` that is not below a value, which may be infinite.

    In a chart this is quicker than the functions of numpy by more than the rest of a query.
    """
    return 0 if value <= 0 else most if value >= most else math.ceil(value)


class Points:
    """Values of some steps and their times, such as evaluations or scalars of event files.

    Steps increase. A point appended at a step already reached replaces that step and all after it,
    as after a restart from a checkpoint. Only `of_sorted` keeps several points of one step.
    """

    def __init__(self) -> None:
        self.version = 0
        self.nonfinite = Nonfinite()
        self.timeline = Timeline()
        self._steps = Buffer(np.int64)
        self._pyramid = Pyramid()

    @classmethod
    def of_sorted(
        cls, steps: Int64s, values: npt.ArrayLike, wall_times: npt.ArrayLike | None = None
    ) -> "Points":
        """Points in the order of their steps; all of them, also several of one step."""
        points = cls()
        points._steps.extend(steps)
        numbers = float32s(values)
        points.nonfinite.add(steps, numbers)
        points._pyramid.extend(numbers)
        if wall_times is not None:
            points.timeline.extend(steps, wall_times)
        points.version = 1
        return points

    def __len__(self) -> int:
        return self._steps.size

    @property
    def first_step(self) -> int:
        """The least step; 0 without any point."""
        return int(self.steps[0]) if len(self) else 0

    @property
    def last_step(self) -> int:
        """The greatest step; -1 without any point."""
        return int(self.steps[-1]) if len(self) else -1

    @property
    def last(self) -> float:
        """The newest value; NaN without any point."""
        return float(self.values[-1]) if len(self) else float("nan")

    @property
    def steps(self) -> Int64s:
        """The steps, int64 ``[n]``; the view is outdated after the next ``extend``."""
        return self._steps.view

    @property
    def values(self) -> Float32s:
        """The values, float32 ``[n]``; the view is outdated after the next ``extend``."""
        return self._pyramid.raw.view

    @property
    def nbytes(self) -> int:
        """Allocated memory in bytes, without the times."""
        return self._steps.nbytes + self._pyramid.nbytes

    def append(self, step: int, value: float, wall_time: float | None = None) -> None:
        """Append one point."""
        self.extend([step], [value], None if wall_time is None else [wall_time])

    def extend(
        self,
        steps: npt.ArrayLike,
        values: npt.ArrayLike,
        wall_times: npt.ArrayLike | None = None,
    ) -> None:
        """Append points in the order they were recorded; wall times are Unix times in seconds."""
        new = np.asarray(steps, dtype=np.int64).reshape(-1)
        kept = surviving_indices(new)
        if not len(kept):
            return
        if wall_times is not None:
            self.timeline.extend(new, wall_times)
        new, numbers = new[kept], float32s(values).reshape(-1)[kept]
        self._truncate(int(np.searchsorted(self.steps, new[0])), int(new[0]))
        self.nonfinite.add(new, numbers)
        self._steps.extend(new)
        self._pyramid.extend(numbers)
        self.version += 1

    def nearest(self, step: float) -> tuple[int, float] | None:
        """The step and value nearest to ``step``, or None beyond the ends."""
        if not len(self) or not self.steps[0] <= step <= self.last_step:
            return None
        after = int(np.searchsorted(self.steps, step))
        later, earlier = int(self.steps[after]), int(self.steps[max(0, after - 1)])
        near = after if later - step <= step - earlier else after - 1
        return int(self.steps[near]), float(self.values[near])

    def columns(self, edges: Float64s) -> Columns:
        """The statistics of the points in ``[edges[i], edges[i + 1])``; edges must not decrease."""
        bounds = np.searchsorted(self.steps, edges)
        start, stop = int(bounds[0]), int(bounds[-1])
        if start >= stop:
            return Columns.empty(len(edges) - 1)
        blocks = self._pyramid.blocks(start, stop, BLOCKS_PER_COLUMN * (len(edges) - 1))
        starts = np.searchsorted(blocks.first, bounds)
        return blocks.columns(starts)

    def count(self, start: float, stop: float) -> int:
        """How many points have steps in ``[start, stop)``."""
        first, last = np.searchsorted(self.steps, [start, stop])
        return int(last - first)

    def samples(self, start: float, stop: float) -> tuple[Int64s, Float32s]:
        """Steps and values in ``[start, stop)`` and one neighbour on either side."""
        first, last = np.searchsorted(self.steps, [start, stop])
        view = slice(max(0, int(first) - 1), int(last) + 1)
        return self.steps[view], self.values[view]

    def truncate_after(self, step: int) -> None:
        """Drop the points of all steps greater than `step`."""
        self._truncate(int(np.searchsorted(self.steps, step, side="right")), step + 1)
        self.version += 1

    def _truncate(self, size: int, step: int) -> None:
        if size < len(self):
            self.nonfinite.truncate(step, self.values[size:])
            self._steps.truncate(size)
            self._pyramid.truncate(size)
