"""Signals as requests to save and stop a run."""

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from core.process.signals import exit_by_signal, install_handlers
from core.process.stdio import print_message
from core.run.events import Event, Opened
from core.run.status import Outcome
from core.rundir.rundir import RunDir
from trainpad.control import Control
from trainpad.errors import UserError

REPEAT_SECONDS: Final = 1.0
"""The same signal within this time is the same request: a launcher forwards what its child got."""

BY_HAND: Final = (0, signal.SIGINT, signal.SIGTERM)
"""First signals after which SIGTERM means to exit at once; 0 is a key."""


class Signals:
    """The first signal saves and stops the run; another SIGINT or SIGTERM exits at once.

    A handler only sets a flag, since it may interrupt a thread that holds a lock. The loop that
    pulls the events passes it on to the run: `on_event`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.outcome: Outcome | None = None
        """How the run should end, because of a signal."""
        self._number = 0
        """The first signal; 0 before it, or where a key asked for the same."""
        self._received_at = 0.0
        self._clock = clock
        self._control: Control | None = None
        self._was_requested = False

    def install(self) -> None:
        """Handle all signals of `core.process.signals`; only the main thread can."""
        install_handlers(self._on_signal)

    def attach(self, control: Control) -> None:
        """Pass signals on to the run of `control`, also one that came before."""
        self._control = control
        self._pass_on()

    def on_event(self, event: Event) -> None:
        """Attach to the run that opens; pass on a signal that came since the last event."""
        if isinstance(event, Opened) and event.control is not None:
            self.attach(event.control)
        self._pass_on()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if not self.outcome and self._accept():
            self.outcome = self.outcome_of(number)
            self._number, self._received_at = number, self._clock()
        elif not self.outcome or self._insists(number):
            exit_by_signal(number)

    def _accept(self) -> bool:
        """Return whether there is a run that the signal can stop; else it ends the process."""
        return self._control is not None

    def _insists(self, number: int) -> bool:
        """Return whether a further signal should not wait for the run to be saved.

        A batch system may repeat its warning every second, as with SIGXCPU, or let SIGTERM follow.
        """
        if number == self._number and self._clock() - self._received_at < REPEAT_SECONDS:
            return False
        return number == signal.SIGINT or (
            number == signal.SIGTERM and self._number in BY_HAND
        )  # fmt: skip

    @staticmethod
    def outcome_of(number: int) -> Outcome:
        """Return the outcome of a run that this signal ends."""
        return Outcome.INTERRUPTED if number == signal.SIGINT else Outcome.STOPPED

    def _pass_on(self) -> None:
        if self._control is None or self.outcome is None or self._was_requested:
            return
        self._was_requested = True
        run = RunDir(self._control.path.parent)
        if self._number:
            name = signal.Signals(self._number).name
            print_message(
                f"{name}: saving and stopping; `trainpad --resume {run.quoted}` continues"
            )
        try:
            self._control.request(stop=self.outcome)
        except UserError as error:
            print_message(f"{error}; stopping all the same")


class FollowerSignals(Signals):
    """Signals of a worker that is not the chief: it goes on until the chief has saved the run."""

    def _accept(self) -> bool:
        return True
