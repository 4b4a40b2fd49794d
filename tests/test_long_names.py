"""Long names that differ only at their ends are different names, wherever numbers are read."""

import json
from pathlib import Path

import pytest

import trainpad
from core.cli.steer import read_values
from core.rundir.attached import last_values
from core.rundir.metric_lines import Table, tables
from core.rundir.metrics import metrics_of, read_metrics
from core.rundir.run_values import settings_of
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from core.rundir.validation import sanitized_info
from core.sweep.goal import Goal, GoalReader
from trainpad.text import MAX_NAME, sanitize_name

LAYER = "encoder/block_00/attention/self_attention/query/kernel/gradient_norm_before_clipping/"
NAMES = [LAYER + "max", LAYER + "min", LAYER + "mean"]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    settings = {name: number for number, name in enumerate(NAMES)}
    with trainpad.init("first", config={"groups": settings}, dir=tmp_path) as recorded:
        for number, name in enumerate(NAMES):
            recorded.live(name, float(number))
        for step in range(3):
            recorded.log({name: number + step for number, name in enumerate(NAMES)}, step)
    assert recorded.path is not None
    return RunDir(recorded.path)


def test_each_number_keeps_its_own_values(run: RunDir) -> None:
    (table,) = tables(run.metrics.read_bytes())
    assert isinstance(table, Table)
    assert table.names == (*NAMES,)
    assert list(metrics_of(read_metrics(run))) == NAMES
    assert last_values(run) == {name: number + 2 for number, name in enumerate(NAMES)}
    goal = GoalReader(Goal(NAMES[1], maximize=False), run)
    assert goal.poll() == [(0, 1.0), (1, 2.0), (2, 3.0)]


def test_each_setting_and_each_live_value_is_one_of_its_own(run: RunDir) -> None:
    settings = settings_of(sanitized_info(run.info())["config"])
    assert settings == {f"groups/{name}": number for number, name in enumerate(NAMES)}
    values = read_values(run, read_status(run))
    assert {name: knob.value for name, knob in values.items()} == {
        name: float(number) for number, name in enumerate(NAMES)
    }


def test_names_of_other_programs_that_are_longer_still_are_cut_and_stay_different() -> None:
    first, second = (LAYER * 9 + end for end in ("max", "min"))
    content = json.dumps({"step": 0, "time": 1.0, first: 1, second: 2}).encode()
    (table,) = tables(content + b"\n")
    assert isinstance(table, Table)
    assert len(set(table.names)) == 2
    assert {len(name) for name in table.names} == {MAX_NAME}
    assert all(sanitize_name(name) == name for name in table.names)
    assert all(name.startswith(LAYER * 2) for name in table.names)
