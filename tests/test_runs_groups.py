"""Which runs are one group, and what the rows of groups and of runs of little knowledge say."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Size

from core.run.seeds import compiled
from core.rundir.entry import RunEntry
from core.rundir.groups import group_runs
from core.rundir.overview import Overview
from core.rundir.run_values import MetricValues
from tests.helpers.attached_runs import losses, make_attached
from tui.runs import columns, value_columns
from tui.runs.differences import HparamDifferences
from tui.runs.table import RunDetails


def entries_of(folder: Path, *infos: dict[str, Any]) -> list[RunEntry]:
    """Attached runs with what `infos` say of each, called ``0-a``, ``1-b``, ..."""
    for number, info in enumerate(infos):
        name = f"{number}-{'abcdef'[number]}"
        make_attached(folder / "p" / name, **({"lines": losses(1.0)} | info))
    return Overview(folder).poll()[::-1]


def grouped(entries: list[RunEntry]) -> list[str]:
    """The first letters of the names of each group."""
    groups = group_runs(entries)
    return ["".join(entry.summary.name[0] for entry in group.entries) for group in groups]


@pytest.mark.parametrize(
    ("commands", "groups"),
    [
        (["t.py --lr 0.1", "t.py --lr 1", "t.py --lr 1"], ["0", "12"]),
        (["t.py --seed 1 x", "t.py --seed 2 x", "t.py --seed 2 y"], ["01", "2"]),
        (["t.py --seed=1", "t.py --random-seed -2", "t.py"], ["012"]),
        (["t.py train.seed=1 lr=1", "t.py lr=1", "t.py lr=2"], ["01", "2"]),
        (["t.py --seed --fast", "t.py --fast", "t.py --seed x --fast"], ["01", "2"]),
        (["", "", ""], ["0", "1", "2"]),
    ],
)
def test_without_settings_the_command_line_tells_runs_apart(
    tmp_path: Path, commands: list[str], groups: list[str]
) -> None:
    infos = [{"command": command.split()} for command in commands]
    assert grouped(entries_of(tmp_path, *infos)) == groups


def test_a_seed_alone_is_no_setting_and_a_folder_counts(tmp_path: Path) -> None:
    infos: list[dict[str, Any]] = [
        {"config": {"seed": 1}, "command": ["t.py", "--lr", "1"]},
        {"config": {"seed": 2}, "command": ["t.py", "--lr", "2"]},
        {"config": {"seed": 3}, "command": ["t.py", "--lr", "1"]},
        {"command": ["t.py", "--lr", "1"], "folder": "/elsewhere"},
        {"command": "an open quote 'x"},
    ]
    assert grouped(entries_of(tmp_path, *infos)) == ["02", "1", "3", "4"]


def test_labels_and_planned_steps_keep_runs_without_settings_separate(tmp_path: Path) -> None:
    infos: list[dict[str, Any]] = [
        {"label": "twin", "steps": 300},
        {"label": "twin", "steps": 300},
        {"label": "twin", "steps": 20_000},
        {"label": "one", "steps": 300},
        {"label": "one-seed2", "steps": 300},
        {"label": "other", "steps": 300, "config": {"lr": 1}},
    ]
    assert grouped(entries_of(tmp_path, *infos)) == ["01", "2", "34", "5"]


def test_a_name_that_numbers_repetitions_makes_a_group(tmp_path: Path) -> None:
    for name in ("deep-seed1", "deep-seed2", "deep", "wide-seed1"):
        make_attached(tmp_path / "p" / name, losses(1.0), command=[])
    groups = [len(group.entries) for group in group_runs(Overview(tmp_path).poll())]
    assert sorted(groups) == [1, 1, 2]


def test_a_pattern_of_names_makes_groups_of_runs_with_any_settings(tmp_path: Path) -> None:
    for name in ("wide-lr1-a", "wide-lr2-a", "deep-lr1-b", "20261128-101500-deep-lr9-b"):
        make_attached(tmp_path / "p" / name, losses(1.0), config={"name": name})
    groups = group_runs(Overview(tmp_path).poll(), compiled(r"lr\d"))
    names = [{entry.summary.name for entry in group.entries} for group in groups]
    assert {"wide-lr1-a", "wide-lr2-a"} in names
    assert {"deep-lr1-b", "20261128-101500-deep-lr9-b"} in names


def test_the_row_of_a_group(tmp_path: Path) -> None:
    infos: list[dict[str, Any]] = [
        {"config": {"lr": 1, "seed": 1}, "lines": losses(*[1.0] * 1077)},
        {"config": {"lr": 1, "seed": 2}, "lines": losses(*[1.0] * 1079), "state": "failed"},
    ]
    entries = entries_of(tmp_path, *infos)
    (group,) = group_runs([replace(e, seconds=60.0 * n) for n, e in enumerate(entries, 1)])
    assert columns.STEPS.text(group) == "1,078 ±1"
    assert columns.TIME.text(group) == "1 min 30 s"
    assert columns.STATE.text(group) == "mixed"
    assert value_columns.setting_column("seed").text(group) == "2 values"
    (wider,) = value_columns.for_groups([columns.STEPS])
    assert wider.width > columns.STEPS.width


def test_settings_of_other_programs_may_be_called_like_ours(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, {"config": {"hidden": 64, "network": "big"}})
    found = {column.id: column for column in value_columns.all_columns(entries)}
    assert found["setting:hidden"].text(entries[0]) == "64"
    assert found["setting:network"].text(entries[0]) == "big"


def test_what_is_not_known_is_not_claimed(tmp_path: Path) -> None:
    (entry,) = entries_of(tmp_path, {"steps": None})
    details, differences = RunDetails(), HparamDifferences()
    details._entry = entry
    text = "".join(part for row in details.lines(200, 3) for part, _ in row)
    assert "done at step 1 " in text
    assert " of 0" not in text
    differences._entries = [("", entry)]
    rows = differences.lines(*Size(60, 20))
    assert rows[-1] == [("no known settings", "dim")]


def test_only_metrics_with_a_direction_have_a_best_value(tmp_path: Path) -> None:
    lines = losses(0.5, 0.2, lr=0.1, neg=-1.0)
    entries = entries_of(tmp_path, *({"lines": lines, "config": {"lr": lr}} for lr in (1, 2)))
    for shown in (value_columns.columns_for(entries), value_columns.all_columns(entries)):
        names = [column.name for column in shown]
        assert {"config lr", "lr", "neg", "best loss", "loss"} <= set(names)
        assert len(set(names)) == len(names)
        assert not {"best lr", "best neg"} & set(names)


def test_an_infinite_value_is_no_best_one() -> None:
    assert math.isnan(MetricValues(0.1, -math.inf, math.inf).best("acc"))
    assert MetricValues(0.1, -math.inf, 2.0).best("acc") == 2.0
    assert MetricValues(0.1, 0.0, 2.0).best("lr") == 0.1
