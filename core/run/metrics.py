"""What follows from a confusion matrix: a row for what is shown, a column for what was read.

Every figure about an evaluation, on the screen or exported, is taken from its matrix by these
functions, so that no two places can disagree.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClassFigures:
    """How each class fares, ``[classes]`` each; NaN where there is nothing to divide by."""

    precision: Shares
    """Of what was read as the class, the share that is it; NaN if nothing was read so."""
    recall: Shares
    """Of what is the class, the share that was read so; NaN if the split has none."""
    f1: Shares
    """The harmonic mean of both; NaN only where neither exists."""
    support: Matrix
    """How many examples are the class."""
    read: Matrix
    """How many were read as the class."""


def as_matrix(confusion: list[list[int]]) -> Matrix:
    """The matrix of an `Evaluated` event, int64 ``[classes, classes]``."""
    return np.asarray(confusion, np.int64)


def correct(matrix: Matrix) -> int:
    """How many were read right."""
    return int(np.trace(matrix))


def precision_at_1(matrix: Matrix) -> float:
    """The share read right, the lab's "Precision @ 1"; 0 without examples."""
    total = int(matrix.sum())
    return correct(matrix) / total if total else 0.0


def class_figures(matrix: Matrix) -> ClassFigures:
    """Precision, recall and F1 of every class."""
    right = np.diag(matrix)
    support, read = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassFigures(
        precision=_shares(right, read),
        recall=_shares(right, support),
        f1=_shares(2 * right, support + read),
        support=support,
        read=read,
    )


def mean_of_known(values: Shares) -> float:
    """The mean over the classes that have a value; NaN if none has ("macro average")."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def shares_of_shown(matrix: Matrix) -> Shares:
    """Each cell as a share of its row: of what is shown, how much was read so."""
    return _shares(matrix, matrix.sum(axis=1, keepdims=True))


def shares_of_read(matrix: Matrix) -> Shares:
    """Each cell as a share of its column: of what was read so, how much is what."""
    return _shares(matrix, matrix.sum(axis=0, keepdims=True))


def errors(matrix: Matrix) -> Matrix:
    """The matrix without its diagonal."""
    return matrix - np.diag(np.diag(matrix))


def worst_confusions(matrix: Matrix, most: int) -> list[tuple[int, int, int]]:
    """The most frequent errors as (shown, read, count), the most frequent first."""
    wrong = errors(matrix)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    found = [(int(shown), int(read), int(wrong[shown, read])) for shown, read in pairs]
    return [entry for entry in found if entry[2]]


def _shares(part: Matrix, whole: Matrix) -> Shares:
    shares = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
