"""A program on a pseudo-terminal of its own, so that it prints as for a person."""

import fcntl
import os
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Final

from core.program.command import NOT_EXECUTABLE, StartError

ROWS, COLUMNS = 40, 120
"""The size of a terminal that nobody sees: wide, since progress bars leave out what has no room."""
_OUTPUT_FLAGS: Final = 1
_LOCAL_FLAGS: Final = 3
"""Places in the list of `termios.tcgetattr`."""


def start_program(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    umask: int = -1,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    size: tuple[int, int] | None = None,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program in a session of its own; return it, and the terminal's other end.

    Args:
        command: The program and its arguments.
        environ: Its environment.
        umask: Its umask; -1: that of this process.
        stdin: What it reads; by default nothing.
        size: Rows and columns of its terminal.

    Raises:
        StartError: the system cannot start it.
    """
    ours, theirs = os.openpty()
    _configure(theirs)
    set_size(ours, size or (ROWS, COLUMNS))
    environ = {"TERM": "xterm-256color", **environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's program
            list(command),
            env=environ,
            umask=umask,
            stdin=stdin,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - no thread runs yet
        )
    except (OSError, ValueError) as error:
        os.close(ours)
        why = getattr(error, "strerror", None) or str(error)
        raise StartError(f"{command[0]} cannot be started: {why}", NOT_EXECUTABLE) from error
    finally:
        os.close(theirs)
    os.set_blocking(ours, False)
    return process, ours


def set_size(terminal: int, size: tuple[int, int]) -> None:
    """Set the rows and columns of a terminal; the program is notified."""
    with suppress(OSError):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


def size_of_terminal(descriptor: int) -> tuple[int, int] | None:
    """Return the rows and columns of a terminal; None where there is none."""
    try:
        columns, rows = os.get_terminal_size(descriptor)
    except OSError:
        return None
    return (rows, columns) if rows and columns else None


def _configure(terminal: int) -> None:
    """Pass on what is printed as it is, with no carriage return before a newline; echo nothing."""
    settings = termios.tcgetattr(terminal)
    settings[_OUTPUT_FLAGS] &= ~termios.OPOST
    settings[_LOCAL_FLAGS] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, settings)


def _take_terminal() -> None:
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)
