"""What fails in trainpad is a problem of the run, never an exception in the program that trains.

A problem is one line on standard error, if it is the first, and an event of the run.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from trainpad.errors import warn
from trainpad.text import sanitize

MAX_PROBLEMS = 100
"""How many different problems of one run are recorded at most."""
Result = TypeVar("Result")


class Problems:
    """Calls functions that may raise, and keeps what went wrong."""

    def __init__(self) -> None:
        self._problems: set[str] = set()

    def guard(self, what: str, call: Callable[[], object]) -> None:
        """Call a function; where it raises, record that as a problem with `what`."""
        self._safely(what, call, default=None)

    def _safely(self, what: str, call: Callable[[], Result], default: Result) -> Result:
        """Return what a function returns; `default` where it raises, which is a problem."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            self.problem(what, error)
            return default

    def problem(self, what: str, error: Exception) -> None:
        """Record that something of trainpad's failed; say the first on standard error."""
        self._warn(f"{what}: {error or type(error).__name__}")

    def _warn(self, text: str) -> None:
        """Record a problem, if there is one, once; say the first on standard error."""
        text = sanitize(text, limit=500)
        if not text or text in self._problems or len(self._problems) >= MAX_PROBLEMS:
            return
        if not self._problems:
            warn(text)
        self._problems.add(text)
        with suppress(Exception):  # there is nobody else to say it to
            self._record_problem(text)

    def _record_problem(self, text: str) -> None:
        raise NotImplementedError
