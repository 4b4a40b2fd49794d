"""`trainpad watch`, on a screen and with `--once`."""

import gzip
import io
import json
import math
import re
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.tfevents import encode
from core.tfevents.logdir import Logdir
from core.tfevents.writer import EventWriter
from data.errors import DataError
from main import cli
from tests.helpers.tfevents import (
    NAME,
    add,
    event,
    named,
    new,
    old,
    points,
    put,
    start,
    strings,
    version,
)
from tests.helpers.waiting import shown, strips_of
from trainpad.errors import UserError
from tui.terminal.characters import Glyphs
from tui.terminal.settings import Settings
from tui.watch.app import WatchApp
from tui.watch.header import RunList
from tui.watch.hparams import HParamTable
from tui.watch.images import MAX_PIXELS, DisplayMode, decode_image, image_strips
from tui.watch.model import MAX_INITIAL_RUNS, WatchModel
from tui.watch.once import print_once
from tui.watch.pages import grid_of
from tui.watch.panels import RunChart
from tui.watch.tags import paginate

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
    assert names == ["acc", "loss", "lr", "layer10/w", "layer2/a", "layer2/b", "layer2/w"]
    result = paginate(names, 4, lambda tag: tag.partition("/")[0] if "/" in tag else "")
    assert result == [names[:4], names[4:]]
    assert [len(page) for page in paginate(names, 2, lambda _: "")] == [2, 2, 2, 1]
    model.pattern = "LAYER2"
    assert model.scalar_tags() == names[4:]
    model.pattern = "^l.ss$|/w"
    assert model.scalar_tags() == ["loss", "layer10/w", "layer2/w"]
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
    assert model.has_overlap()
    model.overlap = True
    holds, replaced = model.lines("loss")
    assert (holds.in_legend, replaced.in_legend) == (True, False)
    assert (len(holds.curve), len(replaced.curve)) == (80, 60)


def test_the_number_of_tiles_follows_the_size() -> None:
    assert grid_of(78, 20) == (1, 1)
    assert grid_of(122, 40) == (2, 2)
    assert grid_of(162, 56) == (2, 3)
    assert grid_of(0, 0) == (1, 1)


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
    assert "loss   a 51.00   b 71.00" in text
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
    assert sentence.startswith(f"there are no event files in {tmp_path}; {text}")
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


# -- on a screen ------------------------------------------------------------------------------


def app_of(tmp_path: Path, *paths: Path, **options: Any) -> WatchApp:
    return WatchApp([*map(str, paths)], settings=Settings(tmp_path / "settings.json"), **options)


async def test_all_kinds_of_two_runs_are_shown(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    with EventWriter(logs / "one") as out:
        for step in range(200):
            out.scalar("loss", math.cos(step / 100) + 1, step)
            out.scalar("train/rate", 1 / (step + 1), step)
        out.deferred(lambda: [encode.histogram("weights", np.linspace(-1, 1, 100))], 0)
        out.text("notes", "a first [bold]note[/bold]", 3)
        out.image("input", np.full((28, 28), 200, np.uint8), 0)
        out.hparams_experiment(["lr"], ["loss"])
        out.hparams_start({"lr": 0.25, "net": "128x32"})
    put(logs / "two", points(range(50)), start(30), points(range(30, 40)))
    app = app_of(tmp_path, logs)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "2 runs", "1 Scalars 2", "a one 0.5930", "b two 61.00", "● b two")
        charts = [chart for chart in app.screen.query(RunChart) if chart.display]
        assert [chart.title for chart in charts] == ["loss", "train/rate   one"]
        await pilot.press("m", "l", "i")
        assert {(c.scene.smoothing, c.scene.logarithmic) for c in charts} == {(0.6, True)}
        assert charts[0].scene.cursor is charts[1].scene.cursor
        await shown(pilot, app, "step 199")
        await pilot.press("i", "o")
        assert len(charts[0].scene.lines) == 3
        await pilot.press("o", "down", "space")
        await shown(pilot, app, "1 of 2 runs", "○ b two", "loss · log · smoothed 0.6")
        await pilot.press("2")
        await shown(pilot, app, "weights", "-1")
        await pilot.press("3")
        await shown(pilot, app, "step 3", "a first [bold]note[/bold]")
        await pilot.press("4")
        await shown(pilot, app, "input   step 0", "█" * 28)
        await pilot.press("5")
        await shown(pilot, app, "128x32", "0.25", "running")
        await pilot.press("1", "slash", *"rate")
        await shown(pilot, app, "1 Scalars 1", "filter rate", "train/rate")
        await pilot.press("enter", "f", "question_mark")
        await shown(pilot, app, "Smoothing: none")
        await pilot.press("escape", "escape")
        await shown(pilot, app, "1 Scalars 2", "page 1/2")
        await pilot.press("n")
        await shown(pilot, app, "page 2/2", "train/rate")


def images(steps: range) -> bytes:
    """Images of one tag, each as wide as its step."""
    return b"".join(
        event(step, {"tag": b"input", "image": {"encoded_image_string": png}, **named(b"images")})
        for step in steps
        if (png := encode.png(np.full((8, step + 1), 255, np.uint8)))
    )


async def test_every_image_and_text_of_a_tag_is_reached_by_its_step(tmp_path: Path) -> None:
    texts = (
        event(step, {"tag": b"t", "tensor": strings(b"at %d" % step), **named(b"text")})
        for step in range(3)
    )
    app = app_of(tmp_path, put(tmp_path / "logs", images(range(60)), *texts))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "input   step 59   60 of 60")
        await pilot.press("left", "left")
        await shown(pilot, app, "input   step 57   58 of 60")
        await pilot.press(*["left"] * 80, "right")
        await shown(pilot, app, "input   step 1   2 of 60")
        await pilot.press("3")
        assert "at 2" not in await shown(pilot, app, "at 1")
        await pilot.press("4", "end")
        await shown(pilot, app, "input   step 59   60 of 60")


async def test_kinds_that_are_not_drawn_are_named(tmp_path: Path) -> None:
    path = put(
        tmp_path / "logs",
        event(1, new(b"pr/a", 1, b"pr_curves"), new(b"pr/b", 1, b"pr_curves")),
        event(1, {"tag": b"voice", "audio": b""}),
        event(1, new(b"cloud", 1, b"mesh"), new(b"x", 1, b"\x1b]52;c;aGk=\x07")),
    )
    names = "not drawn: audio 1, meshes 1, PR curves 2, ␛]52;c;aGk=␇ 1"
    app = app_of(tmp_path, path)
    async with app.run_test(size=(160, 30)) as pilot:
        await shown(pilot, app, f"no scalars yet; {names}")
    out = io.StringIO()
    print_once([str(path)], out)
    assert names.replace("␛", "?").replace("␇", "?") in out.getvalue()


def trial(folder: Path, number: int) -> None:
    with EventWriter(folder) as out:
        for step, value in enumerate((0.5, number / 100, (7 * number % 40) / 40)):
            out.scalar("val/acc", value, step)
            out.scalar("loss", 1 - value, step)
        out.hparams_experiment(["lr"], ["val/acc", "loss"])
        hparams = {f"option{at}": f"value {at}" for at in range(20)}
        out.hparams_start({"lr": 10.0 ** -(number % 5), **hparams})


async def test_the_table_of_hyperparameters_is_sorted_and_scrolls_both_ways(tmp_path: Path) -> None:
    for number in range(40):
        trial(tmp_path / "logs" / f"t{number:02}", number)
    app = app_of(tmp_path, tmp_path / "logs")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        text = await shown(pilot, app, "run 1 of 40", "t00", "val/acc", "val/acc max", "loss min")
        assert "option3" not in text
        await pilot.press(*["down"] * 39)
        await shown(pilot, app, "run 40 of 40", "t39")
        await pilot.press("up", "n", "p", "p", "p")
        await shown(pilot, app, "run 1 of 40", "t00")
        await pilot.press("s", "s")
        text = await shown(pilot, app, "by val/acc", "val/acc ▼")
        first = text[text.index("val/acc ▼") :].splitlines()[1]
        assert re.search(r"t17 +0\.9750 +0\.9750 +0\.02500 +0\.02500", first)
        await pilot.press(*["right"] * 30)
        await shown(pilot, app, "option19", "value 19", "‹ runs")
        await pilot.press("s", *["left"] * 30)
        await shown(pilot, app, "by option19", "val/acc", "t00")


async def test_damaged_files_and_hostile_names_are_safe(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    whole = b"".join(event(step, old(HOSTILE, step), old(b"loss", 1.0)) for step in range(20))
    flipped = bytearray(whole)
    flipped[len(whole) // 2 + 3] ^= 0x40
    wrong_length = whole[:200] + b"\xff" * 8 + whole[208:]
    text = {"tag": HOSTILE, "tensor": strings(HOSTILE), **named(b"text")}
    picture = {"tag": HOSTILE, "tensor": strings(b"1", b"1", HOSTILE), **named(b"images")}
    weights = {"tag": HOSTILE, "histo": {"max": 1e308, "bucket_limit": [1.0], "bucket": [9.0]}}
    damaged = [whole[:-7], bytes(flipped), wrong_length, whole + b"\0" * 99, b"\x89PNG", b""]
    for number, content in enumerate(damaged):
        put(logs / f"run{number}\x1b[31m", content)
    put(logs / "last", event(1, text, picture, weights), points(range(9)))
    app = app_of(tmp_path, logs)
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot, app, "7 runs", "damaged", "page 1/2")
        await pilot.press("n")
        await shown(pilot, app, "evil/␛]52;c;aGk=␇[@click=app.quit]")
        for key in ("2", "3", "4", "5", "1", "n", "down", "down", "down", "enter", "a", "r"):
            await pilot.press(key)
            await pilot.pause()
            for strip in strips_of(app):
                assert strip.text.isprintable()
        await pilot.press("3")
        await shown(pilot, app, "x[/nope]")
        await pilot.press("4")
        await shown(pilot, app, "the image cannot be decoded")
    assert app.error is None


async def test_new_files_and_new_points_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.watch.reader.POLL_INTERVAL", 0.02)
    logs = tmp_path / "logs"
    logs.mkdir()
    app = app_of(tmp_path, logs, ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "no event files in", "waiting")
        path = put(logs, version(), points(range(10)))
        await shown(pilot, app, "1 run", "loss", "91.00", " ago")
        add(path, points(range(10, 20)))
        await shown(pilot, app, "81.00")
        await pilot.press("r", "n", "minus", "right", "0", "end", "x", "up")
        screen = await shown(pilot, app, "* a logs")
        assert screen.isascii()
        assert not app.screen.query_one(HParamTable).display
        assert app.screen.query_one(RunList).selected is not None
        put(logs, version(), points(range(3)))
        await shown(pilot, app, "98.00")


def test_the_glyphs_of_a_printed_chart_follow_the_stream(tmp_path: Path) -> None:
    put(tmp_path, points(range(50)))
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    print_once([str(tmp_path)], out)
    out.seek(0)
    text = out.read()
    assert any(ord("⠀") <= ord(character) <= ord("⣿") for character in text)
    assert Glyphs.ASCII.displayable(text) != text
