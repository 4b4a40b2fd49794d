"""From a source of events to a dashboard and out of it again, whichever way it is left.

Whatever becomes of the dashboard, the same suspended generator is pulled to its end by this
process, so that records, checkpoints and the exit status are what they would have been without
a screen.
"""

import dataclasses
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

from core.process.launcher import Launcher
from core.process.redirect import append_to_log, detach_stdio, redirect_to_log
from core.run.events import Event, Opened
from core.run.hparams import HyperParameters
from core.rundir.control import open_control
from core.rundir.reader import follow
from core.rundir.resume import ResumePoint
from core.rundir.rundir import RunDir
from core.session.headless import DONE, FAILED, INTERRUPTED, Signals
from core.session.request import Request, request_like
from trainpad.control import Control
from trainpad.errors import UserError
from trainpad.text import sanitize
from tui.app import TrainpadApp
from tui.terminal.driver import Pace, duplicated_terminal


def run_dashboard(request: Request, launcher: Launcher, pace: Pace, *, ascii_only: bool) -> int:
    """Train in the dashboard; returns the exit status.

    Raises:
        UserError: what was asked for cannot be done; the terminal is restored, nothing written.
    """

    def begin(wanted: Request) -> Iterator[Event]:
        nonlocal request
        request = wanted
        return _session(dataclasses.replace(wanted, on_open=redirect_to_log))

    def renew(hparams: HyperParameters, branch: ResumePoint | None) -> Iterator[Event]:
        # Another run than ours may be on the screen by now: then its data is meant, and its device.
        base = request_like(RunDir(Path(app.run_shown.directory))) if app.viewer else request
        another = dataclasses.replace(base, hparams=hparams, branch=branch)
        return begin(dataclasses.replace(another, resume=None, changes=()))

    app = TrainpadApp(
        begin(request),
        ascii_only=ascii_only,
        pace=pace,
        launcher=launcher,
        renew=renew,
        begin=begin,
        log_dir=request.log_dir,
    )
    signals = ScreenSignals(app)
    signals.install()
    with duplicated_terminal():
        how = app.run() or "broken"
    return _finish(app, how, launcher, signals)


def run_viewer(run: RunDir, pace: Pace, *, read_only: bool, ascii_only: bool) -> int:
    """Show `run`, and steer it unless `read_only`; leaving it leaves it alone.

    Raises:
        UserError: it is no run directory, or cannot be read; the terminal is restored.
    """
    source = follow(run, None if read_only else open_control(run.path))
    app = TrainpadApp(
        source,
        ascii_only=ascii_only,
        pace=pace,
        viewer=True,
        read_only=read_only,
        log_dir=run.path.parent,
    )
    signals = ScreenSignals(app)
    signals.install()
    with duplicated_terminal():
        app.run()
    return _finish_viewer(app, signals)


def _session(request: Request) -> Iterator[Event]:
    """The session, imported when it is first pulled: by then the screen is up."""
    from core.session.session import session

    yield from session(request)


class ScreenSignals(Signals):
    """Signals while there is a screen: the first one takes it away, so that nothing waits for it.

    What it asked for is told to the run afterwards, by `attach`; from then on a second one leaves
    at once.
    """

    def __init__(self, app: TrainpadApp) -> None:
        super().__init__()
        self._app = app
        self._has_screen = True

    def attach(self, control: Control) -> None:
        """The screen is gone; from here on signals go to the run."""
        self._has_screen = False
        super().attach(control)

    def install(self) -> None:
        """Take over the signals that end a dashboard; only the main thread can."""
        super().install()
        signal.signal(signal.SIGHUP, self._on_hangup)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._has_screen and not self.reason and self._app.exit_on_signal("signal"):
            self.reason = self.reason_of(number)
        else:
            super()._on_signal(number, frame)

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        self._app.exit_on_signal("lost")


def _finish_viewer(app: TrainpadApp, signals: Signals) -> int:
    """Leave a run alone that was only looked at, whoever trains it."""
    app.worker.stop(0.5)
    if (failure := _failure(app)) is not None:
        _print_error(f"the dashboard failed: {_describe_error(failure)}")
        sys.stderr.write(_traceback(failure))
        return FAILED
    return INTERRUPTED if signals.reason == "interrupted" else DONE


def _finish(app: TrainpadApp, how: str, launcher: Launcher, signals: Signals) -> int:
    if app.viewer:  # what trained here has ended
        return _finish_viewer(app, signals)
    failure = _failure(app)
    if failure is not None:
        _report_failure(app, failure)
        if app.worker.ended:
            return FAILED
    if app.worker.ended:
        _report_end(app)
        return app.worker.status
    if how == "signal":
        return _stop_and_save(app, signals)
    if how in ("detach", "lost", "broken"):
        return _continue_detached(app, how, launcher, signals)
    if how == "quit" and app.worker.started:
        # The run is over and only has to close its files.
        app.worker.stop(None)
        app.worker.drain()
        return _exit_process(app.worker.status)
    # It is still starting, and nothing that could be lost exists yet.
    return _exit_process(DONE if how == "quit" else INTERRUPTED)


def _failure(app: TrainpadApp) -> Exception | None:
    """What broke the dashboard or its source, if anything did.

    Raises:
        UserError: it was what the user asked for.
    """
    failure = app.failure
    if isinstance(failure, UserError):
        raise failure
    return failure


def _report_failure(app: TrainpadApp, failure: Exception) -> None:
    """One sentence for the user, and the traceback for the run's log, if there is one."""
    opened = app.worker.opened
    if opened is None:
        _print_error(f"it broke: {_describe_error(failure)}")
        sys.stderr.write(_traceback(failure))
    else:
        _print_error(f"it broke: {_describe_error(failure)}; run.log has the details")
        append_to_log(RunDir(Path(opened.directory)), _traceback(failure))


def _describe_error(failure: Exception) -> str:
    return sanitize(f"{type(failure).__name__}: {failure}", limit=200)


def _traceback(failure: Exception) -> str:
    lines = "".join(traceback.format_exception(failure)).splitlines()
    return "".join(f"{sanitize(line, limit=200)}\n" for line in lines)


def _report_end(app: TrainpadApp) -> None:
    """Say on the terminal why the run ended, where that is no matter of course."""
    if app.run_shown.status in ("failed", "diverged") and app.run_shown.log_entries:
        _print_error(f"{app.run_shown.name}: {app.run_shown.log_entries[-1].text}")


def _stop_and_save(app: TrainpadApp, signals: Signals) -> int:
    """Save and end, as a signal asked; the terminal is the shell's again by now."""
    status = INTERRUPTED if signals.reason == "interrupted" else DONE
    opened = app.worker.opened
    if not app.worker.started or opened is None or opened.control is None:
        return _exit_process(status)
    redirect_to_log(RunDir(Path(opened.directory)))
    signals.reason = signals.reason or "interrupted"  # ctrl+c, which came as a key
    signals.attach(opened.control)
    app.worker.stop(None)
    app.worker.drain()
    return _exit_process(app.worker.status)


def _continue_detached(app: TrainpadApp, how: str, launcher: Launcher, signals: Signals) -> int:
    """Pull the same source to its end without a screen, far from the terminal."""
    opened = app.worker.opened
    if how != "lost":
        directory = sanitize(opened.directory) if opened else ""
        name = Path(directory).name or "the run"
        with suppress(OSError):  # a terminal may vanish at any time
            print(f"{name} trains on; `trainpad open {directory}` comes back to it")  # noqa: T201
            sys.stdout.flush()
    launcher.detach()
    detach_stdio(RunDir(Path(opened.directory)) if opened else None)
    app.worker.stop(None)

    def attach(event: Event | None) -> None:
        if isinstance(event, Opened) and event.control is not None:
            signals.attach(event.control)

    attach(app.worker.opened)
    app.worker.drain(attach)
    return _exit_process(app.worker.status)


def _print_error(sentence: str) -> None:
    with suppress(OSError):
        print(f"trainpad: {sentence}", file=sys.stderr)  # noqa: T201


def _exit_process(status: int) -> int:
    """End the process without waiting for threads that nothing can hurry."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.flush()
    os._exit(status)
