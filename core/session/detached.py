"""Train without a screen and without the terminal: `--detach`.

The process that the shell waits for forks before anything heavy is imported. It exits with an error
message and its status where the data, the device or the flags are invalid, and with 0 as soon as
training starts; only then does the other process leave the terminal.
"""

import dataclasses
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from core.process.launcher import Launcher
from core.process.redirect import detach_stdio, redirectable_stdio
from core.process.stdio import print_message
from core.run.events import Event, Opened, Started
from core.rundir.rundir import RunDir
from core.session.headless import run_headless
from core.session.notifications import NO_NOTIFICATIONS, Notifications
from core.session.request import Request
from core.session.session import session
from core.session.signals import Signals


def run_detached(
    request: Request, launcher: Launcher, notifications: Notifications = NO_NOTIFICATIONS
) -> int:
    """Train, and leave the terminal once training started; return the exit status.

    The lab's lines go to `run.log`. A run that ends or is interrupted before training started ends
    in the foreground, and the launcher with it.

    Raises:
        UserError: the request cannot be fulfilled; nothing was written, and the launcher waits.
    """
    signals = Signals()
    signals.install()
    with redirectable_stdio() as (_, on_open):
        source = notifications.wrap(session(dataclasses.replace(request, on_open=on_open)))
        past = list(_until_started(source, signals))
    if isinstance(past[-1], Started) and not signals.outcome:
        _detach(_run_dir_of(past), launcher)
    return run_headless(chain(past, source), sys.stdout, signals=signals)


def _until_started(source: Iterator[Event], signals: Signals) -> Iterator[Event]:
    """Yield the events up to `Started`, which shows that the request can be fulfilled."""
    for event in source:
        yield event
        signals.on_event(event)
        if isinstance(event, Started):
            return


def _run_dir_of(events: list[Event]) -> RunDir:
    opened = next(event for event in events if isinstance(event, Opened))
    return RunDir(Path(opened.directory))


def _detach(run: RunDir, launcher: Launcher) -> None:
    """Print the run's name, and give the prompt back."""
    print(run.name)  # noqa: T201
    print_message("it keeps training; reattach with `trainpad open`")
    detach_stdio(run)
    launcher.detach()
