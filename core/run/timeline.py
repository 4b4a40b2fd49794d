"""The time of each step of a run, so that a chart's axis can show time instead of steps."""

import numpy as np
import numpy.typing as npt

from core.run.pyramid import Buffer, Float64s, Int64s


class Timeline:
    """The time of each step, linearly interpolated between knots of (step, seconds).

    Seconds may be of any clock; where it runs backward, the time is held constant.
    """

    def __init__(self) -> None:
        self._steps, self._seconds = Buffer(np.int64), Buffer(np.float64)

    def __len__(self) -> int:
        return self._steps.size

    @property
    def start(self) -> float:
        """Seconds at the first knot; 0 without any."""
        return float(self._seconds.view[0]) if len(self) else 0.0

    @property
    def end(self) -> float:
        """The seconds of the last knot; 0 without any."""
        return float(self._seconds.view[-1]) if len(self) else 0.0

    def extend(self, steps: npt.ArrayLike, seconds: npt.ArrayLike) -> None:
        """Append knots; a step already reached replaces that knot and all after it."""
        new = np.asarray(steps, dtype=np.int64).reshape(-1)
        times = np.asarray(seconds, dtype=np.float64).reshape(-1)
        kept = surviving_indices(new)
        if not len(kept):
            return
        size = int(np.searchsorted(self._steps.view, new[kept[0]]))
        self._steps.truncate(size)
        self._seconds.truncate(size)
        earliest = self._seconds.view[-1] if size else -np.inf
        self._steps.extend(new[kept])
        self._seconds.extend(np.maximum.accumulate(np.maximum(times[kept], earliest)))

    def truncate(self, step: int) -> None:
        """Drop the knots at and after `step`."""
        size = int(np.searchsorted(self._steps.view, step))
        self._steps.truncate(size)
        self._seconds.truncate(size)

    def thin(self, distance: int) -> None:
        """Keep the first knot, and the last in each ``distance`` steps."""
        kept = np.union1d(np.arange(min(1, len(self))), sparse_indices(self._steps.view, distance))
        steps, seconds = self._steps.view[kept].copy(), self._seconds.view[kept].copy()
        self._steps, self._seconds = Buffer(np.int64), Buffer(np.float64)
        self._steps.extend(steps)
        self._seconds.extend(seconds)

    def seconds_at(self, steps: Float64s) -> Float64s:
        """Seconds at each step; NaN before the first knot and after the last."""
        if not len(self):
            return np.full(np.shape(steps), np.nan)
        knots = self._steps.view, self._seconds.view
        return np.asarray(np.interp(steps, *knots, left=np.nan, right=np.nan))

    def steps_at(self, seconds: Float64s) -> Float64s:
        """The fractional step at each time; -inf before the first knot, inf after the last."""
        if not len(self):
            return np.full(np.shape(seconds), np.inf)
        knots = self._seconds.view, self._steps.view
        return np.asarray(np.interp(seconds, *knots, left=-np.inf, right=np.inf))


class SparseTimeline(Timeline):
    """A timeline of a limited number of knots: those of some of the steps that are added."""

    def __init__(self, max_knots: int) -> None:
        super().__init__()
        self._max_knots = max_knots
        self._distance = 1
        """The steps from one knot to the next, about."""
        self._last = -1

    def add(self, steps: Int64s, seconds: Float64s) -> None:
        """Keep the times of some of the steps; of those that come late, none."""
        newest = np.maximum.accumulate(steps)
        is_new = np.append(True, newest[1:] > newest[:-1]) & (steps > self._last)
        steps, seconds = steps[is_new], seconds[is_new]
        if not len(steps):
            return
        kept = sparse_indices(steps, self._distance)
        self._last = int(steps[-1])
        self.extend(steps[kept], seconds[kept])
        while len(self) > self._max_knots:
            self._distance *= 2
            self.thin(self._distance)

    def truncate(self, step: int) -> None:
        """Drop the knots at and after `step`."""
        super().truncate(step)
        self._last = min(self._last, step - 1)


def surviving_indices(steps: Int64s) -> Int64s:
    """The indices of the steps that are lower than all later ones, int64 ``[n]``."""
    if not len(steps):
        return steps
    lowest_later = np.minimum.accumulate(steps[::-1])[::-1]
    return np.flatnonzero(np.append(steps[:-1] < lowest_later[1:], True))


def sparse_indices(steps: Int64s, distance: int) -> Int64s:
    """The indices of the last of increasing steps in each ``distance`` steps."""
    return np.flatnonzero(np.append(np.diff(steps // distance) > 0, True))
