"""From a source of events to a dashboard and out of it again, whichever way it is left."""

import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from core.control import Control
from core.events import Event
from core.headless import DONE, FAILED, INTERRUPTED, Signals, exit_status
from core.launcher import Launcher
from core.output import divert
from core.rundir import RunDir
from core.session import Request, session
from data.errors import UserError
from tui.app import TrainpadApp
from tui.terminal import private_terminal


def run_dashboard(request: Request, launcher: Launcher) -> int:
    """Train in the dashboard; returns the exit status.

    Raises:
        UserError: what was asked for cannot be done; the terminal is restored, nothing written.
    """
    source = session(dataclasses.replace(request, on_open=divert))
    app = TrainpadApp(source, ascii_only=needs_ascii())
    with private_terminal():
        how = app.run() or "broken"
    return _afterwards(app, how, source, launcher)


def needs_ascii() -> bool:
    """Whether this terminal cannot be trusted with anything but ASCII."""
    if os.environ.get("TERM") == "linux":
        return True
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    return bool(locale) and "utf" not in locale.lower()


def _afterwards(app: TrainpadApp, how: str, source: Iterator[Event], launcher: Launcher) -> int:
    if isinstance(app.error, UserError):
        raise app.error
    if app.error is not None:
        print(f"trainpad: {app.error}", file=sys.stderr)  # noqa: T201
        return FAILED
    if how in ("detach", "lost", "broken") and not app.pump.ended:
        return _alone(app, how, source, launcher)
    if how == "broken":
        print("trainpad: the dashboard failed; run.log has the details", file=sys.stderr)  # noqa: T201
        return FAILED
    if not app.pump.ended and not app.pump.leave(1.0):
        # TensorFlow is still being loaded, and nothing that could be lost exists yet.
        _leave(DONE if how == "quit" else INTERRUPTED)
    return app.outcome


def _alone(app: TrainpadApp, how: str, source: Iterator[Event], launcher: Launcher) -> int:
    """Pull the same source to its end without a screen."""
    name = app.run_shown.name
    if how == "broken":
        print("trainpad: the dashboard failed; run.log has the details", file=sys.stderr)  # noqa: T201
    if how != "lost":
        print(f"{name} trains on; `trainpad open` comes back to it")  # noqa: T201
        sys.stdout.flush()
    launcher.let_go()
    if app.run_shown.directory:
        divert(RunDir(Path(app.run_shown.directory)))
    app.pump.leave(None)
    _obey_signals(app.steering.control)
    status = app.status
    for event in source:
        status = exit_status(event, status)
    _leave(status)
    return status


def _obey_signals(control: Control | None) -> None:
    signals = Signals()
    signals.install()
    if control is not None:
        signals.attach(control)


def _leave(status: int) -> None:
    """End the process without waiting for threads that nothing can hurry."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdout.flush()
    os._exit(status)
