"""Regular expressions that people type, matched within a time limit.

Python's `re` tries every way in which a text may match: for `(a+)+$` their number doubles with each
letter. It looks for signals meanwhile, so that a timer of CPU time can end it.
"""

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from trainpad.errors import UserError

LIMIT: Final = 0.3
"""Seconds of CPU time for one text."""
BUDGET: Final = 1.0
"""Seconds for all texts, which `SHARE` of the time that passes is added to."""
SHARE: Final = 0.1
RESOLUTION: Final = 1e-3
"""Seconds after which the time is looked up again at the soonest."""
SLOW: Final = 1e-3
"""A match that takes less is not counted."""


class TooSlowError(UserError):
    """A regular expression takes too long to match."""


class _ExpiredError(Exception):
    """The time limit is over."""


class Expression:
    """A compiled regular expression; on other threads than the main one it has no time limit."""

    def __init__(self, pattern: str, flags: int = 0, budget: float = BUDGET) -> None:
        """Compile a pattern, with so many seconds for all texts.

        Raises:
            re.error, OverflowError, RecursionError: it is no regular expression.
        """
        self._compiled = re.compile(pattern, flags)
        self.pattern = pattern
        self.groupindex = self._compiled.groupindex
        self.problem = ""
        """One sentence, once a text has taken too long."""
        self._budget = budget
        self._spent, self._at = 0.0, time.monotonic()

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in a text.

        Raises:
            TooSlowError: it takes too long.
        """
        with self._limited():
            return self._compiled.search(text)

    def find_all(self, text: str) -> list[re.Match[str]]:
        """Return all matches in a text.

        Raises:
            TooSlowError: it takes too long.
        """
        with self._limited():
            return [*self._compiled.finditer(text)]

    def remove(self, text: str) -> str:
        """Return a text without what matches.

        Raises:
            TooSlowError: it takes too long.
        """
        with self._limited():
            return self._compiled.sub("", text)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        now = time.monotonic()
        self._spent, self._at = max(0.0, self._spent - SHARE * (now - self._at)), now
        if self._spent > self._budget:
            raise self._too_slow()
        began = time.thread_time()
        try:
            with time_limit(LIMIT):
                yield
        except _ExpiredError:
            raise self._too_slow() from None
        finally:
            seconds = time.thread_time() - began
            self._spent += seconds if seconds > SLOW else 0.0

    def _too_slow(self) -> TooSlowError:
        self.problem = (
            f"{self.pattern!r} takes too long to match; write it without a repeat of what is "
            "itself repeated, as in (a+)+, or with fewer .*"
        )
        return TooSlowError(self.problem)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `_ExpiredError` in the block after so much CPU time of its thread, the main one.

    The signal is one that nobody else uses: programs send SIGALRM to have a run saved.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    is_within, began = True, time.thread_time()

    def expire(_number: int, _frame: FrameType | None) -> None:
        left = seconds - (time.thread_time() - began)
        if is_within and left > 0:  # other threads have used the time of the process
            signal.setitimer(signal.ITIMER_VIRTUAL, max(left, RESOLUTION))
        elif is_within:
            raise _ExpiredError

    before = signal.signal(signal.SIGVTALRM, expire)
    try:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            yield
        finally:
            is_within = False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL if before is None else before)
