"""The footer: which keys it shows, and that a click presses them."""

from pathlib import Path

import pytest

from core.run.events import Paused
from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from tests.helpers.app import Scripted
from tests.helpers.runs import three_runs
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.pad.app import PadApp
from tui.train.panel import Panel
from tui.widgets.footer import KeyFooter
from tui.widgets.help import HelpScreen


@pytest.mark.parametrize("width", [80, 160])
async def test_the_keys_of_all_screens_are_at_the_right_at_any_width(
    tmp_path: Path, width: int
) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(width, 24)) as pilot:
        screen = await shown(pilot, app, "space Pause")
        row = screen.splitlines()[-1]
        assert row.startswith(" tab Panel  space Pause  [ Rate down  ] Rate up")
        assert ("c Checkpoint" in row) == (width > 120)
        assert row.endswith("? Help  d Detach  q Quit")
        assert len(row) <= width


async def test_the_keys_that_matter_come_first_where_room_is_short(tmp_path: Path) -> None:
    app = PadApp(log_dir=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        row = (await shown(pilot, app, "space Pen")).splitlines()[-1]
        assert row.startswith(" space Pen  c Clear  u Undo  t Label  o Yours")
        assert row.endswith("? Help  q Quit")


async def test_a_click_presses_a_key_and_a_click_between_keys_does_nothing(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(120, 35)) as pilot:
        row = (await shown(pilot, app, "? Help")).splitlines()[-1]
        await pilot.click(KeyFooter, offset=(row.index("q Quit") - 1, 0))
        assert app.screen.NAME == "train"
        await pilot.hover(KeyFooter, offset=(row.index("? Help"), 0))
        assert app.screen.query_one(KeyFooter).tooltip == "Every key of this screen"
        await pilot.click(KeyFooter, offset=(row.index("Help"), 0))
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("width", [80, 160])
async def test_in_the_panel_its_keys_are_shown_and_invalid_characters_are_refused(
    tmp_path: Path, width: int
) -> None:
    source = Scripted(tmp_path)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(width, 40)) as pilot:
        await shown(pilot, app, "space Pause")
        panel = app.screen.query_one(Panel)
        await pilot.press("tab")
        row = (await shown(pilot, app, "esc Leave")).splitlines()[-1]
        own = "↑ Up  ↓ Down  ← Less  → More  enter Set  del Default  esc Leave"
        passed_on = "space Pause" if width > 80 else ""
        assert row.split() == f"{own} {passed_on} ? Help".split()
        window = app.screen.query_one("#loss", Chart).scene.viewport.visible
        for refused in ("minus", "plus", "space", "left_square_bracket", "f", "comma"):
            await pilot.press("0", refused)
            await shown(pilot, app, "numbers only; esc to leave")
            await pilot.press("5", "enter")
            assert panel._typed_text == ""
        assert source.desired["hyperparameters"]["learning_rate"] == 0.01
        await pilot.press("0")
        assert app.screen.query_one("#loss", Chart).scene.viewport.visible == window
        assert not app.screen.has_class("-full")
        assert source.desired["pause_at"] is None
        await pilot.press(*".5", "e", "minus", "2")
        assert panel._typed_text == "0.5e-2"
        await pilot.press("e")
        await shown(pilot, app, "numbers only; esc to leave")
        await pilot.press("backspace", "down", *"12")
        assert panel._typed_text == "12"
        await pilot.press("tab")
        await shown(pilot, app, "space Pause", "q Quit")


async def test_keys_that_the_panel_does_not_use_go_on_to_the_screen(tmp_path: Path) -> None:
    source = Scripted(tmp_path)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("tab", "space")
        await until(pilot, lambda: source.desired["pause_at"] is not None)
        source.give(Paused(100))
        await shown(pilot, app, "paused", "space Resume")
        await pilot.press("r")
        await until(pilot, lambda: source.desired["pause_at"] is None)
        await pilot.press("a", "space")  # a word that was meant for a value
        await shown(pilot, app, "esc to leave")
        assert source.desired["pause_at"] is None
        assert app.screen.query_one(Panel).has_focus


async def test_another_screen_has_other_keys(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "space Pause")
        await pilot.press("5")
        screen = await shown(pilot, app, "u Undo")
        assert "Rate down" not in screen


async def test_a_theme_changed_on_another_screen_applies_when_a_screen_resumes(
    tmp_path: Path,
) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "space Pause")
        dark = app.screen.query_one(KeyFooter).rich_style.bgcolor
        await pilot.press("5")
        app.theme = "textual-light"
        await pilot.pause()
        await pilot.press("1")
        await shown(pilot, app, "space Pause")
        assert app.screen.query_one(KeyFooter).rich_style.bgcolor != dark


async def test_a_screen_in_the_background_has_no_keys(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "space Pause")
        await pilot.press("5")
        await shown(pilot, app, "u Undo")
        pad = app.screen.query_one(KeyFooter)
        await pilot.press("1")
        await shown(pilot, app, "space Pause")
        assert pad.lines(120, 1)[0] == [(" ", "text"), (" " * 119, "text")]
        await pilot.press("5")
        await shown(pilot, app, "u Undo")


async def test_a_read_only_window_shows_no_disabled_keys(tmp_path: Path) -> None:
    run = three_runs(tmp_path / "runs") / "a-run"
    source = follow(RunDir(run), None)
    app = TrainpadApp(source, viewer=True, read_only=True, log_dir=run.parent)
    async with app.run_test(size=(200, 45)) as pilot:
        row = (await shown(pilot, app, "q Quit")).splitlines()[-1]
        assert row.split("   ")[0].split("  ") == [" tab Panel", "l Log", "f Full"]
        await pilot.press("4")
        row = (await shown(pilot, app, "enter Open")).splitlines()[-1]
        for name in ("Resume", "Branch", "Name", "Export", "Delete"):
            assert name not in row
        assert "p Replay" in row
        await pilot.press("5")
        row = (await shown(pilot, app, "w Why")).splitlines()[-1]
        assert "Label" not in row
