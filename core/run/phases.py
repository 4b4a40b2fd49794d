"""Whether the steps of a metric begin again: a second training under the same names.

Its chart then shows the newer numbers alone. Among numbers that a program logs in any order none
are dropped: only what has come in the order of its steps can begin again.
"""

from typing import Final

from core.run.pyramid import Int64s

FEWEST: Final = 10
"""Values in order that make a phase."""
MAX_PIECES: Final = 16
"""A table whose steps decrease more often is in no order."""


class Phase:
    """The steps of one metric since they began, or began again."""

    def __init__(self) -> None:
        self._first = self._last = -1
        self._count = 0
        self._in_order = True
        self._newest = float("-inf")
        """The time of the value that was logged last."""

    def begins_again(self, steps: Int64s, begin: float, end: float, *, follows: bool) -> bool:
        """Add steps that do not decrease; return whether the metric begins again with them.

        Args:
            steps: The steps, ``[n]``, at least one.
            begin: The time of the first, in seconds.
            end: The time of the last.
            follows: Whether they are known to have been logged after all before; else their times
                tell. Numbers of one name may come in several tables of the same part of a file.
        """
        first, last = int(steps[0]), int(steps[-1])
        is_later = follows or begin > self._newest
        again = False
        if self._count and is_later and first <= self._last:
            again = self._in_order and self._count >= FEWEST and first <= self._first < self._last
            self._in_order = again
        if again or not self._count:
            self._first, self._last, self._count = first, last, 0
        self._first, self._last = min(self._first, first), max(self._last, last)
        self._count += len(steps)
        self._newest = max(self._newest, end)
        return again

    def disorder(self) -> None:
        """Say that steps came in no order: then none are dropped."""
        self._in_order = False

    def truncate(self, step: int) -> None:
        """Forget the steps at and after `step`."""
        self._last = min(self._last, step - 1)
        if self._first >= step:
            self._count, self._in_order = 0, True


def pieces(steps: Int64s) -> list[slice]:
    """The parts of `steps` that do not decrease; the whole where there are too many."""
    ends = ((steps[1:] < steps[:-1]).nonzero()[0] + 1).tolist()
    if len(ends) >= MAX_PIECES:
        return [slice(0, len(steps))]
    return [slice(*pair) for pair in zip([0, *ends], [*ends, len(steps)], strict=True)]
