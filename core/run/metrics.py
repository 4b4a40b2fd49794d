"""Classification metrics from a confusion matrix: a row per true class, a column per predicted one.

Every metric of an evaluation, on a screen or exported, is computed by these functions, so that no
two places can disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClassificationReport:
    """Metrics of every class, ``[classes]`` each; NaN where a ratio has no denominator."""

    precision: Float64s
    """Of the examples predicted as the class, the fraction that are; NaN if there are none."""
    recall: Float64s
    """Of the examples of the class, the fraction predicted so; NaN if the split has none."""
    f1: Float64s
    """The harmonic mean of both; NaN only where neither exists."""
    support: Int64s
    """The number of examples of the class."""
    predicted: Int64s
    """The number of examples predicted as the class."""


def as_matrix(confusion: list[list[int]]) -> Int64s:
    """The matrix of an `Evaluated` event, int64 ``[classes, classes]``."""
    return np.asarray(confusion, np.int64)


def correct_count(matrix: Int64s) -> int:
    """The number of examples that were classified correctly."""
    return int(np.trace(matrix))


def accuracy(matrix: Int64s) -> float:
    """The fraction classified correctly, the lab's "Precision @ 1"; 0 without examples."""
    total = int(matrix.sum())
    return correct_count(matrix) / total if total else 0.0


def accuracy_of(confusion: Sequence[Sequence[int]]) -> float:
    """The same of a matrix as lists, as `Evaluated` has it: a list of runs needs thousands."""
    total = sum(map(sum, confusion))
    return sum(row[label] for label, row in enumerate(confusion)) / total if total else 0.0


def classification_report(matrix: Int64s) -> ClassificationReport:
    """Precision, recall, F1 and counts of every class."""
    correct = np.diag(matrix)
    support, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassificationReport(
        precision=_ratios(correct, predicted),
        recall=_ratios(correct, support),
        f1=_ratios(2 * correct, support + predicted),
        support=support,
        predicted=predicted,
    )


def macro_average(values: Float64s) -> float:
    """The mean over the classes that have a value; NaN if none has."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def normalized_by_true(matrix: Int64s, support: Int64s | None = None) -> Float64s:
    """Each cell as a fraction of its row: of a true class, how much was predicted as what.

    `support` has the sums of the rows, where the matrix has only some of the columns.
    """
    whole = matrix.sum(axis=1) if support is None else support
    return _ratios(matrix, whole[:, None])


def normalized_by_predicted(matrix: Int64s, predicted: Int64s | None = None) -> Float64s:
    """Each cell as a fraction of its column: of a predicted class, how much truly is what.

    `predicted` has the sums of the columns, where the matrix has only some of the rows.
    """
    whole = matrix.sum(axis=0) if predicted is None else predicted
    return _ratios(matrix, whole[None, :])


def errors(matrix: Int64s) -> Int64s:
    """The matrix without its diagonal."""
    return matrix - np.diag(np.diag(matrix))


def top_confusions(matrix: Int64s, limit: int) -> list[tuple[int, int, int]]:
    """The most frequent errors as (true, predicted, count), the most frequent first."""
    wrong = errors(matrix)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    cells = [(int(true), int(predicted), int(wrong[true, predicted])) for true, predicted in pairs]
    return [cell for cell in cells if cell[2]]


def _ratios(part: Int64s, whole: Int64s) -> Float64s:
    """`part` / `whole`; NaN where `whole` is 0."""
    ratios = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=ratios, where=whole > 0)
    return ratios
