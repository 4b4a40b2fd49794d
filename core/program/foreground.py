"""A program in the foreground: its output is printed, and signals are passed on to it."""

import os
import signal
from types import FrameType

from core.program.start import pass_on_signals
from core.program.supervisor import Supervisor
from core.program.terminal import set_size, size_of_terminal


class Foreground:
    """Prints what the program prints, and passes signals on to it."""

    def __init__(self) -> None:
        self._supervisor: Supervisor | None = None
        self._has_reader = True

    def begin(self, supervisor: Supervisor) -> None:
        """Pass signals on from here on, ctrl+z and changes of the terminal's size as well."""
        self._supervisor = supervisor
        pass_on_signals(supervisor)
        signal.signal(signal.SIGTSTP, lambda *_: supervisor.suspend())
        signal.signal(signal.SIGWINCH, self._on_resize)

    def echo(self, content: bytes) -> None:
        """Print what the program printed; where the reader is gone, the program is stopped."""
        try:
            while content and self._has_reader:
                content = content[os.write(1, content) :]
        except BrokenPipeError:
            self._has_reader = False
            if self._supervisor is not None:
                self._supervisor.stop()
        except OSError:
            return  # a full disk: run.log may have it

    def _on_resize(self, _number: int, _frame: FrameType | None) -> None:
        size = size_of_terminal(1)
        if size and self._supervisor is not None:
            set_size(self._supervisor.terminal, size)
