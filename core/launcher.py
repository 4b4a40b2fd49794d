"""Leaving the terminal: how a process that trains gives the shell its prompt back.

A shell waits for the process that it started. So that process is only a launcher: it forks before
anything heavy is imported, and waits. The child does everything; when it detaches, it writes one
byte down a pipe and the launcher exits, while the child goes on in a session of its own.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

DETACHED = b"D"


@dataclass(frozen=True, slots=True)
class Launcher:
    """The child's line to the process that the shell waits for."""

    pipe: int

    def let_go(self) -> None:
        """Let the launcher exit, and leave the terminal for good.

        Descriptor 0 becomes the null device, the process gets a session of its own, and a
        hang-up of the old terminal no longer concerns it.
        """
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.close(nowhere)
        with suppress(OSError):
            os.setsid()
        with suppress(OSError):
            os.write(self.pipe, DETACHED)
        with suppress(OSError):
            os.close(self.pipe)


def launch() -> Launcher:
    """Fork; returns in the child only. The launcher exits as the child does, or when let go."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        return Launcher(writing)
    os.close(writing)
    _wait(child, reading)
    raise AssertionError("a launcher never returns")


def _wait(child: int, reading: int) -> None:
    def forward(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    # The terminal sends an interrupt to both of us; what it means is the child's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, forward)
    if os.read(reading, 1) == DETACHED:
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)
