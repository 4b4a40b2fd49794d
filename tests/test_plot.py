"""The picture of a run's charts is the same drawing as on the screen."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.app import App
from textual.theme import BUILTIN_THEMES

from core.export.export import load_export
from core.options.options import Options
from core.run.events import Evaluated, Finished, Started
from core.run.hparams import as_dict, validate_hparams
from core.run.status import Outcome
from core.rundir.rundir import RunDir
from tests.helpers.runs import BEGAN, add_events, confusion, make_run
from tests.helpers.waiting import until
from trainpad.errors import RunError, UserError
from tui.chart.chart import Chart
from tui.chart.marks import marks_of
from tui.chart.palette import styles_in
from tui.chart.view_settings import save_view
from tui.curves import plot as plotting
from tui.curves.own_lines import losses_of
from tui.terminal.settings import Settings

HPARAMS = as_dict(validate_hparams({"max_steps": 400}))


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """400 losses that fall, and an evaluation."""
    losses = np.exp(-np.linspace(0, 3, 400)) + np.arange(400) % 7 / 50
    run = make_run(tmp_path / "a-run", losses=losses, hyperparameters=HPARAMS)
    add_events(
        run,
        Started(0, HPARAMS, "CPU:0", 10, time=BEGAN),
        Evaluated(300, confusion(3, 1), {"validation": 0.5}, 0.1, time=BEGAN + 3),
        Finished(400, Outcome.DONE, 4.0, time=BEGAN + 4),
    )
    return run


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The text of the rows that are drawn last."""
    found: list[str] = []

    def keep(strips: object, **_options: object) -> bytes:
        found[:] = [strip.text for strip in strips]  # type: ignore[attr-defined]
        return b""

    monkeypatch.setattr(plotting, "as_png", keep)
    return found


class Shown(App[None]):
    def compose(self) -> Iterator[Chart]:
        yield Chart("loss")


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "dracula", "solarized-light"])
async def test_the_colours_are_those_of_the_screen(
    monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    app = Shown()
    monkeypatch.setattr(type(app.console), "color_system", "truecolor")
    async with app.run_test(size=(40, 10)) as pilot:
        app.theme = theme
        await pilot.pause()
        background, styles = styles_in(BUILTIN_THEMES[theme], Options())
        chart = app.query_one(Chart)
        assert [str(style) for style in styles] == [str(style) for style in chart.chart_styles]
        assert background == chart.background_colors[1]


async def test_the_chart_is_that_of_the_screen(run: RunDir, rows: list[str]) -> None:
    export = load_export(run)
    plotting.plot([export], "png")
    app, state = Shown(), export.run
    async with app.run_test(size=(plotting.WIDTH, plotting.HEIGHT)) as pilot:
        chart = app.query_one(Chart)
        chart.scene.tinted = True  # as on a terminal with colours
        marks = marks_of(state.log_entries)
        chart.show(losses_of(state), marks, state.axis_end, is_planned=state.is_live)
        await until(pilot, lambda: "steps" in chart.shown_strips[-1].text)
        shown = [strip.text for strip in chart.shown_strips]
    margin = " " * plotting.MARGIN
    first = next(y for y, row in enumerate(rows) if row.startswith(f"{margin}loss"))
    assert rows[1].strip() == "a-run"
    drawn = [row[len(margin) : -len(margin)] for row in rows[first : first + len(shown)]]
    assert drawn == shown
    assert not any("plan" in row for row in rows), "the run is over: its plan does not end there"
    assert any(row.startswith(f"{margin}precision @ 1") for row in rows)


def test_the_view_is_the_one_that_the_screen_remembers(
    run: RunDir, rows: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(tmp_path / "settings.json")
    monkeypatch.setattr(plotting, "Settings", lambda: settings)
    scene = Chart("loss", logarithmic=True).scene
    scene.smoothing = 0.9
    save_view(settings, "train.loss", scene)
    plotting.plot([load_export(run)], "png")
    assert any("loss · log · smoothed 0.9 " in row for row in rows)


def test_several_runs_are_compared_as_on_the_screen(
    run: RunDir, tmp_path: Path, rows: list[str]
) -> None:
    other = make_run(tmp_path / "b-run", losses=[1.0] * 50, hyperparameters=HPARAMS)
    plotting.plot([load_export(run), load_export(other)], "png")
    assert rows[1].strip() == "2 runs"
    titles = [row for row in rows if "a a-run" in row and "b b-run" in row]
    assert [title.split()[0] for title in titles] == ["loss", "precision"]


def test_a_picture_is_a_png_in_the_colours_of_the_theme(run: RunDir) -> None:
    image = Image.open(io.BytesIO(plotting.plot([load_export(run)], "png", "textual-light")))
    assert image.format == "PNG"
    assert image.size == ((plotting.WIDTH + 2 * plotting.MARGIN) * 10, (3 + 2 * 25) * 20)
    assert image.convert("RGB").getpixel((2, 2)) == (0xE0, 0xE0, 0xE0)


def test_what_cannot_be_drawn_is_one_sentence(run: RunDir, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no theme x; there are .*textual-light"):
        plotting.plot([load_export(run)], "png", "x")
    empty = load_export(make_run(tmp_path / "empty", hyperparameters=HPARAMS))
    with pytest.raises(RunError, match="empty has logged no numbers yet"):
        plotting.plot([empty], "png")
