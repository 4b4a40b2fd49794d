from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.pyramid import BLOCKS_PER_COLUMN
from core.run.series import MAX_NONFINITE, Points, Series
from core.run.smoothing import smooth
from core.run.timeline import Timeline

numbers = st.floats(width=32, allow_nan=True, allow_infinity=True)


def query(series, start, stop, width):
    """Statistics of steps ``start`` to ``stop`` in ``width`` equal columns."""
    return series.columns(np.linspace(start, stop, width + 1))


def columns_by_hand(steps, values, edges):
    """Minimum, maximum and mean of the finite values between each two edges."""
    found = []
    for start, stop in pairwise(edges):
        inside = values[(steps >= start) & (steps < stop)].astype(np.float64)
        inside = inside[np.isfinite(inside)]
        found.append((inside.min(), inside.max(), inside.mean()) if len(inside) else [np.nan] * 3)
    return np.array(found).T


@given(st.lists(st.lists(numbers, max_size=40), max_size=5), st.integers(1, 9), st.data())
def test_series_columns_equal_those_of_the_raw_values(batches, width, data):
    series = Series()
    for batch in batches:
        series.extend(batch)
    values = np.array([v for batch in batches for v in batch], np.float32)
    start = data.draw(st.integers(-5, len(values) + 5))
    stop = data.draw(st.integers(start, len(values) + 5))
    edges = np.linspace(start, stop, width + 1)
    low, high, mean, filled = series.columns(edges)
    by_hand = columns_by_hand(np.arange(len(values)), values, edges)
    if len(values) <= BLOCKS_PER_COLUMN * width:
        np.testing.assert_allclose([low, high, mean], by_hand, rtol=1e-5)
        assert np.isnan(low[~filled]).all()
    np.testing.assert_array_equal(series.values, values)
    assert series.nonfinite.total == np.count_nonzero(~np.isfinite(values))


@pytest.mark.parametrize("size", [1, 7, 8, 9, 64, 511, 513, 5000, 100_003])
@pytest.mark.parametrize("width", [1, 3, 240])
def test_every_value_is_counted_in_one_column_near_its_position(size, width):
    values = np.random.default_rng(size).normal(size=size).astype(np.float32)
    series = Series(values[: size // 3])
    series.extend(values[size // 3 :])
    start, stop = size // 10, size - size // 7
    low, high, mean, filled = query(series, start, stop, width)
    assert np.nanmin(low) == values[start:stop].min()
    assert np.nanmax(high) == values[start:stop].max()
    per_column = (stop - start) / width
    for column in np.flatnonzero(filled):
        near = slice(
            max(start, int(start + (column - 0.5) * per_column)),
            min(stop, int(start + (column + 1.5) * per_column) + 1),
        )
        assert values[near].min() <= low[column] <= mean[column] <= high[column]
        assert high[column] <= values[near].max()


def test_one_spike_in_a_million_is_found_at_its_position():
    values = np.full(1_000_000, 0.3, np.float32)
    values[654_321] = 9.0
    low, high, mean, _ = query(Series(values), 0, 1_000_000, 240)
    assert abs(int(np.argmax(high)) - 654_321 * 240 // 1_000_000) <= 1
    assert high.max() == 9.0
    assert np.count_nonzero(high > 1) == 1
    assert low.max() < 0.31
    assert mean.max() < 0.31


def test_nonfinite_values_are_stored_listed_and_excluded_from_statistics():
    series = Series([1.0, np.nan, 3.0, np.inf, -np.inf])
    assert list(series.nonfinite)[1:] == [(3, np.inf), (4, -np.inf)]
    assert np.isnan(series.values[1])
    assert series.values[3] == np.inf
    low, high, mean, filled = query(series, 0, 5, 1)
    assert (low[0], high[0], mean[0], filled[0]) == (1.0, 3.0, 2.0, True)
    gap = query(series, 0, 5, 5)
    assert np.isnan(gap.low).tolist() == [False, True, False, True, True]
    assert gap.has_values.all()


def test_only_the_first_of_many_nonfinite_values_are_listed_but_all_are_counted():
    series = Series(np.full(3 * MAX_NONFINITE, np.nan))
    series.extend([np.inf])
    assert series.nonfinite.total == 3 * MAX_NONFINITE + 1
    assert len(series.nonfinite) == MAX_NONFINITE


def test_huge_values_do_not_overflow():
    low, high, mean, _ = query(Series([3e38, 3e38, -1e38] * 1000), 0, 3000, 1)
    assert high[0] == np.float32(3e38)
    assert low[0] == np.float32(-1e38)
    assert mean[0] == pytest.approx(5e38 / 3, rel=1e-5)


@given(st.integers(0, 700), st.integers(0, 700), st.integers(0, 300))
def test_a_truncated_and_extended_series_equals_a_fresh_one(size, kept, added):
    old = np.sin(np.arange(size, dtype=np.float32))
    old[size // 2 :][::50] = np.nan
    new = np.cos(np.arange(added, dtype=np.float32))
    series = Series(old)
    series.truncate(kept)
    series.extend(new)
    fresh = Series(np.concatenate([old[:kept], new]))
    np.testing.assert_array_equal(query(series, 0, 1000, 7), query(fresh, 0, 1000, 7))
    np.testing.assert_array_equal(series.values, fresh.values)
    assert series.nonfinite.total == fresh.nonfinite.total
    np.testing.assert_array_equal(list(series.nonfinite), list(fresh.nonfinite))


def test_the_version_changes_with_the_values():
    series = Series()
    seen = [series.version]
    for change in (lambda: series.extend([1.0, 2.0]), lambda: series.truncate(1)):
        change()
        seen.append(series.version)
    assert len(set(seen)) == 3
    series.extend([])
    series.truncate(5)
    assert series.version == seen[-1]


def test_a_million_values_take_about_seven_bytes_each():
    series = Series()
    for _ in range(100):
        series.extend(np.zeros(10_000))
    assert series.nbytes < 7 * 1.3 * 1_000_000


@given(st.lists(st.tuples(st.integers(-50, 50), numbers), max_size=120), st.integers(1, 9))
def test_repeated_steps_are_handled_as_in_tensorboard(written, width):
    points, by_hand = Points(), []
    for step, value in written:
        points.append(step, value)
        by_hand = [point for point in by_hand if point[0] < step] + [(step, value)]
    steps = np.array([step for step, _ in by_hand], np.int64)
    values = np.array([value for _, value in by_hand], np.float32)
    np.testing.assert_array_equal(points.steps, steps)
    np.testing.assert_array_equal(points.values, values)
    assert points.nonfinite.total == np.count_nonzero(~np.isfinite(values))
    edges = np.linspace(-60, 60, width + 1)
    found = points.columns(edges)
    by_hand_columns = columns_by_hand(steps, values, edges)
    if len(values) <= BLOCKS_PER_COLUMN * width:
        np.testing.assert_allclose(found[:3], by_hand_columns, rtol=1e-5)


@given(st.lists(st.tuples(st.integers(0, 30), numbers), max_size=60), st.integers(1, 7))
def test_extending_in_batches_equals_one_by_one(written, size):
    one_by_one, batched = Points(), Points()
    for step, value in written:
        one_by_one.append(step, value)
    for start in range(0, len(written), size):
        steps, values = zip(*written[start : start + size], strict=True)
        batched.extend(steps, values)
    np.testing.assert_array_equal(batched.steps, one_by_one.steps)
    np.testing.assert_array_equal(batched.values, one_by_one.values)
    assert batched.nonfinite.total == one_by_one.nonfinite.total


def test_sparse_points_keep_their_extremes():
    rng = np.random.default_rng(4)
    steps = np.cumsum(rng.integers(1, 1000, 200_000))
    values = rng.normal(size=200_000)
    values[123_456] = 99.0
    points = Points()
    points.extend(steps, values)
    found = query(points, 0, int(steps[-1]) + 1, 300)
    column = int(steps[123_456] * 300 // (steps[-1] + 1))
    assert abs(int(np.nanargmax(found.high)) - column) <= 1
    assert np.nanmin(found.low) == values.astype(np.float32).min()


def test_nearest_returns_the_closest_point_or_none_beyond_the_ends():
    points = Points()
    points.extend([10, 20, 40], [1, 2, 4])
    assert [points.nearest(step) for step in (9, 10, 14, 16, 31, 40, 41)] == [
        None,
        (10, 1.0),
        (10, 1.0),
        (20, 2.0),
        (40, 4.0),
        (40, 4.0),
        None,
    ]
    assert Points().nearest(0) is None
    assert Series([5.0, 6.0]).nearest(1.4) == (1, 6.0)
    assert Series([5.0, 6.0]).nearest(2) is None


def test_samples_include_a_neighbour_on_either_side():
    points = Points()
    points.extend([10, 20, 40, 80], [1, 2, 4, 8])
    steps, values = points.samples(15, 40)
    assert (steps.tolist(), values.tolist()) == ([10, 20, 40], [1, 2, 4])
    steps, values = Series(range(10)).samples(3, 5)
    assert (steps.tolist(), values.tolist()) == ([2, 3, 4, 5], [2, 3, 4, 5])
    assert not len(Series().samples(0, 10)[0])


def test_a_timeline_converts_both_ways_between_its_ends():
    timeline = Timeline()
    timeline.extend([0, 100, 300], [50.0, 60.0, 70.0])
    np.testing.assert_allclose(timeline.seconds_at(np.array([0.0, 50, 200])), [50, 55, 65])
    np.testing.assert_allclose(timeline.steps_at(np.array([50.0, 55, 65])), [0, 50, 200])
    assert timeline.steps_at(np.array([49.0, 71.0])).tolist() == [-np.inf, np.inf]
    assert np.isnan(timeline.seconds_at(np.array([301.0]))).all()
    assert timeline.start == 50.0


def test_a_resume_replaces_later_knots_of_the_timeline():
    timeline = Timeline()
    timeline.extend([0, 100, 200], [0.0, 10.0, 20.0])
    timeline.extend([150], [500.0])
    assert len(timeline) == 3
    assert timeline.seconds_at(np.array([150.0]))[0] == 500.0


def test_a_clock_set_back_keeps_the_timeline_increasing():
    timeline = Timeline()
    timeline.extend([0, 100, 200], [10.0, 5.0, 12.0])
    assert timeline.seconds_at(np.array([100.0, 200.0])).tolist() == [10.0, 12.0]


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), max_size=200),
    st.sampled_from([0.0, 0.3, 0.6, 0.9, 0.99]),
)
def test_smoothing_equals_the_debiased_average(values, weight):
    total = count = 0.0
    by_hand = []
    for value in values:
        known = np.isfinite(value)
        total = weight * total + (value if known else 0.0)
        count = weight * count + known
        by_hand.append(total / count if known else np.nan)
    np.testing.assert_allclose(smooth(np.array(values), weight), by_hand, rtol=1e-7, atol=1e-6)


def test_smoothing_does_not_depend_on_the_chunk_size():
    values, total, count, by_hand = np.sin(np.arange(500.0)), 0.0, 0.0, []
    for value in values:
        total, count = 0.97 * total + value, 0.97 * count + 1
        by_hand.append(total / count)
    np.testing.assert_allclose(smooth(values, 0.97), by_hand, rtol=1e-9)


def test_smoothing_starts_at_the_first_value_and_keeps_constants():
    assert smooth(np.array([7.0, np.nan, 7.0]), 0.9)[[0, 2]].tolist() == pytest.approx([7.0, 7.0])
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        smooth(np.zeros(3), 1.0)
