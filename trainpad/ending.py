"""How a run ends where nobody calls `finish`: at exit, by an exception, in a forked child."""

import atexit
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol

MAX_LINES = 20
"""How many lines of a traceback are recorded."""


class Endable(Protocol):
    """A run that is being recorded, as far as its end is concerned."""

    def finish(self) -> None:
        """End it as done."""

    def fail(self, error: BaseException) -> None:
        """End it because of an exception."""

    def abandon(self) -> None:
        """Record nothing more, in a forked child."""


_runs: list[Endable] = []
"""The runs of this process that have not ended."""
_installed = False


def watch(run: Endable) -> None:
    """End `run` with this process, and abandon it in a child."""
    global _installed  # noqa: PLW0603 - hooks are installed once for a process
    _runs.append(run)
    if not _installed:
        _installed = True
        atexit.register(_at_exit)
        os.register_at_fork(after_in_child=_in_child)
        sys.excepthook = _excepthook(sys.excepthook)


def forget(run: Endable) -> None:
    """Leave `run` alone from now on."""
    if run in _runs:
        _runs.remove(run)


def describe(error: BaseException) -> tuple[str, list[str]]:
    """Return what an exception says, with the place it was raised at, and the traceback's end."""
    said = "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return said.splitlines()[-1][:400] + place if said else place, lines[-MAX_LINES:]


def _at_exit() -> None:
    for run in tuple(_runs):
        run.finish()


def _in_child() -> None:
    for run in tuple(_runs):
        run.abandon()
    _runs.clear()


Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def _excepthook(before: Hook) -> Hook:
    def hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> object:
        # After an exception at an interactive prompt the process goes on.
        if not (hasattr(sys, "ps1") or sys.flags.interactive):
            for run in tuple(_runs):
                run.fail(error)
        return before(kind, error, trace)

    return hook
