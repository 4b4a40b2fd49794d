"""Leaving the dashboard: what happens to the run and its exit status."""

import signal
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.process.launcher import Launcher
from core.run.events import Diverged, Finished, Opened, Preparing
from core.run.hparams import HyperParameters
from core.run.state import RunState
from core.run.status import Outcome
from core.rundir.rundir import create_run
from core.session.headless import FAILED
from core.session.request import Request
from core.session.signals import Signals
from data.errors import DataError
from tests.helpers.app import Scripted
from tests.helpers.waiting import wait_until
from tui import launch
from tui.dashboard import sessions
from tui.dashboard.run_context import RunContext
from tui.dashboard.worker import EventWorker
from tui.terminal.exit_result import ExitResult


class ExitedError(Exception):
    """The process would have exited with this status."""


@pytest.fixture(autouse=True)
def no_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    def exit_process(status: int) -> int:
        raise ExitedError(status)

    monkeypatch.setattr(launch, "_exit_process", exit_process)
    for name in ("redirect_to_log", "detach_stdio"):
        monkeypatch.setattr(launch, name, lambda _run: None)
    monkeypatch.setattr(Launcher, "detach", lambda _self, _status: None)


def app_with(source: Scripted) -> Any:
    shown = RunContext.from_events(iter(source), lambda _message: None, viewer=False)
    return SimpleNamespace(run_context=shown, failure=None)


def wait_for_start(worker: EventWorker) -> None:
    worker.start()
    wait_until(lambda: worker.started)


def test_ctrl_c_as_a_key_stops_the_run_like_the_signal(tmp_path: Path) -> None:
    source = Scripted(tmp_path)
    app, signals = app_with(source), Signals()
    wait_for_start(app.run_context.worker)
    source.give(Finished(100, Outcome.INTERRUPTED, 1.0), None)
    with pytest.raises(ExitedError, match="130"):
        launch._finish(app, ExitResult.SIGNAL, Launcher(-1, 0, False), signals)
    assert source.desired["stop"] == "interrupted"


def test_the_terminal_shows_which_signal_ended_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Scripted(tmp_path)
    app, signals = app_with(source), Signals()
    wait_for_start(app.run_context.worker)
    source.give(Finished(100, Outcome.STOPPED, 1.0), None)
    signals.outcome, signals._number = Outcome.STOPPED, signal.SIGUSR1
    shown: list[str] = []
    monkeypatch.setattr(
        launch, "redirect_to_log", lambda _run: shown.append(capsys.readouterr().err)
    )
    with pytest.raises(ExitedError, match="0"):
        launch._finish(app, ExitResult.SIGNAL, Launcher(-1, 0, False), signals)
    assert "trainpad: SIGUSR1: saving and stopping" in shown[0]


def test_a_run_that_has_no_folder_yet_is_named_without_one_when_the_screen_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Scripted(tmp_path, opened=False)
    app, signals = app_with(source), Signals()
    statuses: list[int] = []

    def detach(_self: Launcher, status: int) -> None:
        statuses.append(status)
        source.give(None)

    monkeypatch.setattr(Launcher, "detach", detach)
    app.run_context.worker.start()
    with pytest.raises(ExitedError):
        launch._finish(app, ExitResult.DETACH, Launcher(-1, 0, False), signals)
    assert capsys.readouterr().out == "the run keeps training; reattach with `trainpad open`\n"
    assert statuses == [75]  # what the shell gets, which is not that of a run that has ended


def test_the_last_line_says_where_a_run_is_that_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = RunState()
    run.fold(Opened("/runs/a-run", {"name": "a-run"}, None))
    run.fold(Finished(100, Outcome.DONE, 1.0))
    launch._report_end(cast("Any", SimpleNamespace(run_state=run)))
    assert capsys.readouterr().err == "trainpad: a-run: done at step 100; in /runs/a-run\n"
    run.fold(Diverged(100, 9.0, "the mean loss is 9"))
    launch._report_end(cast("Any", SimpleNamespace(run_state=run)))
    assert capsys.readouterr().err == (
        "trainpad: a-run: diverged: the mean loss is 9; no checkpoint yet; "
        "`trainpad --resume /runs/a-run --learning_rate 0.003` trains on\n"
    )


def test_signals_reach_a_run_that_opened_after_the_screen_was_closed(tmp_path: Path) -> None:
    source = Scripted(tmp_path, opened=False)
    app, signals = app_with(source), Signals()
    signals.outcome = Outcome.STOPPED  # as if one had come before there was a run to tell
    source.give(Preparing("reading the data"))
    app.run_context.worker.start()
    assert app.run_context.worker.stop(5)
    source.give(Opened(str(tmp_path), {}, source.control), Finished(0, Outcome.STOPPED, 1.0), None)
    with pytest.raises(ExitedError, match="0"):
        launch._finish(app, ExitResult.DETACH, Launcher(-1, 0, False), signals)
    assert source.desired["stop"] == "stopped"


def test_an_error_in_the_events_is_a_failure_with_its_traceback_in_run_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Scripted(tmp_path)
    app = app_with(source)
    wait_for_start(app.run_context.worker)
    source.give(ValueError("no such \x1b[31mthing"))
    app.run_context.worker.join(10)
    app.failure = app.run_context.worker.error
    assert launch._finish(app, ExitResult.ERROR, Launcher(-1, 0, False), Signals()) == FAILED
    printed = capsys.readouterr().err
    assert printed == "trainpad: error: ValueError: no such ␛[31mthing; run.log has the details\n"
    assert "Traceback" in (tmp_path / "run.log").read_text()


def test_a_viewer_prints_the_traceback_of_its_own_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = app_with(Scripted(tmp_path))
    app.run_context, app.failure = replace(app.run_context, viewer=True), ValueError("odd")
    assert launch._finish(app, ExitResult.CRASH, Launcher(-1, 0, False), Signals()) == FAILED
    assert capsys.readouterr().err.startswith("trainpad: the dashboard failed: ValueError: odd\n")
    assert not (tmp_path / "run.log").exists()


def test_an_impossible_request_is_raised_as_the_users_error(tmp_path: Path) -> None:
    app = app_with(Scripted(tmp_path))
    app.failure = DataError("there are not so many images")
    with pytest.raises(DataError, match="not so many"):
        launch._finish(app, ExitResult.ERROR, Launcher(-1, 0, False), Signals())


def test_the_next_run_uses_the_data_and_device_of_the_run_on_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Request] = []
    monkeypatch.setattr(sessions, "session", lambda request: started.append(request) or iter(()))
    trained = create_run(tmp_path, "8", {"source": {"dataset": "fashion-mnist"}, "device": "cpu"})
    hparams = HyperParameters(learning_rate=0.5)
    first = sessions.Sessions(Request(HyperParameters(), tmp_path, device="gpu:1"))
    shown = RunContext.from_events(iter(()), lambda _message: None, viewer=False)
    first.next(shown, hparams, None, {})
    shown.run.directory = str(trained.path)
    first.next(replace(shown, viewer=True), hparams, None, {})
    ours, theirs = started
    assert (ours.source.dataset, ours.device, ours.hparams) == (None, "gpu:1", hparams)
    assert (theirs.source.dataset, theirs.device) == ("fashion-mnist", "cpu")
    assert theirs.hparams == hparams


def test_what_runs_behind_the_screen_has_no_standard_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`input()` in a model's file would share the keys with the screen."""
    monkeypatch.setattr(launch, "duplicated_terminal", nullcontext)
    monkeypatch.setattr(launch.ScreenSignals, "install", lambda _self: None)
    monkeypatch.setattr(launch, "_finish", lambda *_: 0)
    given, errors = sys.stdin, []

    def run() -> ExitResult:
        with pytest.raises(EOFError) as error:
            input("a name? ")
        errors.append(str(error.value))
        return ExitResult.QUIT

    app = cast("Any", SimpleNamespace(run=run, return_value=None))
    assert launch._run(app, Launcher(-1, 0, False)) == 0
    assert errors == ["EOF when reading a line"]
    assert sys.stdin is given
