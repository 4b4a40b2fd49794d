"""Signals end a sweep after its runs have saved; a second ctrl+c ends it at once."""

import signal
import time
from types import FrameType

from core.process.signals import exit_by_signal, install_handlers

REPEAT_SECONDS = 1.0
"""The same signal within this time is the same request."""


class Interrupt:
    """Which signal asked this process to end; 0 while none has."""

    def __init__(self) -> None:
        self.number = 0
        self._received_at = 0.0

    def install(self) -> None:
        """Handle the signals that end a process; only the main thread can."""
        install_handlers(self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self.number:
            self.number, self._received_at = number, now
        elif number in (signal.SIGINT, signal.SIGTERM) and now - self._received_at > REPEAT_SECONDS:
            exit_by_signal(number)
