"""Which points of a tag are void, because the writer was restarted and wrote their steps again.

A writer was restarted where it says so (a ``START`` record), and where a later file, begun after
the last record of the files before it, goes on from an earlier step. Steps that go back within a
file, and files that are written at the same time, are no restarts: all their points hold.
"""

import numpy as np
import numpy.typing as npt

from core.tfevents.items import Float64Array, Int64Array, Scalars

Mask = npt.NDArray[np.bool_]
MAX_WALL_TIME = 1e11
"""Wall times from here on, in seconds since 1970, are invalid."""


def valid_times(points: Scalars) -> Float64Array:
    """The wall times of points, 0 where they are invalid: a wrong one would stop the clock."""
    times = points.wall_times
    return np.where((times >= 0) & (times < MAX_WALL_TIME), times, 0.0)


class Restarts:
    """Finds restarts in the points of one tag, which are given in file order."""

    def __init__(self) -> None:
        self.has_steps = False
        """Whether any point has another step than 0, as those have that are written without one."""
        self._file = ""
        self._last_step = -1
        self._last_time = 0.0

    def step_of_restart(self, points: Scalars) -> int | None:
        """The step from which on these points replace all earlier ones; None if they do not."""
        first, times = int(points.steps[0]), valid_times(points)
        is_later = points.file > self._file and times[0] >= self._last_time
        self.has_steps |= bool(points.steps.any())
        restarts = is_later and first <= self._last_step and self.has_steps
        self._file = max(self._file, points.file)
        last = int(points.steps.max())
        self._last_step = last if restarts else max(last, self._last_step)
        self._last_time = max(self._last_time, float(times.max()))
        return first if restarts else None

    def is_of_older_file(self, points: Scalars) -> bool:
        """Whether a later file has points already: both are written at the same time."""
        return points.file < self._file

    def discard_from(self, step: int) -> None:
        """Forget the steps from this one on, after a record that says that the writer restarted."""
        self._last_step = min(self._last_step, step - 1)


class VoidPoints:
    """The points of one tag in file order, and for each batch which of them are void."""

    def __init__(self) -> None:
        self._restarts = Restarts()
        self._batches: list[tuple[Int64Array, Mask]] = []

    def fold(self, points: Scalars) -> Mask:
        """Add points; return an array that says which of them are void, as far as is known."""
        step = self._restarts.step_of_restart(points)
        if step is not None:
            self._discard(step)
        is_void = np.zeros(len(points), np.bool_)
        self._batches.append((points.steps, is_void))
        return is_void

    def discard_from(self, step: int) -> None:
        """Mark the points at `step` and later."""
        self._restarts.discard_from(step)
        self._discard(step)

    def _discard(self, step: int) -> None:
        for steps, is_void in self._batches:
            np.logical_or(is_void, steps >= step, out=is_void)
