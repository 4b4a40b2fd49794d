"""The Runs screen, with runs that are made by hand."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from core.run.events import Event, Opened, Started, Tick
from core.run.hparams import as_dict, validate_hparams
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.entry import RunEntry
from core.rundir.overview import Overview
from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from tests.helpers.app import FakeSessions
from tests.helpers.networks import initial_layers
from tests.helpers.runs import add_losses, finished, three_runs
from tests.helpers.waiting import shown, text_of, until
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.runs.dialogs import ConfirmDialog, FormDialog
from tui.runs.differences import HparamDifferences
from tui.runs.screen import RunsScreen
from tui.runs.table import RunsTable


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return three_runs(tmp_path / "runs")


def viewer(log_dir: Path, **options: Any) -> TrainpadApp:
    return TrainpadApp(
        follow(RunDir(log_dir / "c-run"), None), viewer=True, log_dir=log_dir, **options
    )


async def test_runs_are_listed_marked_compared_sorted_and_filtered(log_dir: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "c-run")
        await pilot.press("4")
        screen = await shown(pilot, app, "› ", "c-run", "0.9000", "hyperparameters", "softmax")
        assert screen.index("c-run", 200) < screen.index("b-run") < screen.rindex("a-run")
        await pilot.press("space", "space")
        screen = await shown(pilot, app, "differences", "a c-run 2.000", "b b-run 2.000")
        assert screen.rindex("learning rate") < screen.rindex("0.5") < screen.rindex("0.1")
        await pilot.press("v")
        await shown(pilot, app, "precision @ 1, validation", "a c-run 0.9000   ", "b b-run 0.7000")
        names = [column.name for column in app.screen.query_one(RunsTable)._columns]
        await pilot.press(*["o"] * (names.index("best") + 1), "O")
        screen = await shown(pilot, app, "best ▲")
        assert screen.index("a-run", 200) < screen.index("b-run") < screen.index("c-run", 400)
        await pilot.press("slash", *"=0.1", "enter")
        screen = await shown(pilot, app, "=0.1")
        assert "c-run" not in "\n".join(screen.splitlines()[4:7])
        await pilot.press("escape")
        await shown(pilot, app, "b-run", "c-run")


async def test_keys_before_the_runs_are_read_do_nothing(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_look, look = threading.Event(), Overview.poll

    def later(self: Overview) -> list[RunEntry]:
        may_look.wait(60)
        return look(self)

    monkeypatch.setattr(Overview, "poll", later)
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "c-run")
        await pilot.press("4")
        await shown(pilot, app, "reading the runs")
        keys = ["down", "pageup", "space", "o", "o", "O", "v", "enter", "r", "b", "delete"]
        await pilot.press(*keys)
        await shown(pilot, app, "reading the runs")
        may_look.set()
        await shown(pilot, app, "c-run", "0.9000")
        assert app.screen.NAME == "runs"


async def test_runs_are_opened_and_replayed(log_dir: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(120, 35), notifications=True) as pilot:
        await shown(pilot, app, "c-run")
        await pilot.press("2")
        before = app.screen
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("enter")
        await shown(pilot, app, "c-run", "done", "0.9000")
        assert app.screen.NAME == "train"
        await pilot.press("2")
        assert app.screen is before
        await pilot.press("4")
        await shown(pilot, app, "b-run")
        await pilot.press("down", "p")
        await shown(pilot, app, "Replay b-run")
        await pilot.press("backspace", "backspace", *"no", "enter")
        await shown(pilot, app, "speed must be a number from 0")
        await pilot.press("p", "enter")
        await shown(pilot, app, "b-run", "learning rate")
        assert app.screen.NAME == "train"
        assert app.run_state.name == "b-run"
        assert app.run_context.steering.control is None
        screen = await shown(pilot, app, "replay ×10", "space Pause", "[ Slower", "] Faster")
        assert not any(word in screen for word in (" left", "e Evaluate  s", "Checkpoint"))
        await pilot.press("space", "right_square_bracket")
        await shown(pilot, app, "replay ×20 paused", "space Play")


async def test_a_run_that_cannot_train_here_is_given_as_a_command(log_dir: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("b")
        await shown(pilot, app, "this window cannot train now", "--branch")
        await pilot.press("r")
        await shown(pilot, app, "this window cannot train now", "--resume")
        assert app.screen.NAME == "runs"


async def test_a_run_that_has_done_all_steps_is_resumed_with_more(log_dir: Path) -> None:
    run = RunDir(log_dir / "c-run")
    add_losses(run, [0.5] * 30_000)
    done = run.losses.stat().st_size // 4
    hparams = as_dict(validate_hparams({"hidden": ()}))
    opened = Opened(str(run.path), {"name": "c-run", "hyperparameters": hparams})
    sessions = FakeSessions([opened, Started(done, hparams, "CPU:0", 10)])
    app = viewer(log_dir, sessions=sessions)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("r")
        await shown(pilot, app, f"c-run has done all its {done:,} steps", str(2 * done))
        await pilot.press("enter")
        await shown(pilot, app, "resumed", "resuming c-run; Q asks and stops it")
        assert len(app.run_state.losses) == done
    assert sessions.requested == [(run, {"max_steps": 2 * done})]


async def test_a_branch_trains_here_where_nothing_else_does(log_dir: Path) -> None:
    run = RunDir(log_dir / "c-run")
    hparams = as_dict(validate_hparams({"max_steps": 4, "learning_rate": 0.5, "hidden": ()}))
    arrays = {"layer0/weights": initial_layers((4, 2), seed=1)[0][0]}
    about = {"step": 4, "position": 400, "hyperparameters": hparams}
    checkpoint.write(run.checkpoints, Checkpoint(arrays, about))
    opened = Opened(str(log_dir / "new"), {"name": "new-run", "hyperparameters": hparams})
    sessions = FakeSessions([opened, Started(0, hparams, "CPU:0", 10)])
    app = viewer(log_dir, sessions=sessions)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("b")
        await shown(pilot, app, "new-run", "with the weights of c-run; Q asks and stops it")
        assert not app.run_context.viewer
    (request,) = sessions.requested
    assert request.branch.checkpoint.step == 4
    assert (request.resume, request.hparams.learning_rate) == (None, 0.5)


async def test_a_run_that_trains_here_is_not_left_for_another(log_dir: Path) -> None:
    stop = SimpleNamespace(now=False)

    def source() -> Iterator[Event]:
        yield Opened(str(log_dir / "here"), {"name": "here"})
        yield Started(0, {}, "CPU:0", 10)
        while not stop.now:
            yield Tick()
            time.sleep(0.02)

    app = TrainpadApp(source(), log_dir=log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "here")
        pump = app.run_context.worker
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("enter")
        await shown(pilot, app, "here trains in this window")
        assert app.run_context.worker is pump
        stop.now = True


async def test_naming_exporting_and_deleting(log_dir: Path, tmp_path: Path) -> None:
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("n")
        assert isinstance(app.screen, FormDialog)
        await pilot.press(*"[/x]", "tab", *"lab", "enter")
        await shown(pilot, app, "[/x]", "#lab")
        await pilot.press("E")
        await shown(pilot, app, "Export [/x]")
        field = app.screen.query_one("Input")
        field.value = str(tmp_path / "out.csv")
        await pilot.press("enter")
        await shown(pilot, app, "out.csv")
        await until(pilot, (tmp_path / "out.csv").exists)
        assert (tmp_path / "out.csv").read_text().startswith("step,time")
        await pilot.press("delete")
        assert isinstance(app.screen, ConfirmDialog)
        await pilot.press("escape")
        assert (log_dir / "c-run").exists()
        await pilot.press("delete", "y")
        await shown(pilot, app, "[/x] is in the trash for 30 days; u brings it back")
        assert not (log_dir / "c-run").exists()
        assert app.screen.query_one(RunsTable)._pointer == 0
        await pilot.press("u")
        await shown(pilot, app, "c-run is back", "done     [/x]")
        await pilot.press("u")
        await shown(pilot, app, "the trash is empty")


async def polled_again(
    pilot: Pilot[Any], monkeypatch: pytest.MonkeyPatch, app: TrainpadApp, times: int = 4
) -> None:
    """Wait until the curves have been polled `times` times more."""
    curves, polls = app.screen._curves, []
    poll = curves.poll
    monkeypatch.setattr(curves, "poll", lambda runs: polls.append(1) or poll(runs))
    await until(pilot, lambda: len(polls) > times)


async def test_a_growing_run_is_followed_and_an_unchanged_one_is_not_drawn_again(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.runs.screen.POLL_INTERVAL", 0.05)
    monkeypatch.setattr("tui.widgets.background.MAX_CPU_SHARE", 1.0)
    app = viewer(log_dir)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000", "2.000")
        await polled_again(pilot, monkeypatch, app)
        drawn: list[object] = []
        for widget in (RunsTable, Chart, HparamDifferences):
            one = app.screen.query_one(widget)
            monkeypatch.setattr(one, "refresh", lambda *a, **k: drawn.append(a))
        await polled_again(pilot, monkeypatch, app)
        assert drawn == []
        monkeypatch.undo()
        run = RunDir(log_dir / "c-run")
        add_losses(run, [7.5])
        await shown(pilot, app, "7.500")


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (24, 12)])
async def test_the_screen_fits_every_terminal_and_ascii(
    log_dir: Path, size: tuple[int, int]
) -> None:
    app = viewer(log_dir, ascii_only=True)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("4", "space", "down", "space", "t", "slash", "escape", "t")
        await until(pilot, lambda: app.screen._listing.entries is not None)
        assert isinstance(app.screen, RunsScreen)
        assert text_of(app).isascii()


async def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    finished(tmp_path / "a-run")
    app = TrainpadApp(
        follow(RunDir(tmp_path / "a-run"), None), viewer=True, log_dir=tmp_path / "none"
    )
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "there are no runs yet in this folder")
        for key in ("enter", "space", "n", "E", "delete", "p", "r", "b", "o", "end"):
            await pilot.press(key)
        assert isinstance(app.screen, RunsScreen)


async def test_an_export_keeps_the_path_until_it_is_right(log_dir: Path, tmp_path: Path) -> None:
    app = viewer(log_dir)
    taken = tmp_path / "out.csv"
    taken.write_text("mine")
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("E")
        await shown(pilot, app, ".svg plot", ".keras network")
        app.screen.query_one("Input").value = str(tmp_path / "out.txt")
        await pilot.press("enter")
        await shown(pilot, app, "out.txt must end in .csv")
        assert app.screen.query_one("Input").value == str(tmp_path / "out.txt")
        app.screen.query_one("Input").value = str(taken)
        await pilot.press("enter")
        await shown(pilot, app, "exists; enter once more")
        assert taken.read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: taken.read_text().startswith("step,time"))


async def test_the_dialog_of_an_export_that_failed_stays_with_the_reason(
    log_dir: Path, tmp_path: Path
) -> None:
    app = viewer(log_dir)
    target = tmp_path / "nowhere" / "out.csv"
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "c-run", "0.9000")
        await pilot.press("E")
        await shown(pilot, app, ".svg plot")
        app.screen.query_one("Input").value = str(target)
        await pilot.press("enter")
        await shown(pilot, app, "cannot be written")
        assert app.screen.query_one("Input").value == str(target)
        target.parent.mkdir()
        await pilot.press("enter")
        await until(pilot, target.exists)


async def test_the_chart_of_finished_runs_ends_with_them(log_dir: Path) -> None:
    finished(log_dir / "d-run", steps=30)
    app = TrainpadApp(follow(RunDir(log_dir / "d-run"), None), viewer=True, log_dir=log_dir)
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("4")
        await shown(pilot, app, "d-run", "0.9000")
        scene = app.screen.query_one(Chart).scene
        await until(pilot, lambda: scene.planned_steps == 30)
