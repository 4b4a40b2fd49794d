"""Marks on a chart: changed hyperparameters, checkpoints, warnings, branches.

A cell of the chart shows the most important of its marks; the cursor shows all of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.run.log import LogEntry, MarkKind
from core.run.pyramid import Float64s, Int64s

MAX_MARKS = 200
"""Marks on a chart, at most."""
RATE_LABEL = "lr"
"""What the label of a changed learning rate begins with."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An event at a step."""

    step: int
    kind: MarkKind
    text: str
    """What happened, in full; shown at the cursor."""
    label: str = ""
    """The same in a word or two; shown on the chart where it fits."""
    others: int = 0
    """How many other values were changed in the same cell of the chart."""


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark and its column of cells."""

    column: int
    mark: Mark


def marks_of(entries: Iterable[LogEntry]) -> Sequence[Mark]:
    """The newest marks of a run's log, in the order of their steps."""
    marks = [
        Mark(entry.step, entry.mark, entry.text, entry.label)
        for entry in entries
        if entry.mark is not None
    ]
    return sorted(marks[-MAX_MARKS:], key=lambda mark: mark.step)


class MarkIndex:
    """Marks in the order of their steps, searched by ranges of steps."""

    def __init__(self) -> None:
        self._marks: Sequence[Mark] = ()
        self._steps: Int64s = np.empty(0, np.int64)
        self._ranks: Int64s = np.empty(0, np.int64)

    def update(self, marks: Sequence[Mark]) -> None:
        """Use these marks from now on."""
        ranks = {kind: rank for rank, kind in enumerate(MarkKind)}
        self._steps = np.array([mark.step for mark in marks], np.int64)
        self._ranks = np.array([ranks[mark.kind] for mark in marks], np.int64)
        self._marks = marks

    @property
    def steps(self) -> Int64s:
        """The steps of the marks, int64 ``[n]``, in their order."""
        return self._steps

    def by_cell(self, edges: Float64s) -> Iterator[tuple[int, Mark]]:
        """The index of each cell that has marks, and the most important of them.

        Of changes that is the one of the learning rate, where there is one, and has the number of
        the others. Cells are between two of the `edges`, in steps.
        """
        bounds = np.searchsorted(self._steps, edges)
        cells = np.flatnonzero(bounds[:-1] < bounds[1:])
        if not len(cells):
            return
        until = bounds[cells[-1] + 1]
        # The lowest rank wins, and of equal ones the last, which holds: both in one number.
        count = len(self._ranks)
        order = self._ranks[:until] * count + count - 1 - np.arange(until)
        best = count - 1 - np.minimum.reduceat(order, bounds[cells]) % count
        for cell, index in zip(cells.tolist(), best.tolist(), strict=True):
            mark = self._marks[index]
            if mark.kind is MarkKind.CHANGE:
                mark = _of_changes(self._marks[bounds[cell] : bounds[cell + 1]])
            yield cell, mark

    def between(self, start: float, stop: float, max_count: int) -> Sequence[Mark]:
        """The first marks with steps in ``[start, stop)``."""
        first, last = np.searchsorted(self._steps, [start, stop])
        return self._marks[first : min(last, first + max_count)]


def _of_changes(marks: Sequence[Mark]) -> Mark:
    """The last change of the learning rate or else of any value, with the number of the others."""
    last: dict[str, Mark] = {}
    for mark in marks:
        if mark.kind is MarkKind.CHANGE:
            name = mark.label.rpartition(" ")[0]
            last.pop(name, None)  # the order is that of the last changes
            last[name] = mark
    shown = last.get(RATE_LABEL) or [*last.values()][-1]
    return replace(shown, others=len(last) - 1)
