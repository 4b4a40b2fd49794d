"""The signals that a program and the processes that it starts are paused and ended with."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import psutil

SHELLS: Final = frozenset(("sh", "bash", "dash", "zsh", "ksh", "fish", "make", "tcsh"))
"""Programs that end at a signal without passing it on to what they started."""


class Processes:
    """A program that leads a session of its own, and its descendants."""

    def __init__(self, pid: int) -> None:
        """`pid` is the program's, which is the session's and the process group's, too."""
        self.pid = pid

    def send(self, number: int) -> None:
        """Send a signal as a person means it: to the program, which may end its workers itself.

        A shell gets it with all that it started; so does every process at ctrl+c, as from a
        terminal.
        """
        if number == signal.SIGINT or self._is_shell():
            self._to_group(number)
        else:
            _to(self.pid, number)

    def stop(self) -> None:
        """Stop all processes where they are; `resume` lets them go on."""
        for pid in self._all():
            _to(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let all processes go on."""
        for pid in reversed(list(self._all())):
            _to(pid, signal.SIGCONT)

    def terminate(self) -> None:
        """Ask the program to end: SIGTERM, which a stopped process gets when it goes on."""
        self.send(signal.SIGTERM)
        self.resume()

    def kill(self) -> None:
        """End all processes at once: SIGKILL."""
        for pid in list(self._all()):
            _to(pid, signal.SIGKILL)
        self._to_group(signal.SIGKILL)

    def _is_shell(self) -> bool:
        try:
            return psutil.Process(self.pid).name() in SHELLS
        except psutil.Error:
            return False

    def _all(self) -> Iterator[int]:
        """Yield the program, then its descendants, also those in sessions of their own."""
        yield self.pid
        with suppress(psutil.Error):
            yield from [child.pid for child in psutil.Process(self.pid).children(recursive=True)]

    def _to_group(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def _to(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
