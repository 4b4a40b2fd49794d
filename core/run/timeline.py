"""When each step of a run happened, so that a chart's axis can be time instead of steps."""

import numpy as np
import numpy.typing as npt

from core.run.pyramid import Buffer, Float64s, Int64s


class Timeline:
    """When each step happened: knots of (step, seconds), straight lines between them.

    Seconds are any clock that does not run backward; where it did, it is held still.
    """

    def __init__(self) -> None:
        self._steps, self._seconds = Buffer(np.int64), Buffer(np.float64)

    def __len__(self) -> int:
        return self._steps.size

    @property
    def start(self) -> float:
        """Seconds at the first knot, 0 without any."""
        return float(self._seconds.view[0]) if len(self) else 0.0

    def extend(self, steps: npt.ArrayLike, seconds: npt.ArrayLike) -> None:
        """Append knots with increasing steps; a step already passed replaces what followed it."""
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

    def seconds_at(self, steps: Float64s) -> Float64s:
        """Seconds at each step; NaN before the first knot and after the last."""
        if not len(self):
            return np.full(np.shape(steps), np.nan)
        knots = self._steps.view, self._seconds.view
        return np.asarray(np.interp(steps, *knots, left=np.nan, right=np.nan))

    def steps_at(self, seconds: Float64s) -> Float64s:
        """The step, with its fraction, at each time; an infinity outside the knots."""
        if not len(self):
            return np.full(np.shape(seconds), np.inf)
        knots = self._seconds.view, self._steps.view
        return np.asarray(np.interp(seconds, *knots, left=-np.inf, right=np.inf))


def surviving_indices(steps: Int64s) -> Int64s:
    """The indices of steps that no later step undercuts or repeats."""
    if not len(steps):
        return steps
    least_later = np.minimum.accumulate(steps[::-1])[::-1]
    return np.flatnonzero(np.append(steps[:-1] < least_later[1:], True))
