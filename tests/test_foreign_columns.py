"""What the columns and keys of a file are called: equal, too long, or as TensorBoard names them."""

import io
import json
from pathlib import Path

import pytest

from core.foreign.collector import Collector, Format
from core.foreign.json_lines import JsonLines
from core.foreign.table import Table
from core.tfevents.items import Scalars
from trainpad.errors import UserError
from tui.watch.once import print_once


def points_of(file: Format) -> dict[str, list[tuple[int, float, float]]]:
    found = [item for item in file.take() if isinstance(item, Scalars)]
    return {
        item.tag: [
            *zip(*(c.tolist() for c in (item.steps, item.wall_times, item.values)), strict=True)
        ]
        for item in found
    }


def values_of(file: Format) -> dict[str, list[float]]:
    return {tag: [value for _, _, value in rows] for tag, rows in points_of(file).items()}


def test_two_columns_of_one_name_are_two_curves_also_after_another_header() -> None:
    file = Table()
    header = b"step,loss,loss,loss (2),step\n"
    file.feed(header + b"1,0.5,9,7,1\n2,0.25,8,6,2\n" + header + b"3,0.1,5,4,3\n")
    assert values_of(file) == {
        "loss": [0.5, 0.25, 0.1],
        "loss (2)": [9, 8, 5],
        "loss (2) (2)": [7, 6, 4],
        "step (2)": [1, 2, 3],
    }


def test_names_that_are_shown_alike_are_curves_of_their_own() -> None:
    long = "layer/" * 40
    file = JsonLines()
    for step in (1, 2):
        file.feed(json.dumps({"step": step, long + "max": 9, long + "min": 1}).encode() + b"\n")
    tags = values_of(file)
    assert [*tags.values()] == [[9, 9], [1, 1]]
    assert all(tag.startswith("layer/layer/") for tag in tags)
    collector = Collector()
    for name in ("loss", " loss", "loss "):
        collector.add(name, 1, 0.0, 1.0)
    assert [item.tag for item in collector.take()] == ["loss", "loss (2)", "loss (3)"]


def test_the_table_that_tensorboard_downloads() -> None:
    head = b"Wall time,Step,Value\n1764400000.5,0,2.5\n1764400001.5,10,1.25\n"
    assert Table.recognizes(head)
    file = Table()
    file.feed(head)
    assert points_of(file) == {"Value": [(0, 1764400000.5, 2.5), (10, 1764400001.5, 1.25)]}
    assert file.last_wall_time == 1764400001.5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"step": 9223372036854775807, "loss": 1}\n'),
        ("a.jsonl", '{"step": 0.5, "loss": 1}\n'),
        ("a.csv", "step,loss\nfirst,1\n"),
    ],
)
def test_steps_that_are_none_are_said_to_be_so(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=r"its steps are no whole numbers up to 2\*\*62$"):
        print_once([str(tmp_path)], io.StringIO())
