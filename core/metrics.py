"""What follows from a confusion matrix: a row for what is shown, a column for what was read."""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int64]


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
