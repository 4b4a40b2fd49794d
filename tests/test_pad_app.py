"""The app of `trainpad pad`: palette, help, messages, and refused exports."""

from pathlib import Path

import pytest
from textual.command import CommandList
from textual.widgets import Static

from data.errors import DataError
from tests.helpers.waiting import toasts_of, until
from tui.pad.app import PadApp, run_pad
from tui.pad.network_input import NetworkInput
from tui.pad.prediction import PadStatus
from tui.pad.sketch_pad import SketchPad
from tui.widgets.help import HelpScreen


def status(app: PadApp) -> str:
    return app.screen.query_one(PadStatus)._styled_content[0].text


@pytest.fixture
def app(tmp_path: Path) -> PadApp:
    return PadApp(log_dir=tmp_path / "runs")


async def draw(app: PadApp) -> None:
    pad = app.screen.query_one(SketchPad)
    pad._draw_segment((0.3, 0.2), (0.7, 0.2))
    pad._draw_segment((0.7, 0.2), (0.4, 0.8))
    app.pad_screen._classify()


async def test_the_palette_finds_the_actions_of_the_pad(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await draw(app)
        titles = [
            command.title.partition(" (")[0] for command in app.get_system_commands(app.screen)
        ]
        assert {"Clear", "Undo", "Erase", "Weights", "Theme", "Quit"} <= set(titles)
        assert not {"Maximize", "Screenshot", "Keys", "Detach", "Stop", "Train"} & set(titles)
        await pilot.press("ctrl+p", *"clear")
        commands = app.screen.query_one(CommandList)
        await until(pilot, lambda: commands.option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.pad_screen.drawing.is_empty)


async def test_help_lists_no_key_of_the_dashboard(app: PadApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = str(app.screen.query_one(Static).render())
        assert "Clear the drawing" in text
        assert not any(word in text for word in ("Screens", "training", "Stop the run"))


async def test_toasts_are_ascii_in_ascii_mode(tmp_path: Path) -> None:
    app = PadApp(ascii_only=True, log_dir=tmp_path / "runs")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.toast("fine-tuning … 0 → 100 %")
        await pilot.pause()
        (toast,) = toasts_of(app)
        assert toast == "fine-tuning ~ 0 > 100 %"


async def test_switching_without_another_model_says_how_to_get_one(app: PadApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("x")
        await pilot.pause()
        (toast,) = toasts_of(app)
        assert "trainpad pad RUN" in toast
        assert app.pad_screen._models.classifier.origin == "built-in weights"


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_why_explains_its_colours_and_letters(tmp_path: Path, ascii_only: bool) -> None:
    app = PadApp(ascii_only=ascii_only, log_dir=tmp_path / "runs")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await draw(app)
        assert status(app).startswith("pen ")
        await pilot.press("w")
        assert status(app).startswith("why: ")
        assert app.screen.query_one(NetworkInput).legend in status(app)
        letters = {
            letter
            for strip in app.screen.query_one(NetworkInput)._styled_content
            for letter in strip.text
        }
        assert bool(letters & {"~", "<", "o", "O"}) == ascii_only
        await pilot.press("w")
        assert status(app).startswith("pen ")


def test_an_export_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        run_pad(None, tmp_path, tmp_path / "nowhere" / "digit.png", ascii_only=False)
    with pytest.raises(DataError, match="must be written as"):
        run_pad(None, tmp_path, tmp_path / "digit.gif", ascii_only=False)
