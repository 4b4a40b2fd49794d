"""A group of runs is named after what its runs share."""

from pathlib import Path
from typing import Any

import pytest

from core.rundir.groups import RunGroup
from core.rundir.overview import Overview
from tests.helpers.attached_runs import losses, make_attached
from tests.helpers.runs import finished
from tui.runs import columns


def group(folder: Path, *names: str, **info: Any) -> RunGroup:
    for name in names:
        make_attached(folder / "p" / name, losses(1.0), **info)
    return RunGroup(tuple(Overview(folder).poll()[::-1]))


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["20261128-101500-deep", "20261128-101501-deep"], "deep"),
        (["deep-seed1", "deep-seed22"], "deep"),
        (["wide-lr1-adam", "wide-lr2-adam"], "wide-*-adam"),
        (["wide_a", "wide_b", "wide_c_d"], "wide_*"),
        (["a-x", "b-x"], "*-x"),
        (["blue", "black"], "lr 0.1, kind sgd"),
        (["seed1", "seed2"], "lr 0.1, kind sgd"),
    ],
)
def test_a_group_is_named_after_what_its_runs_share(
    tmp_path: Path, names: list[str], shared: str
) -> None:
    found = group(tmp_path, *names, config={"lr": 0.1, "kind": "sgd", "seed": 3})
    assert found.name == shared
    assert columns.NAME.text(found) == f"{len(names)} × {shared}"


def test_a_label_comes_before_settings(tmp_path: Path) -> None:
    assert group(tmp_path, "blue", "red", label="twin", config={"lr": 1}).name == "twin"


def test_without_anything_shared_it_is_the_first_and_others(tmp_path: Path) -> None:
    assert group(tmp_path, "blue", "red").name == "blue and others"


def test_runs_of_ours_are_named_after_their_network(tmp_path: Path) -> None:
    for name in ("blue", "red"):
        finished(tmp_path / name, steps=4)
    entries = Overview(tmp_path).poll()
    assert RunGroup(tuple(entries)).name == entries[0].network


def test_groups_are_sorted_by_the_name_that_is_shown(tmp_path: Path) -> None:
    first = group(tmp_path / "1", "20261128-101500-z-a", "20261128-101501-z-b")
    second = group(tmp_path / "2", "b-x", "b-y")
    assert columns.sorted_rows([second, first], columns.NAME, reverse=False) == [second, first]
