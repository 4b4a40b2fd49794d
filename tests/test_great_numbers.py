"""Numbers near the limits of a float, and goals that are no number."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.rundir.attached import last_values
from core.rundir.metric_lines import Table, tables
from core.rundir.metrics import read_metrics, why_unreadable
from core.rundir.validation import as_number
from core.sweep.goal import Goal, GoalReader
from core.sweep.trials import RunningTrial
from tests.helpers.attached_runs import make_attached

GREAT = [1e300, 1e302, -1e308, 1.7976931348623157e308]


def test_every_finite_number_is_read(tmp_path: Path) -> None:
    lines = [{"step": step, "time": 1.0, "loss": value} for step, value in enumerate(GREAT)]
    run = make_attached(tmp_path / "p" / "great", lines)
    assert [row.values["loss"] for row in read_metrics(run)] == GREAT
    assert last_values(run) == {"loss": GREAT[-1]}
    # The same where other lines make the reader take the numbers one by one.
    mixed = "".join(json.dumps({**line, "note": "text"}) + "\n" for line in lines)
    (table,) = tables(mixed.encode())
    assert isinstance(table, Table)
    assert [value < 0 for value in table.values[:, 0]] == [value < 0 for value in GREAT]


def test_numbers_at_times_in_nanoseconds_are_said_to_have_no_step(tmp_path: Path) -> None:
    step = 1_764_400_000_000_000_000
    run = make_attached(tmp_path / "p" / "times", [{"step": step, "time": 1.0, "loss": 1.0}])
    assert read_metrics(run) == []
    assert why_unreadable(run.metrics).startswith("none of its lines has a step, a whole number")
    run.metrics.write_text('{"step": 3, "time": 1.0}\n')
    assert not why_unreadable(run.metrics)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2**1000, 2.0**1000),
        (10**400, None),
        (-(10**400), None),
        (True, None),
        ("inf", float("inf")),
    ],
)
def test_what_no_float_can_be_is_no_number(value: object, number: float | None) -> None:
    assert as_number(value) == number


def test_a_goal_that_was_always_nan_is_said_to_be_so(tmp_path: Path) -> None:
    lines = [{"step": 0, "time": 1.0, "val/accuracy": "nan", "loss": 1.0}]
    run = make_attached(tmp_path / "p" / "nan", lines)
    said: dict[str, str] = {}
    unused: Any = None
    for name in ("val/accuracy", "f1"):
        goal = Goal(name)
        reader = GoalReader(goal, run)
        assert reader.poll() == []
        said[name] = RunningTrial(unused, goal, unused)._missing(reader)
    assert said["val/accuracy"] == "val/accuracy was never a finite number: it was NaN or infinite"
    assert said["f1"] == "f1 was never recorded; recorded were: val/accuracy, loss"
