"""Text on a terminal of 16 colours can be read, whatever the theme."""

from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from tests.helpers.app import Scripted, evaluation
from tests.helpers.waiting import shown, strips_of
from tui.app import TrainpadApp
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
