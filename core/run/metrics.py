"""What follows from a confusion matrix: a row for what is shown, a column for what was read.

Every figure about an evaluation, on the screen or exported, is taken from its matrix by these
functions, so that no two places can disagree.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClassificationReport:
    """How each class fares, ``[classes]`` each; NaN where there is nothing to divide by."""

    precision: Float64s
    """Of what was read as the class, the share that is it; NaN if nothing was read so."""
    recall: Float64s
    """Of what is the class, the share that was read so; NaN if the split has none."""
    f1: Float64s
    """The harmonic mean of both; NaN only where neither exists."""
    support: Int64s
    """How many examples are the class."""
    predicted: Int64s
    """How many were read as the class."""


def as_matrix(confusion: list[list[int]]) -> Int64s:
    """The matrix of an `Evaluated` event, int64 ``[classes, classes]``."""
    return np.asarray(confusion, np.int64)


def correct_count(matrix: Int64s) -> int:
    """How many were read right."""
    return int(np.trace(matrix))


def accuracy(matrix: Int64s) -> float:
    """The share read right, the lab's "Precision @ 1"; 0 without examples."""
    total = int(matrix.sum())
    return correct_count(matrix) / total if total else 0.0


def classification_report(matrix: Int64s) -> ClassificationReport:
    """Precision, recall and F1 of every class."""
    right = np.diag(matrix)
    support, read = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassificationReport(
        precision=_ratios(right, read),
        recall=_ratios(right, support),
        f1=_ratios(2 * right, support + read),
        support=support,
        predicted=read,
    )


def macro_average(values: Float64s) -> float:
    """The mean over the classes that have a value; NaN if none has ("macro average")."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def normalized_by_true(matrix: Int64s) -> Float64s:
    """Each cell as a share of its row: of what is shown, how much was read so."""
    return _ratios(matrix, matrix.sum(axis=1, keepdims=True))


def normalized_by_predicted(matrix: Int64s) -> Float64s:
    """Each cell as a share of its column: of what was read so, how much is what."""
    return _ratios(matrix, matrix.sum(axis=0, keepdims=True))


def errors(matrix: Int64s) -> Int64s:
    """The matrix without its diagonal."""
    return matrix - np.diag(np.diag(matrix))


def top_confusions(matrix: Int64s, limit: int) -> list[tuple[int, int, int]]:
    """The most frequent errors as (shown, read, count), the most frequent first."""
    wrong = errors(matrix)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    found = [(int(shown), int(read), int(wrong[shown, read])) for shown, read in pairs]
    return [entry for entry in found if entry[2]]


def _ratios(part: Int64s, whole: Int64s) -> Float64s:
    shares = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
