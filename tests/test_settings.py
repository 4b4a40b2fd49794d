"""Settings are kept between starts, and damaged files are ignored."""

from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from tests.helpers.app import Scripted
from tests.helpers.waiting import shown, strips_of, text_of
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.chart.scene import Scene
from tui.chart.view_settings import restore_view
from tui.dashboard.header import ScreenTabs
from tui.terminal.characters import Glyphs
from tui.terminal.settings import Settings
from tui.widgets.footer import KeyFooter


@pytest.fixture
def source(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path)


async def test_settings_are_kept_between_starts(source: Scripted, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    app = TrainpadApp(iter(source), settings=settings)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("P", "l", "m")
        await pilot.pause()
        assert "learning rate" not in text_of(app)
        app.theme = "textual-light"
        await pilot.pause()
    again = TrainpadApp(iter(Scripted(tmp_path)), settings=Settings(tmp_path / "settings.json"))
    async with again.run_test(size=(160, 45)) as pilot:
        screen = await shown(pilot, again, "100 / 2,000")
        assert "learning rate" not in screen
        scene = again.screen.query_one("#loss", Chart).scene
        assert (scene.logarithmic, scene.smoothing) == (True, 0.6)
        assert again.theme == "textual-light"


@pytest.mark.parametrize("content", ["", "[1]", '{"theme": 3, "hidden": "x", "log": null}', "{"])
def test_a_damaged_settings_file_is_ignored(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)
    settings = Settings(path)
    assert settings.get("theme", "textual-dark") == "textual-dark"
    assert settings.get("hidden", []) == []
    settings.set("log", True)
    assert Settings(path).get("log", False) is True


async def test_a_saved_theme_applies_from_the_first_paint(source: Scripted, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set("theme", "textual-light")
    app = TrainpadApp(iter(source), settings=settings)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        for row in strips_of(app):
            for segment in row:
                if segment.text.strip() and segment.style and segment.style.color:
                    luminance = sum(segment.style.color.get_truecolor())
                    ground = sum(segment.style.bgcolor.get_truecolor())
                    assert luminance < ground, segment
        for widget in (app.screen.query_one(KeyFooter), app.screen.query_one(ScreenTabs)):
            segments = [one for y in range(widget.size.height) for one in widget.render_line(y)]
            assert min(contrast(one.style) for one in segments if one.text.strip()) >= 2.8


def contrast(style: Style) -> float:
    """The WCAG contrast ratio of text and background."""

    def luminance(colour: Color) -> float:
        parts = [part / 255 for part in colour.get_truecolor()]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(style.color), luminance(style.bgcolor)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("smoothing", [2.0, -1.0, 0.5, 1, "NaN", "1e400"])
def test_an_invalid_smoothing_is_ignored(tmp_path: Path, smoothing: object) -> None:
    path, scene = tmp_path / "settings.json", Scene(Glyphs.BRAILLE, logarithmic=False)
    for value, restored in ((0.9, 0.9), (smoothing, 0.0)):
        path.write_text(f'{{"charts": {{"loss": {{"smoothing": {value}}}}}}}')
        restore_view(Settings(path), "loss", scene)
        assert scene.smoothing == restored
