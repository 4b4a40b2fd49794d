"""Steps that begin again show the newer numbers alone; numbers in any order are all kept."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.run.attached_events import MetricPoints
from core.run.metric_table import MetricTable


def table(
    steps: Sequence[int], begin: float = 0.0, *names: str, value: float = 1.0, every: float = 1.0
) -> MetricPoints:
    names = names or ("loss",)
    times = begin + every * np.arange(len(steps))
    values = np.full((len(steps), len(names)), value, np.float32)
    return MetricPoints(names, np.array(steps, np.int64), times, values)


def shown(metrics: MetricTable, name: str = "loss") -> list[tuple[int, float]]:
    steps, values = metrics[name].samples(0, 1e9)
    return list(zip(steps.tolist(), values.tolist(), strict=True))


def test_a_second_phase_in_one_part_of_the_file_replaces_the_first() -> None:
    metrics = MetricTable()
    both = table([*range(100), *range(30)])
    both.values[100:] = 7
    metrics.extend(both)
    assert shown(metrics) == [(step, 7.0) for step in range(30)]
    assert metrics.timeline.seconds_at(np.array([0.0]))[0] == 100  # not the time of the first phase


@pytest.mark.parametrize("count", [100, 200_000])
def test_a_second_phase_that_is_read_later_replaces_the_first(count: int) -> None:
    metrics = MetricTable()
    metrics.extend(table(range(count)))
    metrics.extend(table(range(5), count, value=7.0))
    metrics.extend(table(range(5, 30), count + 5, value=7.0))
    assert shown(metrics) == [(step, 7.0) for step in range(30)]


def test_other_names_stay() -> None:
    metrics = MetricTable()
    metrics.extend(table(range(0, 100, 10), 0, "val"))
    metrics.extend(table(range(100), 0))
    metrics.extend(table(range(5), 200, value=7.0))
    assert len(shown(metrics)) == 5
    assert len(shown(metrics, "val")) == 10


def test_lines_with_other_names_of_the_same_part_are_no_second_phase() -> None:
    """`loss` each step, and `loss` with `val` at every tenth: two tables of the same time."""
    metrics = MetricTable()
    for begin in (0, 100):
        metrics.extend(table(range(begin, begin + 100), begin, every=1e-9))
        metrics.extend(table(range(begin, begin + 100, 10), begin, "loss", "val", every=1e-9))
    assert len(shown(metrics)) == 200
    metrics.extend(table(range(5), 200, value=7.0))
    assert len(shown(metrics)) == 5


def test_what_a_resumed_run_logs_is_no_second_phase_of_its_own() -> None:
    metrics = MetricTable()
    metrics.extend(table(range(100)))
    metrics.truncate(60)
    metrics.extend(table(range(60, 80), 200, value=7.0))
    assert len(shown(metrics)) == 80
    metrics.extend(table(range(20), 300, value=8.0))
    assert len(shown(metrics)) == 20


@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=9), max_size=4))
@settings(deadline=None)
def test_of_short_parts_in_any_order_the_newer_value_of_each_step_is_kept(
    parts: list[list[int]],
) -> None:
    metrics, expected = MetricTable(), dict[int, float]()
    metrics.extend(table([100, 99], 0))
    for number, steps in enumerate(parts):
        metrics.extend(table(steps, 10.0 * number + 10, value=float(number)))
        expected |= dict.fromkeys(steps, float(number))
    assert dict(shown(metrics)) == expected | {99: 1.0, 100: 1.0}
