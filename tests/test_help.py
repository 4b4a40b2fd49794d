"""The help screen lists the keys of the running program only."""

from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

from tests.helpers.app import Scripted
from tests.helpers.tfevents import points, put
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.watch.app import WatchApp
from tui.widgets.help import HelpScreen


async def open_help(pilot: Pilot[str], app: App[str]) -> str:
    await shown(pilot, app, "? Help")
    await pilot.press("question_mark")
    return await shown(pilot, app, "╭")


async def test_the_help_of_watch_lists_no_screens_of_the_dashboard(tmp_path: Path) -> None:
    put(tmp_path / "logs", points(range(9)))
    app = WatchApp([str(tmp_path / "logs")])
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await open_help(pilot, app)
        assert "Train, Evaluate" not in screen
        await pilot.press("4")  # there is no such screen here
        assert isinstance(app.screen, HelpScreen)
        assert "Show scalars" in screen


async def test_the_help_of_the_dashboard_lists_its_screens_in_one_row(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await open_help(pilot, app)
        assert "1-5  Train, Evaluate, Weights, Runs, Pad" in screen
        assert "Watch the training and steer it" not in screen


async def test_the_keys_of_the_screens_work_while_the_help_is_open(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        await open_help(pilot, app)
        await pilot.press("4")
        await until(pilot, lambda: getattr(app.screen, "NAME", "") == "runs")


async def test_the_help_lists_each_key_of_weights_once(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("3")
        screen = await open_help(pilot, app)
        for entry in (
            " ↑  Previous layer",
            " ↓  Next layer",
            " +  Next class for the filters and the saliency map",
            " -  Previous class",
            " .  Explain the next validation image",
            " ,  Explain the previous validation image",
        ):
            assert entry in screen


async def test_each_key_of_a_group_in_the_row_of_keys_has_a_row_of_its_own(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("5")
        screen = await open_help(pilot, app)
        for entry in (" ←  Shift to the left", " ,  Turn counterclockwise", " .  Turn clockwise"):
            assert entry in screen
        assert "↑→" not in screen


async def test_the_palette_over_the_help_is_that_of_the_screen_below(tmp_path: Path) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await open_help(pilot, app)
        await pilot.press("ctrl+p")
        await shown(pilot, app, "Checkpoint (c)")
        await pilot.press("escape")
        await shown(pilot, app, "space Pause")


async def test_the_help_has_no_empty_row_below_and_is_scrolled_only_where_it_must_be(
    tmp_path: Path,
) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await open_help(pilot, app)
        frame = app.screen.query_one("#help")
        below = screen.splitlines()[frame.region.bottom - 2]
        assert below.replace("│", "").strip()
        rows = frame.size.height
        await pilot.resize_terminal(160, rows + 2)
        await pilot.press("escape")
        await open_help(pilot, app)
        frame = app.screen.query_one("#help")
        assert (frame.size.height, frame.max_scroll_y) == (rows, 0)
