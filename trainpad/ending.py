"""How a run ends where nobody calls `finish`: at exit, by an exception, in a forked child."""

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Protocol

from trainpad import cells, ranks


class Endable(Protocol):
    """A run that is being recorded, as far as its end is concerned."""

    @property
    def step(self) -> int:
        """How many steps are done."""

    def finish(self, exit_code: int | None = None, *, reason: str = "") -> None:
        """End it, by default as done."""

    def fail(self, error: BaseException) -> None:
        """End it because of an exception."""

    def fail_with(self, text: str, lines: list[str]) -> None:
        """End it as failed, with the reason and the end of its traceback."""

    def abandon(self) -> None:
        """Record nothing more, in a forked child."""


_runs: list[Endable] = []
"""The runs of this process that have not ended."""
_installed = False
_hook: object = None
"""Our `sys.excepthook`, once it is installed."""
_error_before: object = None
"""The newest exception that Python had printed when the last run began."""
_child = 0
"""The id of this process, where it is one of `multiprocessing` and the hook for its end is set."""


def watch(run: Endable) -> None:
    """End `run` with this process, and abandon it in a child."""
    global _child, _error_before, _hook, _installed  # noqa: PLW0603 - one for a process
    _runs.append(run)
    _error_before = getattr(sys, "last_value", None)
    if ranks.is_child() and os.getpid() != _child:
        from multiprocessing.util import Finalize

        _child = os.getpid()  # it ends without what is registered with `atexit`
        Finalize(None, _at_end_of_child, exitpriority=0)
    ranks.say_records(True)
    with suppress(Exception):  # IPython may have changed
        cells.watch(run)
    if not _installed:
        _installed = True
        atexit.register(_at_exit)
        os.register_at_fork(after_in_child=_in_child)
        _hook = sys.excepthook = _excepthook(sys.excepthook)


def end(run: Endable, reason: str = "") -> None:
    """End `run` as the last cell of a notebook has left it, else with this reason."""
    cell = cells.end_of(run)
    if cell is None:
        run.finish(reason=reason)
    elif cell.text:
        run.fail_with(cell.text, cell.traceback)
    else:
        run.finish(reason="interrupted")


def forget(run: Endable) -> None:
    """Leave `run` alone from now on."""
    if run in _runs:
        _runs.remove(run)
    if not _runs:
        ranks.say_records(False)


def _at_exit() -> None:
    # Where another package has replaced our hook, Python itself keeps what has ended the program.
    error = None if sys.excepthook is _hook else getattr(sys, "last_value", None)
    if error is _error_before or _is_interactive():
        error = None
    for run in tuple(_runs):
        if isinstance(error, BaseException):
            run.fail(error)
        else:
            end(run)


def _is_interactive() -> bool:
    """Return whether the process goes on after an exception, at a prompt."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive)


def _at_end_of_child() -> None:
    error = sys.exc_info()[1]  # what ends the child is handled only after this
    for run in tuple(_runs):
        if error is None:
            end(run)
        else:
            run.fail(error)


def _in_child() -> None:
    for run in tuple(_runs):
        run.abandon()
    _runs.clear()


Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def _excepthook(before: Hook) -> Hook:
    def hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> object:
        if not _is_interactive():
            for run in tuple(_runs):
                run.fail(error)
        return before(kind, error, trace)

    return hook
