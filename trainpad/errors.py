"""Errors with one sentence for the user as their message."""

import sys
from contextlib import suppress

from trainpad.text import sanitize


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
