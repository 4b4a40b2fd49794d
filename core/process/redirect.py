"""Redirect stdout and stderr of native libraries to the run's log.

TensorFlow's C++ code writes to file descriptor 2, which is also where a dashboard draws. So our
own output gets private duplicates of the terminal's descriptors, and descriptors 1 and 2 go to the
run's log as soon as there is one. Until then they stay as they were: TensorFlow is not loaded yet.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from core.rundir.rundir import RunDir


@contextmanager
def redirectable_stdio() -> Iterator[tuple[TextIO, Callable[[RunDir], None]]]:
    """A block in which descriptors 1 and 2 can be redirected to a run's log; restored after it.

    Yields the real standard output, and a function to call with the run directory once it exists.
    Meanwhile `sys.stdout` writes to the real standard output, and `sys.stderr`, with Python's
    warnings, to the real standard error; only what bypasses both goes to the log.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    streams = sys.stdout, sys.stderr
    out = os.fdopen(os.dup(saved[0]), "w", encoding="utf-8", errors="replace")
    err = os.fdopen(os.dup(saved[1]), "w", encoding="utf-8", errors="replace")
    sys.stdout, sys.stderr = out, err
    try:
        yield out, redirect_to_log
    finally:
        os.dup2(saved[0], 1)
        os.dup2(saved[1], 2)
        sys.stdout, sys.stderr = streams
        for descriptor in saved:
            os.close(descriptor)
        for stream in (out, err):
            with suppress(OSError):  # without a reader or room on the disk, the rest is lost
                stream.close()


def redirect_to_log(run: RunDir) -> None:
    """Redirect descriptors 1 and 2 to the run's log; to the null device if it is not writable."""
    log = _open_log(run)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def append_to_log(run: RunDir, text: str) -> None:
    """Append `text` to the run's log, if it is writable."""
    with (
        suppress(OSError),
        os.fdopen(_open_log(run), "w", encoding="utf-8", errors="replace") as log,
    ):
        log.write(text)


def _open_log(run: RunDir) -> int:
    """Open the run's log for appending, or else the null device; return the descriptor."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
        return os.open(run.log, flags, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def detach_stdio(run: RunDir | None) -> None:
    """Redirect descriptors 1 and 2 for good: to the run's log, or without a run nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    if run is not None:
        redirect_to_log(run)
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
