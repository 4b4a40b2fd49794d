"""The dashboard, given the events that the worker thread would read, with real controls."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.cells import cell_len

from core.run.events import Changed, Diverged, Finished, Paused, Started, Steps, Tick
from core.run.hparams import as_dict
from core.run.status import Outcome
from data.errors import DataError
from tests.helpers.app import Scripted, evaluation, weights
from tests.helpers.mouse import drag_to
from tests.helpers.waiting import shown, text_of, until
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.dashboard.system_stats import SystemStatsRow
from tui.dashboard.worker import EventReceived
from tui.pad.screen import PredictionLabel
from tui.pad.sketch_pad import SketchPad
from tui.terminal.exit_result import ExitResult
from tui.train.screen import TrainScreen
from tui.widgets.dialogs import QuitDialog
from tui.widgets.help import HelpScreen
from tui.widgets.probability_bars import ProbabilityBars
from tui.widgets.screens import SCREENS


@pytest.fixture
def source(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path)


async def test_a_run_is_shown_as_its_events_arrive(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "a-run · mnist 55,000 · CPU", "100 / 2,000", "learning rate")
        source.give(evaluation(1000), Changed(1000, "learning_rate", 0.01, 0.0125))
        await shown(pilot, app, "0.8628", "0.8660", "0.8737", "learning rate 0.01 → 0.0125")
        await shown(pilot, app, "‹      0.0125 ›")
        source.give(Paused(1000))
        await shown(pilot, app, "paused")


async def test_a_digit_is_classified_with_the_newest_weights_and_an_empty_drawing_is_not(
    source: Scripted,
) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        source.give(weights())
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("5")
        await shown(pilot, app, "draw a digit here")
        bars = app.screen.query_one(ProbabilityBars)
        assert "%" not in "".join(bars.render_line(row).text for row in range(10))
        pad = app.screen.query_one(SketchPad)
        await pilot.mouse_down(pad, offset=(20, 5))
        await drag_to(pilot, SketchPad, (25, 20))
        await pilot.mouse_up(pad, offset=(25, 20))
        await shown(pilot, app, "%", "weights after 100 steps")
        before = app.screen.query_one(PredictionLabel).render_line(1).text
        source.give(weights(step=250))
        await shown(pilot, app, "weights after 250 steps")
        assert before != app.screen.query_one(PredictionLabel).render_line(1).text


async def test_the_same_events_continue_after_detaching(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("d")
    assert app.return_value == ExitResult.DETACH
    assert app.run_context.worker.stop(5)
    source.give(Finished(100, Outcome.DONE, 1.0), None)
    assert [
        type(event) for event in app.run_context.worker.events if not isinstance(event, Tick)
    ] == [Finished]


async def test_quitting_while_training_asks_and_stopping_waits_for_the_end(
    source: Scripted,
) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("q")
        assert isinstance(app.screen, QuitDialog)
        await pilot.press("escape")
        assert not isinstance(app.screen, QuitDialog)
        await pilot.press("q", "s")
        await pilot.pause()
        assert source.desired["stop"] == "stopped"
        source.give(Finished(120, Outcome.STOPPED, 1.0), None)
        await until(pilot, lambda: app.return_value)
    assert (app.return_value, app.run_context.worker.status) == (ExitResult.QUIT, 0)


async def test_ctrl_c_twice_while_training_stops_the_run(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("ctrl+c", "ctrl+c")
    assert app.return_value == ExitResult.SIGNAL  # for which the run is stopped and saved


async def test_divergence_is_shown_and_is_the_exit_status(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        source.give(Diverged(120, float("nan"), "", "step-000099.safetensors"), None)
        await shown(pilot, app, "b branches, r resumes with a smaller rate; the loss is nan")
        await pilot.press("q")
    assert (app.return_value, app.run_context.worker.status) == (ExitResult.QUIT, 3)


async def test_bad_data_ends_the_app_with_its_sentence(tmp_path: Path) -> None:
    source = Scripted(tmp_path, opened=False)
    source.give(DataError("no such folder"))
    app = TrainpadApp(iter(source))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value)
    assert (app.return_value, str(app.error)) == (ExitResult.ERROR, "no such folder")


async def test_help_lists_the_keys_of_the_screen(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 60)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("question_mark")
        await shown(pilot, app, "Pause or resume", "Save a checkpoint now")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (20, 6)])
async def test_every_screen_works_at_every_size(source: Scripted, size: tuple[int, int]) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=size) as pilot:
        source.give(weights(), evaluation(1000))
        await until(pilot, lambda: app.run_state.evaluations)
        for place in (*SCREENS, SCREENS[0]):
            await pilot.press(place.key)
            assert place.name == app.screen.NAME
            lines = (await shown(pilot, app, "▶")).splitlines()
            assert len(lines) <= size[1]
            assert all(cell_len(line) <= size[0] for line in lines)
        for key in ("f", "f", "tab", "tab"):
            await pilot.press(key)
        await pilot.resize_terminal(100, 30)
        await shown(pilot, app, "100 / 2,000")


async def test_only_changed_widgets_are_redrawn(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        source.give(evaluation(1000), Paused(100))
        await shown(pilot, app, "paused")
        await until(pilot, lambda: app._pacer.shown_version == app.run_state.version)
        drawn: list[object] = []
        for widget in app.screen.query("*"):
            if not isinstance(widget, SystemStatsRow):
                widget.refresh = lambda *a, w=widget, **k: drawn.append(w)  # type: ignore[method-assign]
        source.give(weights())
        await until(pilot, lambda: app.run_state.weights)
        await until(pilot, lambda: app._pacer.shown_version == app.run_state.version)
        await pilot.pause()
        assert drawn == []


async def test_ascii_screens_contain_only_ascii(source: Scripted) -> None:
    app = TrainpadApp(iter(source), ascii_only=True)
    async with app.run_test(size=(120, 35)) as pilot:
        source.give(weights(), evaluation(1000), Paused(100))
        await shown(pilot, app, "paused")
        assert set(app.screen.query_one("#loss", Chart).render_line(3).text) <= set(
            map(chr, range(32, 127))
        )
        for place in SCREENS:
            await pilot.press(place.key)
            await shown(pilot, app, "? Help")
            assert text_of(app).isascii(), place
        await pilot.press("1")
        for key in ("question_mark", "q", "Q", "b"):
            await pilot.press(key)
            await shown(pilot, app, "+---")
            assert text_of(app).isascii(), key
            await pilot.press("escape")
        await pilot.press("ctrl+p")
        palette = await shown(pilot, app, "Search for commands", "Branch")
        assert palette.isascii()


async def test_dialogs_are_centered(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        for key in ("q", "Q", "b"):
            await pilot.press(key)
            await pilot.pause()
            box = app.screen.query_one("#dialog").region
            assert abs(box.x - (120 - box.right)) <= 1 and abs(box.y - (35 - box.bottom)) <= 1
            await pilot.press("escape")


async def test_every_screen_works_without_colours(
    source: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        source.give(weights(), evaluation(1000), weights(1000))
        for place in SCREENS:
            await pilot.press(place.key)
            await shown(pilot, app, "trainpad", "training")
            assert app.no_color
        await pilot.press("question_mark")
        await shown(pilot, app, "Quit trainpad")


@pytest.mark.mounts_ahead
async def test_screens_are_mounted_before_they_are_asked_for(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await until(
            pilot, lambda: all(map(app.has_mounted_mode, {place.name for place in SCREENS}))
        )
        assert app.screen.NAME == "train"


@pytest.mark.parametrize("mode", ["evaluate", "weights", "runs", "pad"])
@pytest.mark.parametrize("turns", [0, 1, 4])
async def test_the_app_can_be_left_while_a_screen_is_mounted(
    source: Scripted, mode: str, turns: int
) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 35)):
        app._init_mode(mode)
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit("quit")
    assert app.failure is None


async def test_the_palette_has_every_action_of_the_screen(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        commands = {c.title: c for c in app.get_system_commands(app.screen)}
        titles = "Pause (space)", "Evaluate (e)", "Go to Evaluate (2)", "Branch (b)", "Detach (d)"
        assert set(titles) <= set(commands)
        assert [title for title in commands if title.startswith("Quit")] == ["Quit (q)"]
        assert not {"Step (s)", "Up (↑)"} & set(commands)  # neither does anything now
        await commands["Pause (space)"].callback()
        assert source.desired["pause_at"] == 0


async def test_quit_in_the_palette_asks_like_the_key(source: Scripted) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await app.action_quit()
        await pilot.pause()
        assert isinstance(app.screen, QuitDialog)


async def test_hundreds_of_past_events_are_drawn_a_few_times_only(
    source: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    show = TrainScreen.update_run
    monkeypatch.setattr(
        TrainScreen, "update_run", lambda s, run: (drawn.append(run.step), show(s, run))
    )
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        app._pacer._clock = lambda: 1.0
        drawn.clear()
        past = [
            (Steps(s, [0.5], 0.1), evaluation(s + 1), Changed(s + 1, "learning_rate", 0.01, 0.02))
            for s in range(100, 400)
        ]
        for event in (event for pair in past for event in pair):
            app._receive_event(EventReceived(app.run_context.worker, event))
        assert len(drawn) <= 1
        await shown(pilot, app, "400 / 2,000")


async def test_the_answer_to_a_key_is_shown_though_the_byte_rate_is_used_up(
    source: Scripted,
) -> None:
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(120, 35)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        app.terminal = SimpleNamespace(is_behind=True, is_stalled=False, bytes_sent=0)
        source.give(Steps(100, np.full(7, 0.5, np.float32), 0.1))
        await until(pilot, lambda: app.run_state.step == 107)
        app._update_screen()
        assert "107 / 2,000" not in text_of(app)
        source.give(Paused(107))
        await shown(pilot, app, "paused", "107 / 2,000")


async def test_evaluations_that_a_resume_discards_leave_the_chart(source: Scripted) -> None:
    """As many follow before the next update: then the curve's version is the same as before."""
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        run, screen = app.run_state, app.screen
        assert isinstance(screen, TrainScreen)
        chart = screen.query_one("#precision", Chart)
        for step in (1000, 2000, 3000):
            run.fold(evaluation(step))
        screen.update_run(run)
        run.fold(Started(2000, as_dict(run.hparams), "CPU:0", 10))
        run.fold(evaluation(3000))
        screen.update_run(run)
        assert [line.curve for line in chart.scene.lines] == [*run.accuracy.values()]
