"""Errors with one sentence for the user as their message."""

import sys
from contextlib import suppress
from threading import current_thread, main_thread

from trainpad.text import sanitize


def is_for_program(error: BaseException) -> bool:
    """Return whether an exception is one that ends the program: Ctrl-C, an exit, a time limit.

    Only the main thread, on which signals are handled, gets such exceptions; on another one it is
    a value that raises them.
    """
    return not isinstance(error, Exception) and current_thread() is main_thread()


def warn(text: str) -> None:
    """Say something on standard error, where there is one."""
    with suppress(Exception):  # it may be closed, or None
        sys.stderr.write(f"trainpad: {sanitize(text)}\n")


class UserError(Exception):
    """Something the user gave cannot be used; the message says what is wrong and what to do.

    The message may contain file names that somebody else chose, so it is sanitized here, once for
    every place that shows it. The command line prints it and exits with status 2.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sanitize(sentence))


class RunError(UserError):
    """A run directory is missing, locked, damaged or cannot be written."""
