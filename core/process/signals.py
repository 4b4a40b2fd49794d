"""The signals that end a process before its time, and what each does to a run.

Batch systems warn a job before its end, each with its own signal: `SIGNALS` has all of them. A
signal that is not in the table keeps its default, such as `SIGCONT` and `SIGTSTP`, or Python's own
treatment, as `SIGPIPE` and `SIGXFSZ`.
"""

import faulthandler
import signal
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Final

SENDERS: Final = {
    "SIGINT": "ctrl+c",
    "SIGTERM": "`kill`, `scancel`, systemd, Kubernetes, Slurm at the time limit",
    "SIGHUP": "a terminal or an SSH connection that is gone",
    "SIGQUIT": "ctrl+\\",
    "SIGUSR1": "Slurm's `--signal=USR1@90`, Grid Engine's `-notify`",
    "SIGUSR2": "LSF and Grid Engine before a limit",
    "SIGXCPU": "the limit of CPU time: `ulimit -t`, Grid Engine, PBS",
    "SIGALRM": "`timeout -s ALRM`",
    "SIGPWR": "a power supply that fails",
}
"""Who sends each signal that saves and stops a run."""
SIGNALS: Final[Mapping[int, str]] = {
    int(getattr(signal, name)): who for name, who in SENDERS.items() if hasattr(signal, name)
}
"""The same by number; macOS has no `SIGPWR`."""

Handler = Callable[[int, FrameType | None], object]


def install_handlers(handler: Handler) -> None:
    """Have `handler` called for all of `SIGNALS` that are not ignored; only the main thread can.

    A parent ignores some on purpose: nohup `SIGHUP`, a shell without job control `SIGINT` and
    `SIGQUIT` of what it starts in the background.
    """
    install_signal_stack()
    for number in not_ignored():
        signal.signal(number, handler)


def not_ignored() -> set[int]:
    """The numbers of `SIGNALS` that this process does not ignore."""
    return {number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN}


def install_signal_stack() -> None:
    """Run signal handlers on a separate stack, and write a crash's traceback to descriptor 2.

    The fault handler gives this thread, the main one, an alternate stack, which Python's handlers
    use: computing may leave the stack pointer in the heap (`core.process.threads`).
    """
    if not faulthandler.is_enabled():
        faulthandler.enable(2)


def exit_by_signal(number: int) -> None:
    """End this process as the signal would by default."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
