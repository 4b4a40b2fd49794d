"""Histograms over steps as heatmaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.network.health import Distribution
from core.tfevents.items import Histogram
from tui.weights.history import StepDistribution
from tui.widgets.heatmap import full_range, heatmap, histogram_of_columns, rebin


def histogram(step: int, *buckets: tuple[float, float, float]) -> Histogram:
    return Histogram("w", step, 0.0, np.array(buckets, np.float64).reshape(-1, 3))


def test_a_heatmap_shows_the_newest_histogram_of_each_column() -> None:
    early = [histogram(step, (0.0, 1.0, 4.0)) for step in range(0, 100, 10)]
    late = histogram(100, (0.0, 1.0, 1.0), (1.0, 2.0, 4.0), (2.0, 2.0, 4.0))
    limits = full_range([*early, late])
    assert limits == (0.0, 2.0)
    image = heatmap([*early, late], np.linspace(*limits, 5), 40)
    np.testing.assert_allclose(image[:, 0], [0, 0, 1, 1])
    np.testing.assert_allclose(image[:, 39] ** 2 * 6, [6, 2, 0.5, 0.5])
    np.testing.assert_array_equal(image[:, :39], np.repeat(image[:, :1], 39, axis=1))


def test_an_old_histogram_does_not_fill_the_picture() -> None:
    assert histogram_of_columns([2], 16).tolist() == [0] * 5 + [-1] * 11
    assert histogram_of_columns([2, 60_000], 16).tolist() == [0] * 5 + [-1] * 10 + [1]
    assert histogram_of_columns([0, 50, 60, 70, 80, 90, 100], 10).tolist() == [
        0, 0, 0, -1, 1, 2, 3, 4, 5, 6,
    ]  # fmt: skip
    assert histogram_of_columns([*range(0, 1001, 100)], 40).min() == 0
    assert histogram_of_columns([*range(1000), 1000], 3).tolist() == [333, 666, 1000]


def test_invalid_histograms_have_no_range() -> None:
    invalid = histogram(0, (float("nan"), 1, 1), (3, 2, 1), (0, float("inf"), 2), (1, 2, 0))
    assert full_range([invalid, histogram(1)]) is None
    low, high = full_range([histogram(0, (5.0, 5.0, 3.0))]) or (0, 0)
    assert low < 5.0 < high
    assert heatmap([histogram(0, (5.0, 5.0, 3.0))], np.linspace(low, high, 5), 3).max() == 1


@given(st.floats(-3, 3), st.floats(0.01, 5), st.integers(1, 40))
def test_rebinning_conserves_counts(low: float, reach: float, bins: int) -> None:
    values = np.random.default_rng(1).normal(low, reach, 500)
    edges = np.linspace(low - 9 * reach, low + 9 * reach, bins + 1)
    counts = rebin(StepDistribution(0, Distribution.of(values)).buckets, edges)
    assert counts.sum() == pytest.approx(500)
    assert (counts >= 0).all()


def test_a_constant_is_in_one_bin() -> None:
    buckets = StepDistribution(0, Distribution.of(np.full(9, 0.25))).buckets
    counts = rebin(buckets, np.linspace(0, 1, 11))
    assert np.flatnonzero(counts).tolist() == [2]
    assert counts.sum() == 9
