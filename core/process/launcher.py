"""Leaving the terminal: how a process that trains gives the shell its prompt back.

A shell waits for the process that it started. So that process is only a launcher: it forks before
anything heavy is imported, and waits; the child does the work. To detach, the child writes one byte
to a pipe, the exit status, and the launcher exits, while the child goes on in a session of its own.
For ctrl+z only the launcher stops, since the shell watches no other process. When the launcher is
killed, the child's end of the pipe reports an error.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from core.process.signals import not_ignored
from core.process.stdio import print_message
from core.process.tty import Tty


@dataclass(frozen=True, slots=True)
class Launcher:
    """The child's connection to the process that the shell waits for."""

    pipe: int
    """Only the launcher reads from it, so that `poll` tells when the launcher is gone."""
    pid: int
    can_stop: bool
    """Whether a shell with job control is there to return to."""

    def stop(self) -> None:
        """Stop the launcher, and nothing else, so that the shell shows a prompt."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGSTOP)

    def detach(self, status: int = 0) -> None:
        """Let the launcher exit with this status, and leave the terminal for good.

        Descriptor 0 becomes the null device, the process gets a session of its own, and a
        hang-up of the old terminal no longer affects it.
        """
        new_session()
        with suppress(OSError):
            os.write(self.pipe, bytes((status,)))
        with suppress(OSError):
            os.close(self.pipe)


def new_session() -> None:
    """Leave the terminal's session, and close descriptor 0; 1 and 2 stay as they are."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    with suppress(OSError):
        os.setsid()


def fork_launcher(after_kill: str = "") -> Launcher:
    """Fork; return in the child only. The launcher exits as the child does, or on `detach`.

    It prints `after_kill` where the child was killed by a signal that nothing handles.
    """
    read_end, write_end = os.pipe()
    launcher = Launcher(write_end, os.getpid(), _has_shell())
    terminal = Tty.capture()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        return launcher
    os.close(write_end)
    _Waiter(child, terminal, after_kill).wait(read_end)
    raise AssertionError("the launcher does not return")


def _has_shell() -> bool:
    """Whether our parent is in this session but not in this job, as a job-control shell is."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except OSError:
        return False


class _Waiter:
    """The launcher's part: forward signals, and exit as the child does."""

    def __init__(self, child: int, terminal: Tty | None, after_kill: str) -> None:
        self._child = child
        self._terminal = terminal
        self._after_kill = after_kill
        self._ending = False

    def wait(self, read_end: int) -> None:
        for number in not_ignored() - {signal.SIGHUP}:  # the child has the same terminal
            signal.signal(number, self._forward)
        signal.signal(signal.SIGCONT, self._on_continue)
        if detached := os.read(read_end, 1):
            os._exit(detached[0])
        _, status = os.waitpid(self._child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code < 0 and self._terminal is not None and _in_foreground():
            self._terminal.restore()
        if -code in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT) and self._after_kill:
            print_message(f"killed by {signal.Signals(-code).name}; {self._after_kill}")
        os._exit(code if code >= 0 else 128 - code)

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        self._ending = True
        with suppress(ProcessLookupError):
            os.kill(self._child, number)

    def _on_continue(self, _number: int, _frame: FrameType | None) -> None:
        """Stop again after `bg`: in the background the dashboard has no terminal to draw on."""
        if not self._ending and not _in_foreground() and _has_shell():
            os.kill(os.getpid(), signal.SIGSTOP)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return True
