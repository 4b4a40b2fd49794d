"""From one run to the next in the same dashboard."""

from pathlib import Path

import numpy as np
import pytest

from core.run.events import Diverged, Finished, Opened, Paused, Preparing, Started, Steps
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from data.errors import DataError
from tests.helpers.app import FakeSessions, Scripted
from tests.helpers.waiting import shown, toasts_of, until
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.dashboard.worker import EventReceived
from tui.terminal.exit_result import ExitResult
from tui.train.panel import Panel


@pytest.fixture
def source(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path)


async def test_a_run_that_diverged_can_be_branched_with_a_smaller_rate(
    source: Scripted, tmp_path: Path
) -> None:
    sessions = FakeSessions(Scripted(tmp_path / "second"))
    app = TrainpadApp(iter(source), sessions=sessions)
    async with app.run_test(size=(160, 45)) as pilot:
        source.give(Diverged(120, 13.0, "the mean loss is 13"), None)
        await shown(pilot, app, "the mean loss is 13")
        assert app.screen.query_one(Panel).next_run == {"learning_rate": 0.003}
        await pilot.press("tab", *"0.005", "enter", "escape", "b")
        await shown(pilot, app, "with learning rate 0.005", "from the start")
        await pilot.press("enter")
        await shown(pilot, app, "▶ training")
        hparams, branch = sessions.requested[0]
        assert hparams.learning_rate == 0.005
        assert branch.run.path == tmp_path and branch.checkpoint is None
        assert app.screen.query_one(Panel).next_run == {}


async def test_a_new_run_stops_the_current_one_first(source: Scripted, tmp_path: Path) -> None:
    sessions = FakeSessions(Scripted(tmp_path / "second"))
    app = TrainpadApp(iter(source), sessions=sessions)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("n")
        await shown(
            pilot, app, "A new run stops the one", "Stop and start new n    save a checkpoint"
        )
        assert source.desired["stop"] == ""
        await pilot.press("n")
        await pilot.pause()
        assert source.desired["stop"] == "stopped"
        assert sessions.requested == []
        source.give(Finished(120, Outcome.STOPPED, 1.0), None)
        await shown(pilot, app, "▶ training")
        assert [branch for _, branch in sessions.requested] == [None]


def toasts(app: TrainpadApp) -> list[str]:
    return toasts_of(app)


async def test_quitting_cancels_a_requested_new_run(source: Scripted) -> None:
    sessions = FakeSessions()
    app = TrainpadApp(iter(source), sessions=sessions)
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("n", "n", "q", "s")
        source.give(Finished(120, Outcome.STOPPED, 1.0), None)
        await until(pilot, lambda: app.return_value)
    assert (app.return_value, sessions.requested) == (ExitResult.QUIT, [])


@pytest.mark.parametrize("state", ["training", "paused"])
async def test_a_run_continues_if_the_question_about_a_new_one_is_cancelled(
    source: Scripted, state: str
) -> None:
    app = TrainpadApp(iter(source), sessions=FakeSessions())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        if state == "paused":
            source.give(Paused(100))
            await shown(pilot, app, "paused")
        await pilot.press("n")
        await shown(pilot, app, "A new run stops the one")
        await pilot.press("escape")
        await shown(pilot, app, "100 / 2,000")
        assert (source.desired["stop"], toasts(app)) == ("", [])


async def test_a_new_run_is_refused_while_one_is_starting(tmp_path: Path) -> None:
    source, sessions = Scripted(tmp_path, opened=False), FakeSessions()
    app = TrainpadApp(iter(source), sessions=sessions)
    async with app.run_test(size=(120, 35)) as pilot:
        source.give(Preparing("reading the data"))
        await shown(pilot, app, "reading the data")
        await pilot.press("n")
        await pilot.pause()
        assert toasts(app) == ["the run is still starting"]
        values = as_dict(HyperParameters())
        source.give(Opened(str(tmp_path), {"hyperparameters": values}, source.control))
        source.give(Started(0, values, "CPU:0", 1), Finished(5, Outcome.DONE, 1.0), None)
        await shown(pilot, app, "done")
        assert (source.desired["stop"], sessions.requested) == ("", [])


async def test_the_previous_run_is_shown_again_if_the_next_one_cannot_start(
    source: Scripted, tmp_path: Path
) -> None:
    wrong, right = Scripted(tmp_path / "b", opened=False), Scripted(tmp_path / "c", opened=False)
    app = TrainpadApp(iter(source), sessions=FakeSessions(wrong, right))
    async with app.run_test(size=(160, 45)) as pilot:
        source.give(Finished(100, Outcome.DONE, 1.0), None)
        await shown(pilot, app, "■ done")
        panel = app.screen.query_one(Panel)
        panel._next["optimizer"] = "adam"
        await pilot.press("n")
        wrong.give(Preparing("reading the data"), DataError("there are not so many images"))
        await until(pilot, lambda: toasts(app))
        assert toasts(app) == ["there are not so many images"]
        await shown(pilot, app, "■ done", "a-run")
        assert panel.next_run == {"optimizer": "adam"}
        await pilot.press("n", "5")
        values = as_dict(HyperParameters())
        right.give(Opened(str(tmp_path / "c"), {"name": "c", "hyperparameters": values}, None))
        right.give(Started(0, values, "CPU:0", 1), Steps(0, [1.0], 0.1))
        await shown(pilot, app, "▶ training")
        await pilot.press("1")
        await shown(pilot, app, "1 / 2,000")
        assert panel.next_run == {}
    assert (app.return_value, app.error, app.run_context.worker.error) == (None, None, None)


async def test_a_run_that_is_shown_again_has_all_its_losses(
    source: Scripted, tmp_path: Path
) -> None:
    refused = Scripted(tmp_path / "b", opened=False)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        old = app.run_context.worker
        app.show_events(iter(refused), viewer=True)
        old._post(EventReceived(old, Steps(100, np.full(10, 0.5, np.float32), 0.1)))
        refused.give(DataError("there is no such data"))
        await shown(pilot, app, "110 / 2,000")
        source.give(Steps(110, np.full(10, 0.5, np.float32), 0.1))
        await shown(pilot, app, "120 / 2,000")
        assert len(app.run_state.losses) == 120


async def test_stopping_the_run_does_not_quit(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("Q")
        await shown(pilot, app, "Stop this run")
        await pilot.press("s")
        source.give(Finished(120, Outcome.STOPPED, 1.0), None)
        await shown(pilot, app, "■ stopped")
        assert source.desired["stop"] == "stopped"
        assert app.return_value is None


async def test_the_charts_of_another_run_are_shown_whole(source: Scripted, tmp_path: Path) -> None:
    after = Scripted(tmp_path / "b")
    losses = np.linspace(2.3, 0.5, 1900, dtype=np.float32)
    source.give(Steps(100, losses, 0.5), Finished(2000, Outcome.DONE, 1.0), None)
    app = TrainpadApp(iter(source), sessions=FakeSessions(after))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "■ done")
        charts = [app.screen.query_one(f"#{name}", Chart) for name in ("loss", "precision")]
        await pilot.press("end", "plus", "plus", "i", "l")
        await pilot.pause()
        for chart in charts:
            assert None not in (chart.scene.viewport.visible, chart.scene.cursor.x)
        await pilot.press("n")
        await shown(pilot, app, "▶ training", "100 / 2,000")
        for chart in charts:
            assert (chart.scene.viewport.visible, chart.scene.cursor.x) == (None, None)
        assert charts[0].scene.visible_range == (0.0, 125.0)
        assert charts[0].scene.logarithmic
        await pilot.press("end", "i")
        after.give(Steps(100, losses[:10], 0.1))
        await shown(pilot, app, "110 / 2,000")
        assert charts[0].scene.viewport.visible is not None  # of the same run it stays
        assert charts[0].scene.cursor.x is not None


def keys_of(text: str) -> list[str]:
    """The keys that type a text."""
    return [{" ": "space", ",": "comma"}.get(letter, letter) for letter in text]


async def test_layers_are_typed_into_the_panel_for_the_next_run(source: Scripted) -> None:
    app = TrainpadApp(iter(source), sessions=FakeSessions())
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        panel = app.screen.query_one(Panel)
        await pilot.press("tab")
        while panel._selected_hparam.name != "network":
            await pilot.press("down")
        await pilot.press(*keys_of("cov 8"), "enter")
        await shown(pilot, app, "network: layer 1, 'cov 8': there is no")
        await pilot.press(*["backspace"] * 5)
        await pilot.press(*keys_of("conv 8 3x3, pool, 32"), "enter")
        await until(pilot, lambda: panel.next_run == {"network": "conv 8 3x3, pool, 32"})
        await shown(pilot, app, "conv 8 3x3, pool, 32")
