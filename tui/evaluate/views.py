"""Which classes the matrix shows: all, groups of them, or those of the two selected groups.

A cursor is a pair of classes, true and predicted, in every view; a cell is a place in what is
shown.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto

import numpy as np
from rich.cells import cell_len

from core.run.class_groups import group_classes
from core.run.metrics import (
    ClassificationReport,
    Int64s,
    classification_report,
    errors,
    top_confusions,
)
from tui.evaluate.report import EvaluationSlice
from tui.widgets.text_widget import fit

MIN_CLASSES = 12
"""Of so many classes or fewer there are no groups."""
FEW_CLASSES = f"of {MIN_CLASSES} classes or fewer there are no groups"
NAME_WIDTH = 7
"""Cells for the first class of a group."""
Cell = tuple[int, int]


class _Mode(Enum):
    ALL = auto()
    GROUPS = auto()
    OPENED = auto()


class MatrixViews:
    """What is shown of the classes, and where the cursor is in it."""

    def __init__(self) -> None:
        self._mode = _Mode.ALL
        self._groups: list[list[int]] = []
        self._group_of: list[int] = []
        self._opened: list[int] = []

    @property
    def label(self) -> str:
        """What is shown, in words; empty for all classes."""
        if self._mode is _Mode.GROUPS:
            return f"{len(self._groups)} groups of classes"
        return f"{len(self._opened)} of {len(self._group_of)} classes" if self._opened else ""

    def next(self, evaluation: EvaluationSlice, cursor: Cell) -> bool:
        """Show groups, then the classes of the groups at the cursor, then all classes again.

        Returns:
            Whether there are enough classes.
        """
        if len(evaluation.matrix) <= MIN_CLASSES:
            return False
        if self._mode is _Mode.ALL:
            self._mode = _Mode.GROUPS
            self._groups = group_classes(evaluation.matrix)
            self._group_of = [0] * len(evaluation.matrix)
            for place, group in enumerate(self._groups):
                for number in group:
                    self._group_of[number] = place
        elif self._mode is _Mode.GROUPS:
            self._mode = _Mode.OPENED
            self._open(cursor)
        else:
            self._show_all()
        return True

    def shown(self, evaluation: EvaluationSlice, cursor: Cell) -> tuple[EvaluationSlice, Cell]:
        """What the matrix shows of an evaluation, and the cell of the cursor in it."""
        if len(self._group_of) != len(evaluation.matrix):
            self._show_all()
        if self._mode is _Mode.GROUPS:
            true, predicted = cursor
            return _grouped(evaluation, self._groups), (
                self._group_of[true],
                self._group_of[predicted],
            )
        if self._mode is _Mode.OPENED:
            if not set(cursor) <= set(self._opened):
                self._open(cursor)
            true, predicted = map(self._opened.index, cursor)
            return _of_classes(evaluation, self._opened), (true, predicted)
        return evaluation, cursor

    def cursor_at(self, evaluation: EvaluationSlice, cell: Cell) -> Cell:
        """The classes of a cell; of two groups, those that are confused most."""
        if self._mode is _Mode.OPENED:
            return self._opened[cell[0]], self._opened[cell[1]]
        if self._mode is _Mode.ALL:
            return cell
        rows, columns = self._groups[cell[0]], self._groups[cell[1]]
        wrong = errors(evaluation.matrix)[np.ix_(rows, columns)]
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return (rows[row], columns[column]) if wrong.max() else (rows[0], columns[0])

    def moved(self, evaluation: EvaluationSlice, cursor: Cell, down: int, right: int) -> Cell:
        """The cursor so many cells away, inside the matrix."""
        view, cell = self.shown(evaluation, cursor)
        last = len(view.matrix) - 1
        row, column = (
            min(max(at + by, 0), last) for at, by in zip(cell, (down, right), strict=True)
        )
        return cursor if (row, column) == cell else self.cursor_at(evaluation, (row, column))

    def _open(self, cursor: Cell) -> None:
        both = {self._group_of[number] for number in cursor}
        self._opened = sorted(number for group in both for number in self._groups[group])

    def _show_all(self) -> None:
        self._mode, self._opened = _Mode.ALL, []


def first_cursor(evaluation: EvaluationSlice) -> Cell:
    """The pair of classes that is confused most; the first class without errors."""
    worst = top_confusions(evaluation.matrix, 1)
    return worst[0][:2] if worst else (0, 0)


def _grouped(evaluation: EvaluationSlice, groups: Sequence[Sequence[int]]) -> EvaluationSlice:
    """An evaluation with groups in the place of classes."""
    matrix = _sums(_sums(evaluation.matrix, groups).T, groups).T
    return replace(
        evaluation,
        names=tuple(_name(evaluation.names, group) for group in groups),
        matrix=matrix,
        report=classification_report(matrix),
        f1_history=np.empty((0, len(groups))),
    )


def _sums(matrix: Int64s, groups: Sequence[Sequence[int]]) -> Int64s:
    """The sums of the rows of each group."""
    return np.array([matrix[list(group)].sum(axis=0) for group in groups])


def _name(names: Sequence[str], group: Sequence[int]) -> str:
    """The first class of a group, and how many others there are."""
    first = names[group[0]]
    return (
        f"{fit(first, min(NAME_WIDTH, cell_len(first)))} +{len(group) - 1}"
        if len(group) > 1
        else first
    )


def _of_classes(evaluation: EvaluationSlice, chosen: Sequence[int]) -> EvaluationSlice:
    """Some classes of an evaluation; their metrics are those among all classes."""
    some, report = list(chosen), evaluation.report
    return replace(
        evaluation,
        names=tuple(evaluation.names[number] for number in some),
        matrix=evaluation.matrix[np.ix_(some, some)],
        report=ClassificationReport(
            precision=report.precision[some],
            recall=report.recall[some],
            f1=report.f1[some],
            support=report.support[some],
            predicted=report.predicted[some],
        ),
        f1_history=evaluation.f1_history[:, some],
    )
