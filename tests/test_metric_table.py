"""Thousands of metric names share the capacity of a table, in time in proportion to their count."""

import numpy as np
import pytest

from core.run import metric_table
from core.run.attached_events import MetricPoints
from core.run.metric_series import MetricSeries
from core.run.metric_table import MAX_NAMES, MIN_CAPACITY, MetricTable


def points(*names: str) -> MetricPoints:
    values = np.zeros((2, len(names)), np.float32)
    return MetricPoints(names, np.arange(2), np.arange(2.0), values)


def test_further_names_than_there_is_room_for_are_counted() -> None:
    table = MetricTable()
    table.extend(points(*(f"m{number}" for number in range(MAX_NAMES + 3))))
    assert (len(table), table.left_out) == (MAX_NAMES, 6)
    assert {series.capacity for series in table.values()} == {MIN_CAPACITY}
    table.extend(points("new", "m0"))
    assert (len(table), table.left_out) == (MAX_NAMES, 8)


def test_capacity_is_shared_once_for_all_names_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    shared: list[int] = []

    class Counted(MetricSeries):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "capacity":
                shared.append(len(shared))
            super().__setattr__(name, value)

    monkeypatch.setattr(metric_table, "MetricSeries", Counted)
    MetricTable().extend(points(*(f"m{number}" for number in range(500))))
    assert len(shared) == 2 * 500  # where each is made, and once for all
