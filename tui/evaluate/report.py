"""Classification reports of a run's evaluations, each computed once from its confusion matrix.

Reports are cached because a long run has thousands of evaluations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter, is_not
from typing import Final

import numpy as np

from core.run.class_names import class_names
from core.run.events import Evaluated
from core.run.metrics import (
    ClassificationReport,
    Float64s,
    Int64s,
    as_matrix,
    classification_report,
)
from core.run.series import Points
from core.run.state import RunState

METRICS: Final[Mapping[str, Callable[[ClassificationReport], Float64s]]] = {
    "precision": attrgetter("precision"),
    "recall": attrgetter("recall"),
    "F1": attrgetter("f1"),
}
"""The metrics of a class, as they are called on screens, and one value per class from a report."""


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationSlice:
    """One split of one evaluation."""

    event: Evaluated
    split: str
    index: int
    """The evaluation's number, from 0."""
    count: int
    """The number of evaluations."""
    names: tuple[str, ...]
    """Class names, one per row of the matrix."""
    matrix: Int64s
    report: ClassificationReport
    f1_history: Float64s
    """F1 in this and all earlier evaluations, ``[index + 1, classes]``."""

    @property
    def is_newest(self) -> bool:
        """Whether this is the newest evaluation."""
        return self.index == self.count - 1


class ReportCache:
    """The classification reports of a run, each computed once."""

    def __init__(self) -> None:
        self._reports: dict[tuple[int, str], tuple[Evaluated, ClassificationReport]] = {}
        self._curves: dict[tuple[str, int], tuple[list[Evaluated], dict[str, Points]]] = {}

    def report(self, evaluation: Evaluated, split: str) -> ClassificationReport:
        """The report of one split; a repeated evaluation of a step replaces the earlier one."""
        key = evaluation.step, split
        found = self._reports.get(key)
        if found is None or found[0] is not evaluation:
            report = classification_report(as_matrix(evaluation.confusion[split]))
            found = self._reports[key] = evaluation, report
        return found[1]

    def evaluation_slice(
        self, run: RunState, split: str, index: int | None
    ) -> EvaluationSlice | None:
        """The evaluation number `index`, or the newest; None if this split has no evaluation."""
        with_split = [entry for entry in run.evaluations if split in entry.confusion]
        if not with_split:
            return None
        last = len(with_split) - 1
        index = last if index is None else min(max(index, 0), last)
        evaluation = with_split[index]
        matrix = as_matrix(evaluation.confusion[split])
        earlier = [self.report(entry, split).f1 for entry in with_split[: index + 1]]
        same_classes = [f1 for f1 in earlier if len(f1) == len(matrix)]
        return EvaluationSlice(
            event=evaluation,
            split=split,
            index=index,
            count=len(with_split),
            names=class_names(run.classes, len(matrix)),
            matrix=matrix,
            report=self.report(evaluation, split),
            f1_history=np.array(same_classes).reshape(len(same_classes), len(matrix)),
        )

    def curves(self, run: RunState, split: str, label: int) -> dict[str, Points]:
        """Defined values of precision, recall and F1 of one class over the evaluations."""
        entries = [entry for entry in run.evaluations if split in entry.confusion]
        known, curves = self._curves.get((split, label), ([], {}))
        if not curves or len(known) != len(entries) or any(map(is_not, known, entries)):
            curves = self._build_curves(entries, split, label)
            self._curves[split, label] = entries, curves
        return curves

    def _build_curves(self, entries: list[Evaluated], split: str, label: int) -> dict[str, Points]:
        reports = [self.report(entry, split) for entry in entries]
        with_label = [i for i, found in enumerate(reports) if label < len(found.recall)]
        steps = np.array([entries[i].step for i in with_label], np.int64)
        times = np.array([entries[i].time for i in with_label], np.float64)
        curves = {name: Points() for name in METRICS}
        for name, points in curves.items():
            found = [METRICS[name](reports[i])[label] for i in with_label]
            values = np.array(found, np.float64)
            defined = ~np.isnan(values)
            points.extend(steps[defined], values[defined], times[defined])
        return curves
