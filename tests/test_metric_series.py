"""Series of metrics: bounded memory, values in any order, and what a resumed run makes void."""

import numpy as np
import pytest

from core.run.attached_events import MetricPoints
from core.run.metric_series import MetricSeries
from core.run.metric_table import MAX_KNOTS, MetricTable


def filled(values: np.ndarray, capacity: int = 64, piece: int = 10) -> MetricSeries:
    series = MetricSeries(capacity)
    for first in range(0, len(values), piece):
        part = values[first : first + piece].astype(np.float32)
        series.extend(np.arange(first, first + len(part)), part)
    return series


def test_a_long_series_keeps_means_and_extremes_in_bounded_memory() -> None:
    values = np.random.default_rng(1).normal(size=10_000).astype(np.float32)
    values[[1234, 9500]] = 50, -50
    series = filled(values)
    assert len(series) <= 64 + 32 + 256
    edges = np.linspace(0, 10_000, 11)
    columns = series.columns(edges)
    exact = values.reshape(10, 1000)
    assert (columns.high[1], columns.low[9]) == (50, -50)
    np.testing.assert_allclose(columns.mean, exact.mean(axis=1), atol=0.25)
    total = series.columns(np.array([0.0, 10_000.0]))
    assert total.mean[0] == pytest.approx(values.mean(dtype=np.float64), abs=1e-6)
    assert series.count(0, 10_000) == 10_000


def test_the_newest_values_are_exact() -> None:
    values = np.random.default_rng(1).normal(size=5_000)
    series = filled(values)
    steps, found = series.samples(4990, 5000)
    assert steps[-10:].tolist() == list(range(4990, 5000))
    np.testing.assert_array_equal(found[-10:], values[-10:].astype(np.float32))
    assert series.nearest(4995.2) == (4995, pytest.approx(values[4995]))
    assert (series.first_step, series.last_step) == (0, 4999)
    assert series.nearest(5000) is None and series.nearest(-1) is None


def test_values_may_come_late_twice_and_in_any_order() -> None:
    series = MetricSeries(64)
    series.extend(np.array([5, 1, 3, 1]), np.array([5, 9, 3, 1], np.float32))
    series.extend(np.array([2, 5]), np.array([2, 50], np.float32))
    steps, values = series.samples(0, 10)
    assert steps.tolist() == [1, 2, 3, 5]
    assert values.tolist() == [1, 2, 3, 50]


def test_values_that_come_late_count_in_the_blocks_of_their_steps() -> None:
    series = filled(np.ones(1000))
    series.extend(np.array([10, 1000]), np.array([7, 1], np.float32))
    columns = series.columns(np.array([0.0, 500.0, 1001.0]))
    assert columns.high.tolist() == [7, 1]
    assert series.count(0, 1001) == 1002


def test_what_a_resumed_run_does_again_is_dropped() -> None:
    values = np.arange(1000.0)
    values[990] = np.nan
    series = filled(values)
    series.truncate(995)
    assert (series.last_step, series.nonfinite.total) == (994, 1)
    series.truncate(100)
    assert 60 < series.last_step < 100
    assert series.nonfinite.total == 0
    series.extend(np.arange(100, 110), np.zeros(10, np.float32))
    assert series.columns(np.array([100.0, 200.0])).high[0] == 0
    series.truncate(0)
    assert (len(series), series.last_step, series.first_step) == (0, -1, 0)
    assert np.isnan(series.last)


def test_values_that_are_not_finite_are_listed_and_not_in_the_statistics() -> None:
    values = np.ones(1000)
    values[[3, 500]] = np.nan, np.inf
    series = filled(values)
    assert [step for step, _ in series.nonfinite] == [3, 500]
    columns = series.columns(np.array([0.0, 1000.0]))
    assert (columns.low[0], columns.high[0], columns.mean[0]) == (1, 1, 1)


def points(first: int, count: int, *names: str, seconds: float = 0.0) -> MetricPoints:
    steps = np.arange(first, first + count)
    values = np.zeros((count, len(names)), np.float32)
    return MetricPoints(names, steps, seconds + steps * 0.5, values)


def test_a_table_knows_the_time_of_each_step_within_bounds() -> None:
    table = MetricTable()
    for first in range(0, 10 * MAX_KNOTS, 1000):
        table.extend(points(first, 1000, "a", "b"))
    assert list(table) == ["a", "b"] and table.last_step == 10 * MAX_KNOTS - 1
    assert len(table.timeline) <= MAX_KNOTS
    asked = np.array([0.0, 12_345.0, table.last_step])
    np.testing.assert_allclose(table.timeline.seconds_at(asked), asked * 0.5)
    table.truncate(500)
    table.extend(points(500, 10, "a", seconds=1e6))
    assert table["a"].last_step == 509 and 450 < table["b"].last_step < 500
    assert table.timeline.seconds_at(np.array([509.0]))[0] == 1e6 + 254.5


def test_late_steps_do_not_disturb_the_times() -> None:
    table = MetricTable()
    table.extend(points(0, 100, "loss"))
    table.extend(points(10, 1, "val/loss", seconds=1000))
    np.testing.assert_allclose(table.timeline.seconds_at(np.array([10.0, 99.0])), [5, 49.5])


def test_very_many_names_share_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.run.metric_table.MAX_NAMES", 3)
    monkeypatch.setattr("core.run.metric_table.TOTAL_CAPACITY", 6000)
    table = MetricTable()
    table.extend(points(0, 2, "a", "b", "c", "d"))
    assert (len(table), table.left_out) == (3, 2)
    assert table["a"].capacity == 2000
