"""Keeping what libraries print away from what we print.

TensorFlow's C++ code writes to file descriptor 2, which is also where a dashboard draws. So our
own output gets private duplicates of the terminal's descriptors, and 1 and 2 go to the run's log
as soon as there is one; until then they stay what they were, since TensorFlow is not loaded yet.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from core.rundir.rundir import RunDir


@contextmanager
def redirectable_stdio() -> Iterator[tuple[TextIO, Callable[[RunDir], None]]]:
    """A block in which descriptors 1 and 2 can be given to a run's log; after it they are back.

    Yields the real standard output, and what to call with the run directory once it exists.
    `sys.stderr` writes to the real standard error meanwhile, and `sys.stdout` to the real
    standard output, Python's warnings with them; only what bypasses both goes to the log.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    streams = sys.stdout, sys.stderr
    out = os.fdopen(os.dup(kept[0]), "w", encoding="utf-8", errors="replace")
    err = os.fdopen(os.dup(kept[1]), "w", encoding="utf-8", errors="replace")
    sys.stdout, sys.stderr = out, err
    try:
        yield out, redirect_to_log
    finally:
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        sys.stdout, sys.stderr = streams
        for descriptor in kept:
            os.close(descriptor)
        for stream in (out, err):
            with suppress(OSError):  # what finds no reader or no room is lost
                stream.close()


def redirect_to_log(run: RunDir) -> None:
    """Send descriptors 1 and 2 to the run's log, or nowhere where it cannot be written."""
    log = _open_log(run)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def append_to_log(run: RunDir, text: str) -> None:
    """Add `text` to the run's log, where that can be written."""
    with (
        suppress(OSError),
        os.fdopen(_open_log(run), "w", encoding="utf-8", errors="replace") as log,
    ):
        log.write(text)


def _open_log(run: RunDir) -> int:
    """A descriptor that appends to the run's log, or to nothing where that cannot be written."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
        return os.open(run.log, flags, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


def detach_stdio(run: RunDir | None) -> None:
    """Send descriptors 1 and 2 to the run's log for good; to nowhere without a run."""
    sys.stdout.flush()
    sys.stderr.flush()
    if run is not None:
        redirect_to_log(run)
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
