"""Text on a terminal of 16 colours can be read, whatever the theme."""

from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style
from textual.app import App

from tests.helpers.app import Scripted, evaluation
from tests.helpers.waiting import shown, strips_of
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.chart.palette import LINE_STYLES, ChartStyle
from tui.terminal.contrast import MIN_CONTRAST, contrast, readable
from tui.terminal.settings import Settings


def test_only_text_that_cannot_be_read_gets_another_colour() -> None:
    light = Style.parse("#a0a0a0 on #e0e0e0")
    assert readable(light).color == Color.from_ansi(0)
    dark = readable(Style.parse("bold #00c000 on #000000"))
    assert (dark.color.number, dark.bold) == (2, True)
    assert readable(Style.parse("red")) == Style.parse("red")


@pytest.mark.parametrize("theme", ["textual-light", "solarized-light", "textual-dark"])
async def test_every_text_has_contrast_in_16_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set("theme", theme)
    source = Scripted(tmp_path)
    source.give(evaluation(1000))
    app = TrainpadApp(iter(source), settings=settings)
    monkeypatch.setattr(type(app.console), "color_system", "standard")
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "0.8660")
        styles = {s.style for row in strips_of(app) for s in row if s.text.strip() and s.style}
        assert len(styles) > 3
        for style in styles:
            assert contrast(style.color, style.bgcolor) >= MIN_CONTRAST, style


class _ChartApp(App[None]):
    def compose(self):
        yield Chart("loss")


async def test_six_lines_differ_in_16_colours_and_none_is_dim_or_the_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = _ChartApp()
    monkeypatch.setattr(type(app.console), "color_system", "standard")
    async with app.run_test(size=(40, 10)) as pilot:
        chart = app.query_one(Chart)
        for theme in ("textual-dark", "textual-light", "nord", "dracula", "solarized-light"):
            app.theme = theme
            await pilot.pause()
            ground = Style(bgcolor=chart.background_colors[1].rich_color)
            axis = readable(chart.chart_styles[ChartStyle.AXIS] + ground)
            own = chart.chart_styles[ChartStyle.LINE :][:LINE_STYLES]
            lines = [readable(style + ground).color.number for style in own]
            assert lines == [style.color.downgrade(ColorSystem.STANDARD).number for style in own]
            others = {axis.color.number, axis.bgcolor.number}
            assert len({*lines, *others}) == LINE_STYLES + 2, theme
