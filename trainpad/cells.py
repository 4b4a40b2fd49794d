"""How the cells of a notebook have left a run: one that failed while it recorded ends it so.

A cell that is interrupted, or fails, does not end the run, since the next one may go on with it.
Where none does, the run ends as that cell did, and not as if all was done.
"""

import sys
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from trainpad.failure import describe_error


class Stepping(Protocol):
    """A run, as far as cells are concerned."""

    @property
    def step(self) -> int:
        """How many steps are done."""


class End(NamedTuple):
    """How a cell ended a run; the exception itself would keep what its frames hold."""

    steps: int
    """How many steps were done then."""
    text: str
    """Why it failed; empty where it was interrupted."""
    traceback: list[str]


_at_begin: "WeakKeyDictionary[Stepping, int]" = WeakKeyDictionary()
"""How many steps each run had done when the present cell began."""
_ends: "WeakKeyDictionary[Stepping, End]" = WeakKeyDictionary()
"""How the last cell ended that failed or was interrupted while it recorded in a run."""
_runs: "WeakKeyDictionary[Stepping, None]" = WeakKeyDictionary()
_shells: "WeakKeyDictionary[Any, None]" = WeakKeyDictionary()


def watch(run: Stepping) -> None:
    """Watch the cells that record in `run`, where IPython or a notebook runs this program."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_shell() if callable(get_shell) else None
    if shell is None:
        return
    _runs[run] = None
    if shell not in _shells:
        _shells[shell] = None
        shell.events.register("pre_run_cell", _on_begin)
        shell.events.register("post_run_cell", _on_end)


def end_of(run: Stepping) -> End | None:
    """Return how the last cell that recorded in `run` failed; None where it did not."""
    end = _ends.get(run)
    return end if end is not None and end.steps == run.step else None


def _on_begin(_info: object = None) -> None:
    for run in list(_runs):
        _at_begin[run] = run.step


def _on_end(result: Any) -> None:
    error = getattr(result, "error_in_exec", None)
    if not isinstance(error, BaseException):
        return
    text, lines = ("", []) if isinstance(error, KeyboardInterrupt) else describe_error(error)
    for run in list(_runs):
        if run.step > _at_begin.get(run, -1):
            _ends[run] = End(run.step, text, lines)
