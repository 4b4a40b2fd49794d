"""The chart widget: its rows on a screen, actions, keys, the mouse, themes and sizes."""

from typing import get_args

import numpy as np
import pytest
from textual.app import App
from textual.theme import BUILTIN_THEMES

from core.run.series import Series
from core.run.timeline import Timeline
from tests.helpers.waiting import strips_of, until
from tui.chart.chart import Axis, Chart, Glyphs, Line
from tui.chart.keys import KEYS, ChartAction, chart_bindings
from tui.chart.palette import ChartStyle


class Charts(App):
    def __init__(self, **options):
        super().__init__()
        self.options = options

    def compose(self):
        yield Chart("loss", **self.options)

    @property
    def chart(self):
        return self.query_one(Chart)

    @property
    def text(self):
        return [strip.text for strip in strips_of(self)]


async def test_the_widget_shows_title_value_labels_and_line():
    app = Charts(glyphs=Glyphs.ASCII)
    async with app.run_test(size=(60, 12)) as pilot:
        app.chart.show([Line("train", Series(np.linspace(1, 0, 100)))], planned_steps=100)
        await until(pilot, lambda: "steps" in app.text[-1])
        rows = app.text
        assert rows[0].split() == ["loss", "0"]
        assert rows[1].split()[0] == "1.0"
        assert rows[1].count("***") == 1
        assert set(rows[-2].strip().removesuffix("|")) == {"-", "+"}
        assert rows[-1].split() == ["steps", "0", "50", "100"]
        assert all(row.isascii() for row in rows)


async def test_only_rows_that_changed_are_sent_again():
    app = Charts()
    async with app.run_test(size=(100, 30)) as pilot:
        series = Series(np.linspace(2, 0.5, 1000))
        lines = [Line("train", series)]
        app.chart.show(lines, planned_steps=2000)
        await pilot.pause()
        assert app.chart.redraw() == 0
        series.extend(np.linspace(0.5, 0.49, 100))
        assert 1 <= app.chart.redraw() <= 4


async def test_actions_change_what_is_shown():
    app = Charts()
    async with app.run_test(size=(80, 20)):
        timeline = Timeline()
        timeline.extend([0, 999], [0.0, 10.0])
        chart, scene = app.chart, app.chart.scene
        chart.show([Line("train", Series(np.ones(1000)), timeline=timeline)], planned_steps=1000)
        chart.act("zoom", 0.5)
        chart.act("zoom", 0.5)
        assert scene.visible_range == (749.25, 999.25)
        chart.act("move", -1)
        assert scene.visible_range == (686.75, 936.75)
        chart.act("zoom", 2.0)
        chart.act("show_all")
        assert scene.visible_range == (0.0, 1000.0)
        chart.act("toggle_cursor")
        chart.act("move", -1)
        assert scene.cursor.x < 999
        for action in ("toggle_cursor", "toggle_log", "next_smoothing", "next_axis"):
            chart.act(action)
        assert (scene.cursor.x, scene.logarithmic, scene.smoothing) == (None, True, 0.6)
        assert scene.axis is Axis.RELATIVE
        for action in ("next_axis", *["next_smoothing"] * 3, "follow"):
            chart.act(action)
        assert (scene.axis, scene.smoothing) == (Axis.WALL, 0.0)
        assert scene.viewport.following


def test_every_action_has_a_key_and_ids_begin_with_the_screen():
    named = {key.action.split(",")[0].strip("'") for key in KEYS}
    assert named == set(get_args(ChartAction)) == set(Chart()._actions)
    bindings = chart_bindings("train", omit={"newest"}, in_footer={"log"})
    assert [b.id for b in bindings if b.show] == ["train.log"]
    assert "train.newest" not in {b.id for b in bindings}


async def test_the_mouse_places_and_moves_the_cursor():
    app = Charts()
    async with app.run_test(size=(87, 20)) as pilot:
        app.chart.show([Line("train", Series(np.arange(800.0)))], planned_steps=800)
        await pilot.click(Chart, offset=(47, 9))
        assert app.chart.scene.cursor_note(80) == "steps 400 to 409"
        await pilot.hover(Chart, offset=(7, 9))
        assert app.chart.scene.cursor_note(80) == "steps 0 to 9"
        await pilot.hover(Chart, offset=(2, 9))
        assert app.chart.scene.cursor_note(80) == "steps 0 to 9"


async def test_a_theme_changes_the_colours():
    app = Charts()
    async with app.run_test(size=(60, 12)) as pilot:
        app.chart.show([Line("train", Series(np.ones(100)))])
        await pilot.pause()

        def colours():
            strips = strips_of(app)
            return {(s.style.color, s.style.bgcolor) for strip in strips for s in strip}

        dark = colours()
        app.theme = "textual-light"
        await pilot.pause()
        await pilot.pause()
        assert not dark & colours()


@pytest.mark.parametrize("theme", ["nord", *(t for t in BUILTIN_THEMES if "ansi" in t)])
async def test_every_theme_gives_each_line_a_colour_of_its_own(theme):
    app = Charts()
    async with app.run_test(size=(60, 12)) as pilot:
        app.theme = theme
        lines = [Line(str(i), Series(np.full(100, float(i)))) for i in range(6)]
        app.chart.show(lines)
        await pilot.pause()
        styles = app.chart.chart_styles
        drawn = {styles[ChartStyle.LINE + i].color for i in range(6)}
        assert len(drawn) == 6
        assert not drawn & {styles[ChartStyle.BAND + i].color for i in range(6)}


async def test_resizing_down_to_nothing_and_back(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Charts()
    async with app.run_test(size=(80, 20)) as pilot:
        app.chart.show([Line("train", Series(np.linspace(1, 0, 100)))], planned_steps=100)
        for size in ((10, 3), (3, 1), (1, 1), (200, 60), (80, 20)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda rows=size[1]: len(app.text) == rows)
        assert "loss" in app.text[0]


@pytest.mark.parametrize("name", ["train", "[/nope] [@click=app.bell]x[/]"])
async def test_names_are_shown_literally(name):
    app = Charts()
    async with app.run_test(size=(90, 12)) as pilot:
        series = Series(np.ones(10))
        app.chart.show([Line(name, series), Line("other", series)])
        await pilot.pause()
        assert name in app.text[0]
