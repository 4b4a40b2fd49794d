"""A run that never has a screen and outlives the terminal: `--detach`.

The process that the shell waits for forks before anything heavy is imported. It exits with the
error's sentence and status where the data, the device or the flags are bad, and with 0 as soon as
the run trains; only then does the other process leave the terminal.
"""

import dataclasses
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from core.process.launcher import Launcher
from core.process.redirect import detach_stdio, redirectable_stdio
from core.run.events import Event, Opened, Started
from core.rundir.rundir import RunDir
from core.session.headless import Signals, run_headless
from core.session.request import Request
from core.session.session import session


def run_detached(request: Request, launcher: Launcher) -> int:
    """Train on without a terminal, printing the lab's lines to `run.log`; returns the exit status.

    What ends before it trains, or is interrupted before, ends here, and the launcher with it.

    Raises:
        UserError: what was asked for cannot be done; nothing was written, and the launcher waits.
    """
    signals = Signals()
    signals.install()
    with redirectable_stdio() as (_, on_open):
        source = session(dataclasses.replace(request, on_open=on_open))
        past = list(_until_started(source, signals))
    if isinstance(past[-1], Started) and not signals.reason:
        _detach(_run_dir_of(past), launcher)
    return run_headless(chain(past, source), sys.stdout, signals=signals)


def _until_started(source: Iterator[Event], signals: Signals) -> Iterator[Event]:
    """The events up to the first that proves that all that was asked for can be done."""
    for event in source:
        yield event
        if isinstance(event, Opened) and event.control is not None:
            signals.attach(event.control)
        if isinstance(event, Started):
            return


def _run_dir_of(events: list[Event]) -> RunDir:
    opened = next(event for event in events if isinstance(event, Opened))
    return RunDir(Path(opened.directory))


def _detach(run: RunDir, launcher: Launcher) -> None:
    """Say which run it is, and give the prompt back."""
    print(run.name)  # noqa: T201
    print("trainpad: it trains on; `trainpad open` comes to it", file=sys.stderr)  # noqa: T201
    detach_stdio(run)
    launcher.detach()
