"""Run the dashboard, and finish its run after the screen is gone, however it was left.

The same suspended iterator of events is read to its end by this process, so that records,
checkpoints and the exit status are what they would have been without a screen.
"""

import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType

from core.own.network import close_processes
from core.process.launcher import Launcher
from core.process.redirect import append_to_log, detach_stdio, redirect_to_log
from core.process.stdio import no_standard_input, print_message
from core.run.events import Opened
from core.run.status import Outcome, RunStatus
from core.rundir.after_closing import after_closing
from core.rundir.attached import control_of, is_attached
from core.rundir.deletion import discard_empty
from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from core.rundir.status import is_live
from core.session.diverged import how_to_go_on
from core.session.headless import DONE, FAILED, GOES_ON, INTERRUPTED
from core.session.notifications import NO_NOTIFICATIONS, Notifications
from core.session.request import Request
from core.session.signals import Signals
from trainpad.control import Control
from trainpad.errors import UserError
from trainpad.text import sanitize
from tui.app import TrainpadApp
from tui.dashboard.sessions import Sessions
from tui.terminal.base_app import notify_through
from tui.terminal.driver import duplicated_terminal
from tui.terminal.environment import Pace
from tui.terminal.exit_result import ExitResult
from tui.terminal.switch_interval import short_switch_interval


def run_dashboard(
    request: Request,
    launcher: Launcher,
    pace: Pace,
    *,
    ascii_only: bool,
    notifications: Notifications = NO_NOTIFICATIONS,
) -> int:
    """Train in the dashboard; return the exit status.

    Raises:
        UserError: the request is impossible; the terminal is restored, and nothing was written.
    """
    sessions = Sessions(request, notifications)
    app = TrainpadApp(
        sessions.start(request),
        ascii_only=ascii_only,
        pace=pace,
        launcher=launcher,
        sessions=sessions,
        log_dir=request.log_dir,
        resumed=request.resume.run if request.resume else None,
    )
    notify_through(app, notifications.hooks)
    return _run(app, launcher)


def run_viewer(
    run: RunDir,
    launcher: Launcher,
    pace: Pace,
    *,
    read_only: bool,
    ascii_only: bool,
    notifications: Notifications = NO_NOTIFICATIONS,
    says_what_goes_on: bool = False,
) -> int:
    """Show `run`, and steer or resume it unless `read_only`; return the exit status.

    With `says_what_goes_on` a line on stderr says, where the run goes on, how to come back to it.

    Raises:
        UserError: it is not a run directory, or cannot be read; the terminal is restored.
    """
    app = TrainpadApp(
        notifications.wrap(follow(run, None if read_only else control_of(run))),
        ascii_only=ascii_only,
        pace=pace,
        launcher=launcher,
        sessions=None if read_only else Sessions(notifications=notifications),
        viewer=True,
        attached=is_attached(run),
        read_only=read_only,
        log_dir=run.path.parent.parent if is_attached(run) else run.path.parent,
    )
    notify_through(app, notifications.hooks)
    status = _run(app, launcher)
    if says_what_goes_on and app.run_context.viewer:
        _say_what_goes_on(app.run_state.directory)
    return status


def _say_what_goes_on(directory: str) -> None:
    """Say that the run in this folder goes on, if it does."""
    if directory and is_live(run := RunDir(Path(directory))):
        print_message(after_closing(run))


def _run(app: TrainpadApp, launcher: Launcher) -> int:
    signals = ScreenSignals(app)
    signals.install()
    with duplicated_terminal(), no_standard_input(), short_switch_interval():
        result = app.run() or ExitResult.CRASH
    close_processes()
    return _finish(app, result, launcher, signals)


class ScreenSignals(Signals):
    """Signals while there is a screen: the first one closes it, so that nothing waits for it.

    `attach` then passes the request on to the run; from there on a second signal exits at once.
    """

    def __init__(self, app: TrainpadApp) -> None:
        super().__init__()
        self._app = app
        self._has_screen = True

    def attach(self, control: Control) -> None:
        """Pass signals to the run from here on: the screen is closed."""
        self._has_screen = False
        super().attach(control)

    def install(self) -> None:
        """Install the handlers of the signals that end a dashboard; on the main thread only."""
        super().install()
        signal.signal(signal.SIGHUP, self._on_hangup)

    def _accept(self) -> bool:
        """Close the screen, or stop the run once there is no screen."""
        if self._has_screen:
            return self._app.exit_on_signal(ExitResult.SIGNAL)
        return super()._accept()

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        self._app.exit_on_signal(ExitResult.HANGUP)


def _finish(app: TrainpadApp, result: ExitResult, launcher: Launcher, signals: Signals) -> int:
    """Do what the result of the app requires; return the exit status."""
    if app.run_context.viewer:  # what trained here has ended
        return _finish_viewer(app, signals)
    worker = app.run_context.worker
    failure = _failure(app)
    if failure is not None:
        _report_failure(app, failure)
        if worker.ended:
            return FAILED
    if worker.ended:
        _report_end(app)
        return worker.status
    if result is ExitResult.SIGNAL:
        return _stop_and_save(app, signals)
    if result in (ExitResult.DETACH, ExitResult.HANGUP, ExitResult.CRASH):
        return _continue_detached(app, result, launcher, signals)
    if result is ExitResult.QUIT and worker.started:
        # The run is over and only has to close its files.
        worker.stop(None)
        worker.drain()
        _report_end(app)
        return _exit_process(worker.status)
    _discard(worker.opened)
    return _exit_process(DONE if result is ExitResult.QUIT else INTERRUPTED)


def _finish_viewer(app: TrainpadApp, signals: Signals) -> int:
    """Leave a run alone that was only viewed, whichever process trains it."""
    app.run_context.worker.stop(0.5)
    if (failure := _failure(app)) is not None:
        print_message(f"the dashboard failed: {_describe_error(failure)}")
        sys.stderr.write(_traceback(failure))
        return FAILED
    return INTERRUPTED if signals.outcome is Outcome.INTERRUPTED else DONE


def _failure(app: TrainpadApp) -> Exception | None:
    """The error that ended the dashboard or its events, if there was one.

    Raises:
        UserError: it was a mistake in the request.
    """
    failure = app.failure
    if isinstance(failure, UserError):
        raise failure
    return failure


def _report_failure(app: TrainpadApp, failure: Exception) -> None:
    """Print one sentence, and the traceback to the run's log, or to stderr if there is no run."""
    opened = app.run_context.worker.opened
    if opened is None:
        print_message(f"error: {_describe_error(failure)}")
        sys.stderr.write(_traceback(failure))
    else:
        print_message(f"error: {_describe_error(failure)}; run.log has the details")
        append_to_log(RunDir(Path(opened.directory)), _traceback(failure))


def _describe_error(failure: Exception) -> str:
    return sanitize(f"{type(failure).__name__}: {failure}", limit=200)


def _traceback(failure: Exception) -> str:
    lines = "".join(traceback.format_exception(failure)).splitlines()
    return "".join(f"{sanitize(line, limit=200)}\n" for line in lines)


def _report_end(app: TrainpadApp) -> None:
    """Print why a run ended that failed or diverged; of another, where it is."""
    run = app.run_state
    if run.status is RunStatus.DIVERGED:
        command = how_to_go_on(RunDir(Path(run.directory)), run.hparams.learning_rate)
        print_message(f"{run.name}: diverged: {run.why_diverged}; {command}")
    elif run.status is RunStatus.FAILED and run.log_entries:
        print_message(f"{run.name}: {run.log_entries[-1].text}")
    elif run.directory:
        print_message(f"{run.name}: {run.status} at step {run.step:,}; in {run.directory}")


def _stop_and_save(app: TrainpadApp, signals: Signals) -> int:
    """Save and end the run, as a signal requested; the shell has its terminal back by now."""
    status = INTERRUPTED if signals.outcome is Outcome.INTERRUPTED else DONE
    worker = app.run_context.worker
    opened = worker.opened
    if not worker.started or opened is None or opened.control is None:
        _discard(opened)
        return _exit_process(status)
    signals.outcome = signals.outcome or Outcome.INTERRUPTED  # ctrl+c, which came as a key
    signals.attach(opened.control)  # says on the terminal which signal it was
    redirect_to_log(RunDir(Path(opened.directory)))
    worker.stop(None)
    worker.drain()
    return _exit_process(worker.status)


def _discard(opened: Opened | None) -> None:
    """Leave no run behind that was still starting: nothing exists yet that could be lost."""
    if opened is not None:
        discard_empty(RunDir(Path(opened.directory)))
    print_message("ended before the first step; there is no run to keep")


def _continue_detached(
    app: TrainpadApp, result: ExitResult, launcher: Launcher, signals: Signals
) -> int:
    """Train to the end without a screen and without the terminal."""
    worker = app.run_context.worker
    opened = worker.opened
    if result is not ExitResult.HANGUP:
        directory = sanitize(opened.directory) if opened else ""
        name = Path(directory).name or "the run"
        command = f"trainpad open {directory}".rstrip()
        with suppress(OSError):  # a terminal may vanish at any time
            print(f"{name} keeps training; reattach with `{command}`")  # noqa: T201
            sys.stdout.flush()
    launcher.detach(GOES_ON)
    detach_stdio(RunDir(Path(opened.directory)) if opened else None)
    worker.stop(None)
    if (opened := worker.opened) is not None:
        signals.on_event(opened)
    worker.drain(signals.on_event)
    return _exit_process(worker.status)


def _exit_process(status: int) -> int:
    """Exit without waiting for threads that cannot be stopped."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.flush()
    os._exit(status)
