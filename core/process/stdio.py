"""Standard streams that may be closed or full.

A cron job or `>&-` starts a process without descriptors 0 to 2: the next file that is opened would
get one of their numbers, and `sys.stdout` is None. Output that cannot be written raises an
`OutputError` wherever it happens, so that the command line can report it once; what standard error
cannot take is dropped, since there is no other place to report it.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from trainpad.text import sanitize


class OutputError(OSError):
    """Standard output cannot be written: a full disk, or a closed descriptor."""


def print_message(text: str) -> None:
    """Print a sentence on standard error, or nothing where that is closed or gone."""
    with suppress(OSError, ValueError):
        print(f"trainpad: {sanitize(text)}", file=sys.stderr, flush=True)  # noqa: T201


class _Output(io.FileIO):
    """Standard output, with errors of its own type but for a reader that is gone."""

    def write(self, content: Any, /) -> Any:
        try:
            return super().write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.errno, error.strerror) from error


class _ErrorOutput(io.FileIO):
    """Standard error, without what cannot be written."""

    def write(self, content: Any, /) -> Any:
        try:
            return super().write(content)
        except OSError:
            return memoryview(content).nbytes  # all of it is done


def repair_stdio() -> None:
    """Open closed descriptors on the null device, and replace `sys.stdin` and the like on them.

    Writing to standard output that was closed fails as before, as it does for other programs.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        _open_if_closed(descriptor, flags)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - descriptor
    sys.stdout = _replaced(sys.stdout, 1, _Output)
    sys.stderr = _replaced(sys.stderr, 2, _ErrorOutput)


@contextmanager
def no_standard_input() -> Iterator[None]:
    """A block in which `sys.stdin` is at its end: a screen reads the terminal.

    A program that asks with `input()` gets an EOFError there. It would wait for keys that it shares
    with the screen, and neither would get all of them.
    """
    given = sys.stdin
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = given


def discard_stdout() -> None:
    """Discard standard output from here on, with what is still buffered."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _open_if_closed(descriptor: int, flags: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        null = os.open(os.devnull, flags)
        if null != descriptor:
            os.dup2(null, descriptor)
            os.close(null)


def _replaced(stream: TextIO | None, descriptor: int, kind: type[io.FileIO]) -> TextIO:
    """Return a stream like `stream`, by way of `kind`; one that a test put there stays."""
    if stream is None:
        return _opened(kind, descriptor, "utf-8", "replace")
    if all(stream is not own for own in (sys.__stdout__, sys.__stderr__)):
        return stream
    stream.flush()
    return _opened(kind, descriptor, stream.encoding, stream.errors or "strict")


def _opened(kind: type[io.FileIO], descriptor: int, encoding: str, errors: str) -> TextIO:
    raw = kind(descriptor, "w", closefd=False)
    is_immediate = descriptor == 2 or raw.isatty()
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, errors, line_buffering=is_immediate
    )  # fmt: skip
