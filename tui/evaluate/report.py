"""An evaluation as the Evaluate screen looks at it: one split's matrix and what follows from it.

Figures of earlier evaluations are kept, since a long run has thousands and each costs a little.
"""

from dataclasses import dataclass
from operator import is_not

import numpy as np

from core.run.events import Evaluated
from core.run.metrics import (
    ClassificationReport,
    Float64s,
    Int64s,
    as_matrix,
    classification_report,
)
from core.run.series import Points
from core.run.state import Run

METRICS = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationSlice:
    """One split of one evaluation."""

    evaluation: Evaluated
    split: str
    index: int
    """Which evaluation this is, counted from 0."""
    count: int
    """How many evaluations there are."""
    names: tuple[str, ...]
    """The classes' names, one for each row of the matrix."""
    matrix: Int64s
    report: ClassificationReport
    f1_history: Float64s
    """F1 in this and all earlier evaluations, ``[place + 1, classes]``."""

    @property
    def is_newest(self) -> bool:
        """Whether no evaluation came later."""
        return self.index == self.count - 1


class ReportCache:
    """The figures of every evaluation of a run, each worked out once."""

    def __init__(self) -> None:
        self._reports: dict[tuple[int, str], tuple[Evaluated, ClassificationReport]] = {}
        self._curves: dict[tuple[str, int], tuple[list[Evaluated], dict[str, Points]]] = {}

    def report(self, evaluation: Evaluated, split: str) -> ClassificationReport:
        """The figures of one split; what was measured anew at a step replaces the old."""
        key = evaluation.step, split
        found = self._reports.get(key)
        if found is None or found[0] is not evaluation:
            figures = classification_report(as_matrix(evaluation.confusion[split]))
            found = self._reports[key] = evaluation, figures
        return found[1]

    def evaluation_slice(self, run: Run, split: str, place: int | None) -> EvaluationSlice | None:
        """The evaluation number `place`, or the newest; None where there is none of this split."""
        with_split = [entry for entry in run.evaluations if split in entry.confusion]
        if not with_split:
            return None
        last = len(with_split) - 1
        place = last if place is None else min(max(place, 0), last)
        evaluation = with_split[place]
        matrix = as_matrix(evaluation.confusion[split])
        earlier = [self.report(entry, split).f1 for entry in with_split[: place + 1]]
        alike = [f1 for f1 in earlier if len(f1) == len(matrix)]
        return EvaluationSlice(
            evaluation=evaluation,
            split=split,
            index=place,
            count=len(with_split),
            names=_class_names(run.classes, len(matrix)),
            matrix=matrix,
            report=self.report(evaluation, split),
            f1_history=np.array(alike).reshape(len(alike), len(matrix)),
        )

    def curves(self, run: Run, split: str, label: int) -> dict[str, Points]:
        """Precision, recall and F1 of one class over the evaluations; gaps where there is none."""
        entries = [entry for entry in run.evaluations if split in entry.confusion]
        known, curves = self._curves.get((split, label), ([], {}))
        if not curves or len(known) != len(entries) or any(map(is_not, known, entries)):
            curves = self._build_curves(entries, split, label)
            self._curves[split, label] = entries, curves
        return curves

    def _build_curves(self, entries: list[Evaluated], split: str, label: int) -> dict[str, Points]:
        figures = [self.report(entry, split) for entry in entries]
        there = [i for i, found in enumerate(figures) if label < len(found.recall)]
        steps = np.array([entries[i].step for i in there], np.int64)
        times = np.array([entries[i].time for i in there], np.float64)
        curves = {name: Points() for name in METRICS}
        for name, points in curves.items():
            values = np.array([getattr(figures[i], name)[label] for i in there], np.float64)
            known = ~np.isnan(values)
            points.extend(steps[known], values[known], times[known])
        return curves


def _class_names(given: tuple[str, ...], count: int) -> tuple[str, ...]:
    """A name for each class; the number of one that has none."""
    return tuple(given[i] if i < len(given) and given[i] else str(i) for i in range(count))
