"""A run that never has a screen and outlives the terminal: `--detach`.

The process that the shell waits for forks before anything heavy is imported. It exits with the
error's sentence and status where the data or the flags are bad, and with 0 as soon as the run is
being recorded; only then does the other process leave the terminal.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from core.events import Event, Opened
from core.headless import Signals, run_headless
from core.launcher import Launcher
from core.output import forget_terminal
from core.request import Request
from core.rundir import RunDir
from core.session import session


def run_detached(request: Request, launcher: Launcher) -> int:
    """Train on without a terminal, printing the lab's lines to `run.log`; returns the exit status.

    Raises:
        UserError: what was asked for cannot be done; nothing was written, and the launcher waits.
    """
    signals = Signals()
    signals.install()
    source = session(request)
    run, past = _until_recorded(source)
    print(run.name)  # noqa: T201
    print("trainpad: it trains on; `trainpad open` comes to it", file=sys.stderr)  # noqa: T201
    forget_terminal(run)
    launcher.let_go()
    return run_headless(chain(past, source), sys.stdout, signals=signals)


def _until_recorded(source: Iterator[Event]) -> tuple[RunDir, list[Event]]:
    """The run, and its events up to the first one after `Opened`, which proves it ours alone."""
    past: list[Event] = []
    for event in source:
        past.append(event)
        if len(past) > 1 and isinstance(opened := past[-2], Opened):
            return RunDir(Path(opened.directory)), past
    raise AssertionError("a session opens a run or raises")
