"""`trainpad watch` without a screen: its model, its pages, and `--once`."""

import gzip
import io
import json
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from core.tfevents import encode
from core.tfevents.logdir import Logdir
from data.errors import DataError
from main import cli
from tests.helpers.tfevents import (
    NAME,
    add,
    event,
    new,
    old,
    points,
    put,
    start,
    version,
)
from trainpad.errors import UserError
from tui.chart.tags import paginate
from tui.terminal.characters import Glyphs
from tui.watch.hparam_columns import columns_of
from tui.watch.images import MAX_PIXELS, DisplayMode, decode_image, image_strips
from tui.watch.model import MAX_INITIAL_RUNS, WatchModel
from tui.watch.once import print_once
from tui.watch.pages import TILING

HOSTILE = b"evil/\x1b]52;c;aGk=\x07[@click=app.quit]x[/nope]\xe2\x80\xae\x9b31m\xff"


def model_of(*paths: Path) -> WatchModel:
    model = WatchModel()
    for update in Logdir(paths).poll():
        model.fold(update)
    return model


# -- without a screen -------------------------------------------------------------------------


def test_tags_are_grouped_and_a_group_that_fits_a_page_is_not_split(tmp_path: Path) -> None:
    tags = [b"layer10/w", b"loss", b"layer2/w", b"lr", b"layer2/b", b"layer2/a", b"acc"]
    put(tmp_path, version(), *(event(1, old(tag, 1.0)) for tag in tags))
    model = model_of(tmp_path)
    names = model.scalar_tags()
    assert names == ["acc", "loss", "lr", "layer2/a", "layer2/b", "layer2/w", "layer10/w"]
    result = paginate(names, 4, lambda tag: tag.partition("/")[0] if "/" in tag else "")
    assert result == [names[:3], names[3:]]
    assert [len(page) for page in paginate(names, 2, lambda _: "")] == [2, 2, 2, 1]
    model.pattern = "LAYER2"
    assert model.scalar_tags() == names[3:6]
    model.pattern = "^l.ss$|/w"
    assert model.scalar_tags() == ["loss", "layer2/w", "layer10/w"]
    for no_expression in ("w(", "w{4294967296}", "(" * 20_000):
        model.pattern = no_expression
        assert model.scalar_tags() == []


def test_of_many_runs_the_newest_are_visible_and_listed_first(tmp_path: Path) -> None:
    ages = [5000, 10, *range(100_000, 100_000 + 500 * MAX_INITIAL_RUNS, 500)]
    now = time.time()
    for number, age in enumerate(reversed(ages)):
        put(tmp_path / f"run{number:02}", event(1, old(b"loss", 1.0), wall_time=now - age))
    model = model_of(tmp_path)
    names = [f"run{number:02}" for number in range(len(ages) - 1, -1, -1)]
    assert [run_view.name for run_view in model.listed_runs(now)] == [
        names[1],
        names[0],
        *names[2:],
    ]
    visible = sorted(run_view.name for run_view in model.visible_runs)
    assert visible == sorted(names[:MAX_INITIAL_RUNS])
    assert len({run_view.letter for run_view in model.runs.values()}) == len(ages)


def test_a_run_that_starts_replaces_the_oldest_until_the_user_chooses(tmp_path: Path) -> None:
    logdir, model = Logdir([tmp_path]), WatchModel()

    def poll() -> set[str]:
        for update in logdir.poll():
            model.fold(update)
        return {run_view.name for run_view in model.visible_runs}

    for number in range(MAX_INITIAL_RUNS + 5):
        put(tmp_path / f"run{number:02}", event(1, old(b"l", 1.0), wall_time=1e9 + 1000 * number))
    assert "run04" not in poll()
    add(tmp_path / "run04" / NAME, event(2, old(b"l", 1.0), wall_time=2e9))
    assert poll() == {f"run{number:02}" for number in (4, *range(6, 17))}
    add(tmp_path / "run16" / NAME, event(2, old(b"l", 1.0), wall_time=2e9 + 1))
    assert len(poll()) == MAX_INITIAL_RUNS
    model.set_visible(lambda run_view: run_view.name == "run01")
    assert [line.name for line in model.lines("l")] == ["run01"]
    add(tmp_path / "run00" / NAME, event(2, old(b"l", 1.0), wall_time=3e9))
    assert poll() == {"run01"}


def test_superseded_points_are_shown_on_request(tmp_path: Path) -> None:
    put(tmp_path, points(range(100)), start(40), points(range(40, 80)))
    model = model_of(tmp_path)
    assert len(model.lines("loss")) == 1
    assert model.void_count == 60
    model.shows_void = True
    holds, replaced = model.lines("loss")
    assert (holds.is_void, replaced.is_void) == (False, True)
    assert (len(holds.curve), len(replaced.curve)) == (80, 60)


def test_the_number_of_tiles_follows_the_size() -> None:
    assert TILING.grid_of(78, 20) == (1, 1)
    assert TILING.grid_of(122, 40) == (2, 2)
    assert TILING.grid_of(162, 56) == (2, 3)
    assert TILING.grid_of(0, 0) == (1, 1)


def test_every_point_is_printed_as_json_with_its_exact_value(tmp_path: Path) -> None:
    values = [0.1, float("nan"), float("inf"), -2.5e-30]
    put(tmp_path / "a", *(event(i, old(b"l\xc3\xb6ss", v)) for i, v in enumerate(values)))
    put(tmp_path / "b", event(7, new(b"val", 0.25), wall_time=12.5), event(3, old(b"loss", 1.0)))
    out = io.StringIO()
    print_once([str(tmp_path)], out, as_json=True)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    floats = [float(np.float32(value)) for value in values]
    assert [line["value"] for line in lines[:4]] == [floats[0], "nan", "inf", floats[3]]
    assert {"run": "b", "tag": "val", "step": 7, "wall_time": 12.5, "value": 0.25} in lines
    assert [line["step"] for line in lines if line["run"] == "a"] == [0, 1, 2, 3]
    filtered = io.StringIO()
    print_once([str(tmp_path)], filtered, "^val$", as_json=True)
    assert len(filtered.getvalue().splitlines()) == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_files_that_cannot_be_read_are_an_error_after_the_rest_is_printed(
    tmp_path: Path, as_json: bool
) -> None:
    put(tmp_path / "good", points(range(3)))
    put(tmp_path / "bad", b"garbage" * 9)
    put(tmp_path / "packed", gzip.compress(points(range(3))), name=f"{NAME}.gz")
    out = io.StringIO()
    with pytest.raises(UserError, match=r"could be read: bad: .* byte 0: .*; and 1 more$"):
        print_once([str(tmp_path)], out, as_json=as_json)
    assert "loss" in out.getvalue()
    assert as_json or f"{NAME}.gz: compressed; unpack it with gunzip" in out.getvalue()


def test_charts_are_printed_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    put(tmp_path / "a", points(range(50)), event(1, old(b"train/acc", 0.5)))
    put(tmp_path / "b", points(range(30)), event(1, old(HOSTILE, 0.5)), b"\0" * 40)
    put(tmp_path / "c", points(range(9), b"alone"))
    out = io.StringIO()
    with pytest.raises(UserError, match=r"b: .* damaged at byte"):
        print_once([str(tmp_path)], out)
    text = out.getvalue()
    assert text.isascii()  # a stream without an encoding
    charts = text[text.index("\n\n") :].splitlines()
    assert max(map(len, charts)) <= 72
    assert text.replace("\n", "").isprintable()
    assert "a  a   2 scalar tags" in text
    assert "c  c   1 scalar tag\n" in text
    assert "* a a 51.00   o b b 71.00" in text
    assert "damaged at byte" in text.partition("loss")[0]
    assert text.count("\n") > 3 * 10


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone"], "cannot be opened"),
        (["s3://bucket/logs"], "is an address"),
        (["gs://bucket/logs", "--json"], "is an address"),
        ([".", "--once"], "there are no event files"),
    ],
)
def test_paths_that_cannot_be_watched_raise_an_error(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=sentence):
        cli.main(["watch", *arguments], standalone_mode=False)


@pytest.mark.parametrize(("count", "text"), [(1, "1 hidden folder was"), (2, "2 hidden folders")])
def test_without_event_files_the_error_names_the_folder_and_hidden_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, text: str
) -> None:
    for number in range(count):
        put(tmp_path / "below" / f".local{number}" / "runs", points(range(2)))
    (tmp_path / ".loop").symlink_to(".loop")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        cli.main(["watch", ".", "--once", "--filter", "zzz"], standalone_mode=False)
    sentence = str(error.value)
    assert sentence.startswith(
        f"there are no event files or other numbers by step in {tmp_path}; {text}"
    )
    assert sentence.endswith("not searched: give its path to search it")
    cli.main(["watch", "below/.local0", "--once"], standalone_mode=False)


# -- images -----------------------------------------------------------------------------------


def test_images_keep_their_pixels_and_their_aspect_ratio() -> None:
    pixels = np.arange(12 * 8, dtype=np.uint8).reshape(8, 12)
    np.testing.assert_array_equal(decode_image(encode.png(pixels), 12, 8), pixels)
    twice = decode_image(encode.png(pixels), 30, 17)
    np.testing.assert_array_equal(twice, pixels.repeat(2, 0).repeat(2, 1))
    assert decode_image(encode.png(pixels), 6, 100).shape == (4, 6)
    strips = image_strips(encode.png(pixels), 12, 4, DisplayMode(ascii_only=True, colours=False))
    assert [strip.cell_length for strip in strips] == [12] * 4


def test_invalid_images_are_rejected() -> None:
    good = encode.png(np.zeros((8, 8), np.uint8))
    broken = good[:40] + bytes(10) + good[50:]
    huge = good[:16] + (MAX_PIXELS).to_bytes(4, "big") * 2 + good[24:]
    crc = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    for content in (b"", b"GIF89a", good[:30], broken, huge[:29] + crc + huge[33:]):
        with pytest.raises(DataError):
            decode_image(content, 10, 10)


def test_the_glyphs_of_a_printed_chart_follow_the_stream(tmp_path: Path) -> None:
    put(tmp_path, points(range(50)))
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    print_once([str(tmp_path)], out)
    out.seek(0)
    text = out.read()
    assert any(ord("⠀") <= ord(character) <= ord("⣿") for character in text)
    assert Glyphs.ASCII.displayable(text) != text


# -- restarts, points without steps, and seeds ------------------------------------------------


def test_void_points_are_marked_in_json_and_said_beside_the_charts(tmp_path: Path) -> None:
    put(tmp_path / "run", points(range(10)), name="events.out.tfevents.1.a")
    put(tmp_path / "run", points(range(4, 12), late=500), name="events.out.tfevents.2.a")
    put(tmp_path / "calm", points(range(3)))
    out = io.StringIO()
    print_once([str(tmp_path)], out, as_json=True)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(lines) == 21
    void = [(line["run"], line["step"]) for line in lines if line.get("void")]
    assert void == [("run", step) for step in range(4, 10)]
    printed = io.StringIO()
    print_once([str(tmp_path)], printed)
    assert "run   1 scalar tag\n   written again after a restart: 6 points\n" in printed.getvalue()
    assert len(model_of(tmp_path).lines("loss")) == 2


def test_points_without_steps_are_a_line_by_order_and_by_time(tmp_path: Path) -> None:
    values = (event(0, old(b"loss", value), wall_time=1.7e9 + 60 * value) for value in range(100))
    put(tmp_path, *values)
    model = model_of(tmp_path)
    (line,) = model.lines("loss")
    assert line.curve.steps.tolist() == list(range(100))
    assert line.timeline.seconds_at(np.array([99.0])).tolist() == [1.7e9 + 99 * 60]
    assert model.title("loss", [line]) == "loss · without steps, by order"
    assert model.step_unit("loss") == "values"


def test_runs_that_differ_in_the_seed_are_one_line_with_their_spread(tmp_path: Path) -> None:
    for rate in ("lr0.1", "lr0.2"):
        for seed in range(3):
            put(tmp_path / f"{rate}-seed{seed}", *(event(i, old(b"loss", seed)) for i in range(5)))
    put(tmp_path / "other", event(1, old(b"loss", 9.0)))
    model = model_of(tmp_path)
    assert len(model.lines("loss")) == 7
    model.is_grouped = True
    groups = {line.name: len(line.members) for line in model.lines("loss")}
    assert groups == {"lr0.1 (3 runs)": 3, "lr0.2 (3 runs)": 3, "other": 0}
    out = io.StringIO()
    print_once([str(tmp_path)], out, "loss", "lr[0-9.]+-seed[0-9]")
    assert "(6 runs) 1.000" in out.getvalue()
    with pytest.raises(UserError, match="is no regular expression"):
        print_once([str(tmp_path)], io.StringIO(), "loss", "(")
    hparams = [{"lr": 0.1, "seed": float(seed)} for seed in range(3)]
    for run_view, values in zip(model.runs.values(), hparams, strict=False):
        run_view.name, run_view.run.hparams = f"job{values['seed']}", values
    assert model.lines("loss")[0].name == "job0.0 (3 runs)"


def test_the_table_has_the_best_of_metrics_that_have_one(tmp_path: Path) -> None:
    put(tmp_path, event(1, *(old(tag, 0.5) for tag in (b"acc", b"acceleration", b"fid"))))
    (run_view,) = model_of(tmp_path).runs.values()
    names = [column.name for column in columns_of([run_view.run]) if column.is_metric]
    assert names == ["acc", "acc max", "acceleration", "fid", "fid min"]
