"""`trainpad watch` on a screen."""

import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.tfevents import encode
from core.tfevents.writer import EventWriter
from tests.helpers.tfevents import (
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
from tests.helpers.waiting import shown, strips_of, until
from tui.terminal.settings import Settings
from tui.watch.app import WatchApp
from tui.watch.header import RunList
from tui.watch.hparams import HParamTable
from tui.watch.once import print_once
from tui.watch.panels import RunChart

HOSTILE = b"evil/\x1b]52;c;aGk=\x07[@click=app.quit]x[/nope]\xe2\x80\xae\x9b31m\xff"


# -- on a screen ------------------------------------------------------------------------------


def app_of(tmp_path: Path, *paths: Path, **options: Any) -> WatchApp:
    return WatchApp([*map(str, paths)], settings=Settings(tmp_path / "settings.json"), **options)


def _visible(app: WatchApp) -> list[RunChart]:
    return [chart for chart in app.screen.query(RunChart) if chart.display]


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
        titles = ["loss", "train/rate   one"]
        await until(pilot, lambda: [chart.title for chart in _visible(app)] == titles)
        charts = _visible(app)
        await pilot.press("m", "l", "i")
        assert {(c.scene.smoothing, c.scene.logarithmic) for c in charts} == {(0.6, True)}
        assert charts[0].scene.cursor is charts[1].scene.cursor
        await shown(pilot, app, "steps 196 to 199")
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


async def test_curves_grow_behind_the_list_of_keys(tmp_path: Path) -> None:
    app = app_of(tmp_path, tmp_path)
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen.is_modal)
        put(tmp_path, points(range(50)))
        below = app.screen_stack[0]
        await until(pilot, lambda: any(chart.display for chart in below.query(RunChart)))
        assert app.screen.is_modal


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
        assert app.screen.query_one(HParamTable).lines(80, 10)[2][0] == ("b ", "line-1")
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


async def test_the_view_is_kept_and_accuracies_are_shown_as_error_rates(tmp_path: Path) -> None:
    values = old(b"acc", 0.75), old(b"loss", 0.5), old(b"space", 0.5)
    put(tmp_path / "logs", *(event(i, *values) for i in range(9)))
    for keys in (["l", "m", "y"], []):
        app = app_of(tmp_path, tmp_path / "logs")
        async with app.run_test(size=(160, 45)) as pilot:
            await shown(pilot, app, "acc ", "loss ")
            await pilot.press(*keys)
            await shown(
                pilot,
                app,
                "acc · error rate · log · smoothed 0.6",
                "loss · log · smoothed 0.6",
                "space · log · smoothed 0.6",
                "0.2500",
            )


async def test_a_key_shows_the_differences_to_the_selected_run(tmp_path: Path) -> None:
    for name, value in (("one", 0.5), ("two", 0.75)):
        put(tmp_path / "logs" / name, *(event(i, old(b"loss", value)) for i in range(9)))
    app = app_of(tmp_path, tmp_path / "logs")
    async with app.run_test(size=(120, 30)) as pilot:
        await shown(pilot, app, "a one 0.5000", "b two 0.7500")
        await pilot.press("c")
        await shown(pilot, app, "loss · minus one", "b two +0.2500")
        await pilot.press("c")
        await shown(pilot, app, "b two 0.7500")


async def test_new_files_and_new_points_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.watch.reader.POLL_INTERVAL", 0.02)
    logs = tmp_path / "logs"
    logs.mkdir()
    app = app_of(tmp_path, logs, ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "no numbers by step in", "waiting")
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
