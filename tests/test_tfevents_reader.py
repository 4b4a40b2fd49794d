import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.tfevents import reader
from core.tfevents.items import (
    Experiment,
    Histogram,
    Image,
    Item,
    Restart,
    Scalars,
    SessionEnd,
    SessionStart,
    Text,
)
from core.tfevents.messages import HParamsPluginData
from core.tfevents.reader import EventFile
from core.tfevents.records import encode_record
from tests.helpers.tfevents import add, event, named, new, old, points, put, start, strings, version


def items_of(path: Path) -> list[Item]:
    return rest_of(EventFile(path))


def rest_of(file: EventFile) -> list[Item]:
    while file.read():
        pass
    return file.take()


def only(path: Path) -> Any:
    (item,) = items_of(path)
    return item


def scalars_of(items: list[Item]) -> dict[str, list[tuple[int, float, float]]]:
    found: dict[str, list[tuple[int, float, float]]] = {}
    for item in items:
        assert isinstance(item, Scalars)
        rows = zip(item.steps, item.wall_times, item.values, strict=True)
        found.setdefault(item.tag, []).extend((int(s), float(t), float(v)) for s, t, v in rows)
    return found


@pytest.mark.parametrize("style", [old, new])
@pytest.mark.parametrize("first", [0, 120, 16_380, (1 << 21) - 5, (1 << 28) - 5, (1 << 35) - 5])
def test_scalars_of_both_styles(tmp_path: Path, style: Any, first: int) -> None:
    steps = range(first, first + 10)
    path = put(tmp_path, version(), points(steps, style=style), points(steps, b"lr", style))
    expected = [(step, 1.7e9 + step, float(np.float32(100.0 - step))) for step in steps]
    assert scalars_of(items_of(path)) == {"loss": expected, "lr": expected}


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("style", [old, new])
def test_templates_yield_the_same_points_as_parsing(
    tmp_path: Path, style: Any, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "FAST", fast)
    rng = np.random.default_rng(1)
    values = rng.normal(size=300).astype(np.float32) * np.float32(10) ** rng.integers(-30, 30, 300)
    values = values.astype(np.float32)
    steps = rng.integers(-5, 1 << 36, 300)
    tags = [bytes([97 + int(i)]) * int(i + 1) for i in rng.integers(0, 9, 300)]
    rows = list(zip(tags, steps.tolist(), values.tolist(), strict=True))
    path = put(tmp_path, *(event(step, style(tag, value)) for tag, step, value in rows))
    expected: dict[str, list[tuple[int, float, float]]] = {}
    for tag, step, value in rows:
        expected.setdefault(tag.decode(), []).append((step, 1.7e9 + step, value))
    assert scalars_of(items_of(path)) == expected


def test_a_value_repeated_in_its_record_is_not_mistaken_for_the_value(tmp_path: Path) -> None:
    tag = struct.pack("<f", 3.0) + b"x"
    path = put(
        tmp_path, *(event(step, new(tag, value)) for step, value in [(1, 3), (2, 4), (3, 5)])
    )
    assert only(path).values.tolist() == [3, 4, 5]


def test_metadata_after_the_value_may_be_anything(tmp_path: Path) -> None:
    values = [{**new(b"loss", step), **named(b"scalars", b"\x08\x01")} for step in range(9)]
    path = put(tmp_path, *(event(step, value) for step, value in enumerate(values)))
    assert only(path).values.tolist() == list(range(9))


def test_equal_bytes_after_the_value_are_not_mistaken_for_it(tmp_path: Path) -> None:
    behind = [struct.pack("<f", number) for number in (3, 9, 4)]
    values = [{**new(b"loss", 3), **named(b"scalars", content)} for content in behind]
    path = put(tmp_path, *(event(step, value) for step, value in enumerate(values)))
    assert only(path).values.tolist() == [3, 3, 3]


def test_several_values_in_one_event(tmp_path: Path) -> None:
    path = put(tmp_path, event(3, old(b"a", 1), new(b"b", 2)), event(4, old(b"a", 3)))
    found = scalars_of(items_of(path))
    assert found["a"] == [(3, 1.7e9 + 3, 1), (4, 1.7e9 + 4, 3)]
    assert found["b"] == [(3, 1.7e9 + 3, 2)]


@pytest.mark.parametrize(
    "tensor",
    [
        {"dtype": 1, "float_val": [0.25]},
        {"dtype": 2, "double_val": [0.25]},
        {"dtype": 2, "tensor_content": struct.pack("<d", 0.25)},
        {"dtype": 19, "half_val": [0x3400]},
        {"dtype": 14, "half_val": [0x3E80]},
        {"dtype": 14, "tensor_content": b"\x80\x3e"},
    ],
)
def test_scalar_tensors_of_any_type(tmp_path: Path, tensor: dict[str, Any]) -> None:
    value = {"tag": b"x", "tensor": {"tensor_shape": {}, **tensor}, **named(b"scalars")}
    assert only(put(tmp_path, event(1, value) * 20)).values.tolist() == [0.25] * 20


def test_integers_and_omitted_zeros(tmp_path: Path) -> None:
    whole = {"tag": b"n", "tensor": {"dtype": 9, "int64_val": [7]}, **named(b"scalars")}
    zero = {"tag": b"n", "tensor": {"dtype": 1}}
    assert only(put(tmp_path, event(1, whole), event(2, zero))).values.tolist() == [7, 0]


def test_nan_and_infinity_are_kept(tmp_path: Path) -> None:
    numbers = [math.nan, math.inf, -math.inf, 1.0]
    path = put(tmp_path, *(event(i, old(b"x", n)) for i, n in enumerate(numbers)))
    np.testing.assert_array_equal(only(path).values, numbers)


def test_clocks_and_steps_may_run_backwards(tmp_path: Path) -> None:
    rows = [(5, 10.0), (5, 9.0), (-3, -1.0), (2, math.nan)]
    path = put(tmp_path, *(event(s, old(b"x", 0), wall_time=t) for s, t in rows))
    item = only(path)
    np.testing.assert_array_equal(item.steps, [5, 5, -3, 2])
    np.testing.assert_array_equal(item.wall_times, [10, 9, -1, math.nan])


def test_a_tag_that_is_not_utf8_is_sanitized(tmp_path: Path) -> None:
    item = only(put(tmp_path, event(1, old(b"\xff\x1b]0;x\x07[/b]", 1))))
    assert item.tag == "\ufffd␛]0;x␇[/b]"


def test_a_restart_is_between_the_points_around_it(tmp_path: Path) -> None:
    path = put(tmp_path, points(range(5)), start(3), points(range(3, 5)))
    before, restart, after = items_of(path)
    assert isinstance(restart, Restart) and restart.step == 3
    assert isinstance(before, Scalars) and before.steps.tolist() == [0, 1, 2, 3, 4]
    assert isinstance(after, Scalars) and after.steps.tolist() == [3, 4]


def test_take_returns_only_new_items(tmp_path: Path) -> None:
    path = put(tmp_path, points(range(20)))
    file = EventFile(path)
    assert file.has_news()
    assert not file.has_news()
    assert len(rest_of(file)) == 1
    add(path, points(range(20, 22)))
    assert file.has_news()
    (item,) = rest_of(file)
    assert isinstance(item, Scalars) and item.steps.tolist()[-2:] == [20, 21]
    assert rest_of(file) == []
    assert file.last_wall_time == 1.7e9 + 21


def test_old_histograms_lose_their_infinite_ends(tmp_path: Path) -> None:
    big = 1.7e308
    histo = {"min": -1.0, "max": 2.0, "bucket_limit": [-2.0, 0.0, 1.0, big], "bucket": [0, 3, 0, 4]}
    item = only(put(tmp_path, event(1, {"tag": b"w", "histo": histo})))
    assert isinstance(item, Histogram)
    assert item.buckets.tolist() == [[-1, 0, 3], [0, 1, 0], [1, 2, 4]]


def test_new_histograms_are_rows_of_three(tmp_path: Path) -> None:
    rows = np.arange(6.0).reshape(2, 3)
    shape = {"dim": [{"size": 2}, {"size": 3}]}
    tensor = {"dtype": 2, "tensor_shape": shape, "tensor_content": rows.tobytes()}
    item = only(put(tmp_path, event(1, {"tag": b"w", "tensor": tensor, **named(b"histograms")})))
    assert item.buckets.tolist() == rows.tolist()


def test_texts_keep_their_lines_but_no_control_characters(tmp_path: Path) -> None:
    value = {"tag": b"notes", "tensor": strings(b"a\nb\x1b", b"c"), **named(b"text")}
    item = only(put(tmp_path, event(4, value)))
    assert item == Text("notes", 4, 1.7e9 + 4, "a\nb␛\nc")


def test_images_of_both_styles(tmp_path: Path) -> None:
    image = {"height": 2, "width": 3, "encoded_image_string": b"PNG"}
    first = {"tag": b"x", "image": image}
    second = {"tag": b"y", "tensor": strings(b"3", b"2", b"P", b"Q"), **named(b"images")}
    assert items_of(put(tmp_path, event(1, first, second))) == [
        Image("x", 1, 1.7e9 + 1, 3, 2, (b"PNG",)),
        Image("y", 1, 1.7e9 + 1, 3, 2, (b"P", b"Q")),
    ]


def test_hparams_without_values(tmp_path: Path) -> None:
    pairs = [
        {"key": b"lr", "value": {"number": 0.1}},
        {"key": b"net", "value": {"string": b"a\x1b"}},
        {"key": b"bn", "value": {"boolean": True}},
    ]
    said: list[dict[str, Any]] = [
        {
            "experiment": {
                "hparam_infos": [{"name": b"lr"}],
                "metric_infos": [{"name": {"tag": b"acc"}}],
            }
        },
        {"session_start_info": {"hparams": pairs, "group_name": b"g", "start_time_secs": 5.0}},
        {"session_end_info": {"status": 2, "end_time_secs": 6.0}},
    ]
    contents = [HParamsPluginData(**data).SerializeToString() for data in said]
    values = [{"tag": b"_hparams_/%d" % i, **named(b"hparams", c)} for i, c in enumerate(contents)]
    assert items_of(put(tmp_path, *(event(0, value) for value in values))) == [
        Experiment(("lr",), ("acc",)),
        SessionStart({"lr": 0.1, "net": "a␛", "bn": True}),
        SessionEnd("failure"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"tag": b"x", "tensor": strings(b"no number"), **named(b"scalars")},
        {"tag": b"x", "tensor": {"dtype": 1, "tensor_content": b"abc"}, **named(b"scalars")},
        {"tag": b"x", "tensor": {"dtype": 99}, **named(b"scalars")},
        {"tag": b"x", "histo": {"bucket_limit": [1.0], "bucket": [1.0, 2.0]}},
        {
            "tag": b"x",
            "tensor": {"dtype": 2, "tensor_shape": {"dim": [{"size": 1 << 62}]}},
            **named(b"histograms"),
        },
        {"tag": b"x", "tensor": strings(b"3", b"high"), **named(b"images")},
        {"tag": b"x", "tensor": strings(b"3"), **named(b"images")},
        {"tag": b"x", **named(b"hparams", b"\xff\xff")},
        {"tag": b"x" * 5000, "simple_value": 1.0},
    ],
)
def test_an_invalid_value_is_skipped_and_counted(tmp_path: Path, value: dict[str, Any]) -> None:
    file = EventFile(put(tmp_path, event(1, value), points(range(3))))
    assert scalars_of(rest_of(file))["loss"][-1][0] == 2
    assert file.skipped == 1


def test_values_of_other_plugins_are_ignored(tmp_path: Path) -> None:
    file = EventFile(put(tmp_path, event(1, new(b"pr", 1.0, plugin=b"pr_curves"))))
    assert rest_of(file) == []
    assert file.skipped == 0


def test_garbage_with_a_valid_checksum_is_skipped_and_counted(tmp_path: Path) -> None:
    file = EventFile(
        put(tmp_path, points(range(3)), encode_record(b"\xff" * 40), points(range(3, 6)))
    )
    (item,) = rest_of(file)
    assert isinstance(item, Scalars) and item.steps.tolist() == list(range(6))
    assert file.skipped == 1
    assert not file.problem


def test_a_flipped_bit_costs_one_record_and_is_reported(tmp_path: Path) -> None:
    whole, size = points(range(1, 7)), len(points(range(1, 2)))
    for place in range(3 * size + 12, 4 * size):
        flipped = bytearray(whole)
        flipped[place] ^= 0x40
        file = EventFile(put(tmp_path, bytes(flipped)))
        assert [step for step, *_ in scalars_of(rest_of(file))["loss"]] == [1, 2, 3, 5, 6]
        assert file.problem == "1 record was left out: the checksum does not match"
        assert file.fault == "damaged"


def test_tags_beyond_the_limit_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_TAGS", 5)
    file = EventFile(put(tmp_path, *(event(1, old(b"t%d" % i, i)) for i in range(8))))
    assert len(scalars_of(rest_of(file))) == 5
    assert file.skipped == 3


def test_a_file_that_cannot_be_opened_reports_the_problem(tmp_path: Path) -> None:
    file = EventFile(tmp_path / "gone")
    assert not file.has_news()
    assert not file.read()
    assert file.problem == "cannot be read: No such file or directory"
    put(tmp_path, points(range(2)), name="gone")
    assert file.has_news()
    assert len(rest_of(file)) == 1
    assert not file.problem
