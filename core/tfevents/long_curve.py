"""The curve of a tag with more points than are kept, and how many those are."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.run.metric_series import CAPACITY, MetricSeries
from core.run.pyramid import float32s
from core.run.series import Points
from core.run.timeline import SparseTimeline
from core.tfevents.items import Float64Array, Int64Array

TOTAL: Final = 4_000_000
LEAST: Final = 1024
"""How many points all curves keep together, about, and one of very many."""
MAX_KNOTS: Final = 2048
"""The times of so many steps of a curve are kept; those between are interpolated."""


class Room:
    """How many points a curve keeps as they are: the more curves there are, the fewer."""

    def __init__(self, total: int = TOTAL) -> None:
        self._total = total
        self.curves = 0
        """How many curves share it."""

    @property
    def capacity(self) -> int:
        """Points of one curve."""
        return max(LEAST, min(CAPACITY, self._total // max(1, self.curves)))


class LongCurve(MetricSeries):
    """Points by step, also several of one: the newest as they are, older ones as blocks."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, keeps_equal=True)
        self.timeline = SparseTimeline(MAX_KNOTS)

    @classmethod
    def of_points(cls, points: Points, times: Float64Array | None, capacity: int) -> "LongCurve":
        """The same points."""
        curve = cls(capacity)
        curve.add(points.steps, points.values, times)
        return curve

    def add(
        self,
        steps: Int64Array,
        values: npt.NDArray[Any],
        times: Float64Array | None,
    ) -> None:
        """Add points in any order; their Unix times, where they are known."""
        order = np.argsort(steps, kind="stable")
        self.extend(steps[order], float32s(values)[order])
        if times is not None:
            self.timeline.add(steps[order], times[order])

    def cut(self, step: int) -> Points:
        """Drop the points at `step` and later; return them, a block of older ones as its mean."""
        steps, values = self.samples(step, np.inf)
        size = int(np.searchsorted(steps, step))
        steps, values = steps[size:].copy(), values[size:].copy()
        times = self.timeline.seconds_at(steps.astype(np.float64)) if len(self.timeline) else None
        self.truncate(step)
        self.timeline.truncate(step)
        return Points.of_sorted(steps, values, times)

    def without_steps(self) -> "LongCurve":
        """The same values at step 0."""
        steps, values = self.samples(-np.inf, np.inf)
        curve = LongCurve(self.capacity)
        curve.add(np.zeros(len(steps), np.int64), values, None)
        return curve
