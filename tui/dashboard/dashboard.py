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
from core.process.redirect import append, divert, forget_terminal
from core.run.events import Event, Opened
from core.run.hparams import HyperParameters
from core.rundir.control import open_control
from core.rundir.reader import follow
from core.rundir.resume import Origin
from core.rundir.rundir import RunDir
from core.session.headless import DONE, FAILED, INTERRUPTED, Signals
from core.session.request import Request, alike
from trainpad.control import Control
from trainpad.errors import UserError
from trainpad.text import sanitize
from tui.app import TrainpadApp
from tui.terminal.driver import Pace, private_terminal


def run_dashboard(request: Request, launcher: Launcher, pace: Pace, *, ascii_only: bool) -> int:
    """Train in the dashboard; returns the exit status.

    Raises:
        UserError: what was asked for cannot be done; the terminal is restored, nothing written.
    """

    def begin(wanted: Request) -> Iterator[Event]:
        nonlocal request
        request = wanted
        return _session(dataclasses.replace(wanted, on_open=divert))

    def renew(hparams: HyperParameters, branch: Origin | None) -> Iterator[Event]:
        # Another run than ours may be on the screen by now: then its data is meant, and its device.
        base = alike(RunDir(Path(app.run_shown.directory))) if app.viewer else request
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
    with private_terminal():
        how = app.run() or "broken"
    return _afterwards(app, how, launcher, signals)


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
    with private_terminal():
        app.run()
    return _after_viewing(app, signals)


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
        signal.signal(signal.SIGHUP, self._hung_up)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if self._has_screen and not self.reason and self._app.leave("signal"):
            self.reason = self.reason_of(number)
        else:
            super()._caught(number, frame)

    def _hung_up(self, _number: int, _frame: FrameType | None) -> None:
        self._app.leave("lost")


def _after_viewing(app: TrainpadApp, signals: Signals) -> int:
    """Leave a run alone that was only looked at, whoever trains it."""
    app.pump.leave(0.5)
    if (failure := _failure(app)) is not None:
        _say(f"the dashboard failed: {_named(failure)}")
        sys.stderr.write(_traceback(failure))
        return FAILED
    return INTERRUPTED if signals.reason == "interrupted" else DONE


def _afterwards(app: TrainpadApp, how: str, launcher: Launcher, signals: Signals) -> int:
    if app.viewer:  # what trained here has ended
        return _after_viewing(app, signals)
    failure = _failure(app)
    if failure is not None:
        _tell_failure(app, failure)
        if app.pump.ended:
            return FAILED
    if app.pump.ended:
        _tell_end(app)
        return app.pump.status
    if how == "signal":
        return _stop(app, signals)
    if how in ("detach", "lost", "broken"):
        return _alone(app, how, launcher, signals)
    if how == "quit" and app.pump.started:
        # The run is over and only has to close its files.
        app.pump.leave(None)
        app.pump.pull_on()
        return _leave(app.pump.status)
    # It is still starting, and nothing that could be lost exists yet.
    return _leave(DONE if how == "quit" else INTERRUPTED)


def _failure(app: TrainpadApp) -> Exception | None:
    """What broke the dashboard or its source, if anything did.

    Raises:
        UserError: it was what the user asked for.
    """
    failure = app.failure
    if isinstance(failure, UserError):
        raise failure
    return failure


def _tell_failure(app: TrainpadApp, failure: Exception) -> None:
    """One sentence for the user, and the traceback for the run's log, if there is one."""
    opened = app.pump.opened
    if opened is None:
        _say(f"it broke: {_named(failure)}")
        sys.stderr.write(_traceback(failure))
    else:
        _say(f"it broke: {_named(failure)}; run.log has the details")
        append(RunDir(Path(opened.directory)), _traceback(failure))


def _named(failure: Exception) -> str:
    return sanitize(f"{type(failure).__name__}: {failure}", limit=200)


def _traceback(failure: Exception) -> str:
    lines = "".join(traceback.format_exception(failure)).splitlines()
    return "".join(f"{sanitize(line, limit=200)}\n" for line in lines)


def _tell_end(app: TrainpadApp) -> None:
    """Say on the terminal why the run ended, where that is no matter of course."""
    if app.run_shown.state in ("failed", "diverged") and app.run_shown.messages:
        _say(f"{app.run_shown.name}: {app.run_shown.messages[-1].text}")


def _stop(app: TrainpadApp, signals: Signals) -> int:
    """Save and end, as a signal asked; the terminal is the shell's again by now."""
    status = INTERRUPTED if signals.reason == "interrupted" else DONE
    opened = app.pump.opened
    if not app.pump.started or opened is None or opened.control is None:
        return _leave(status)
    divert(RunDir(Path(opened.directory)))
    signals.reason = signals.reason or "interrupted"  # ctrl+c, which came as a key
    signals.attach(opened.control)
    app.pump.leave(None)
    app.pump.pull_on()
    return _leave(app.pump.status)


def _alone(app: TrainpadApp, how: str, launcher: Launcher, signals: Signals) -> int:
    """Pull the same source to its end without a screen, far from the terminal."""
    opened = app.pump.opened
    if how != "lost":
        directory = sanitize(opened.directory) if opened else ""
        name = Path(directory).name or "the run"
        with suppress(OSError):  # a terminal may vanish at any time
            print(f"{name} trains on; `trainpad open {directory}` comes back to it")  # noqa: T201
            sys.stdout.flush()
    launcher.let_go()
    forget_terminal(RunDir(Path(opened.directory)) if opened else None)
    app.pump.leave(None)

    def attach(event: Event | None) -> None:
        if isinstance(event, Opened) and event.control is not None:
            signals.attach(event.control)

    attach(app.pump.opened)
    app.pump.pull_on(attach)
    return _leave(app.pump.status)


def _say(sentence: str) -> None:
    with suppress(OSError):
        print(f"trainpad: {sentence}", file=sys.stderr)  # noqa: T201


def _leave(status: int) -> int:
    """End the process without waiting for threads that nothing can hurry."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.flush()
    os._exit(status)
