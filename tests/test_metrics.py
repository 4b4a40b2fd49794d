"""The metrics of an evaluation, compared with counting by hand and with scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.metrics import (
    Int64s,
    accuracy,
    as_matrix,
    classification_report,
    correct_count,
    errors,
    macro_average,
    normalized_by_predicted,
    normalized_by_true,
    top_confusions,
)  # fmt: skip

MATRIX = as_matrix([[5, 1, 0], [2, 7, 1], [0, 0, 0]])


def unrolled(matrix: Int64s) -> tuple[list[int], list[int]]:
    """The true and the predicted labels that a matrix was counted from."""
    pairs = [(i, j) for (i, j), n in np.ndenumerate(matrix) for _ in range(int(n))]
    return [shown for shown, _ in pairs], [read for _, read in pairs]


@st.composite
def matrices(draw: st.DrawFn) -> Int64s:
    size = draw(st.integers(2, 6))
    cells = st.lists(st.integers(0, 9), min_size=size, max_size=size)
    return as_matrix(draw(st.lists(cells, min_size=size, max_size=size)))


def by_hand(matrix: Int64s, label: int) -> tuple[float, float, float]:
    """Precision, recall and F1 counted one example at a time; NaN without a denominator."""
    hits = shown_so = read_so = 0
    for shown, read in zip(*unrolled(matrix), strict=True):
        hits += shown == read == label
        shown_so += shown == label
        read_so += read == label
    precision = hits / read_so if read_so else math.nan
    recall = hits / shown_so if shown_so else math.nan
    f1 = 2 * hits / (shown_so + read_so) if shown_so + read_so else math.nan
    return precision, recall, f1


@given(matrices())
def test_metrics_equal_those_counted_by_hand(matrix: Int64s) -> None:
    figures = classification_report(matrix)
    for label in range(len(matrix)):
        found = (figures.precision[label], figures.recall[label], figures.f1[label])
        np.testing.assert_allclose(found, by_hand(matrix, label), rtol=1e-12)
    assert figures.support.sum() == figures.predicted.sum() == matrix.sum()


def test_metrics_equal_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    matrix = as_matrix((rng.integers(0, 30, (10, 10)) + 200 * np.eye(10, dtype=int)).tolist())
    shown, read = unrolled(matrix)
    expected = metrics.precision_recall_fscore_support(shown, read, zero_division=np.nan)
    figures = classification_report(matrix)
    found = (figures.precision, figures.recall, figures.f1, figures.support)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert (metrics.confusion_matrix(shown, read) == matrix).all()
    assert accuracy(matrix) == pytest.approx(metrics.accuracy_score(shown, read))


def test_a_metric_without_denominator_is_nan_and_excluded_from_the_average() -> None:
    figures = classification_report(MATRIX)
    assert math.isnan(figures.recall[2])
    assert figures.precision[2] == 0
    assert macro_average(figures.recall) == pytest.approx((5 / 6 + 7 / 10) / 2)
    assert math.isnan(macro_average(np.array([np.nan, np.nan])))


def test_normalization_is_by_row_or_by_column() -> None:
    assert normalized_by_true(MATRIX)[1].tolist() == pytest.approx([0.2, 0.7, 0.1])
    assert normalized_by_predicted(MATRIX)[:, 1].tolist() == pytest.approx([1 / 8, 7 / 8, 0])
    assert np.isnan(normalized_by_true(MATRIX)[2]).all()


def test_top_confusions_are_sorted_and_exclude_the_diagonal() -> None:
    assert top_confusions(MATRIX, 9) == [(1, 0, 2), (0, 1, 1), (1, 2, 1)]
    assert top_confusions(MATRIX, 1) == [(1, 0, 2)]
    assert top_confusions(np.diag([3, 4]), 5) == []
    assert errors(MATRIX).sum() == MATRIX.sum() - correct_count(MATRIX)


def test_an_empty_matrix_has_accuracy_0() -> None:
    assert accuracy(np.zeros((3, 3), np.int64)) == 0
