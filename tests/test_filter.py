"""The filters of the Runs screen and of `trainpad watch`: what is typed is theirs at once."""

from pathlib import Path

import pytest
from textual.app import App
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from tests.helpers.runs import three_runs
from tests.helpers.tfevents import points, put
from tests.helpers.waiting import shown
from tui.app import TrainpadApp
from tui.watch.app import WatchApp
from tui.widgets.footer import KeyFooter


async def typed(pilot: Pilot[str], app: App[str], text: str) -> None:
    """All at once, as a paste or a quick hand sends it: none waits for what the last one did."""
    for character in text:
        app.post_message(Key("slash" if character == "/" else character, character))
    for _ in range(5):
        await pilot.pause()


@pytest.mark.parametrize("text", ["abd", "qno/1", "/de"])
async def test_keys_right_after_the_slash_are_text_on_the_runs_screen(
    tmp_path: Path, text: str
) -> None:
    run = RunDir(three_runs(tmp_path / "runs") / "a-run")
    app = TrainpadApp(follow(run, None), viewer=True, log_dir=tmp_path / "runs")
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "a-run")
        await pilot.press("4")
        await shown(pilot, app, "c-run")
        await typed(pilot, app, "/" + text)
        assert app.screen.query_one(Input).value == text
        assert app.return_value is None
        row = app.screen.query_one(KeyFooter).lines(160, 1)[0]
        assert ("/", "live") not in row
        await pilot.press("escape")
        await shown(pilot, app, "/ Filter")


@pytest.mark.parametrize("text", ["abf", "qr1", "a/b"])
async def test_keys_right_after_the_slash_are_text_in_watch(tmp_path: Path, text: str) -> None:
    put(tmp_path / "logs", points(range(9)))
    app = WatchApp([str(tmp_path / "logs")])
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot, app, "loss")
        await typed(pilot, app, "/" + text)
        assert app.screen.query_one(Input).value == text
        assert app.return_value is None
