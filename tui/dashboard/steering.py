"""What a user can want of the run on the screen: every wish goes through its `Control`."""

import time
from collections.abc import Callable

from core.run.events import PendingRequest
from core.run.hparams import SPECS, Value
from core.run.state import Run
from trainpad.control import Control, DesiredState
from trainpad.errors import UserError

STOPPING = "stopping"
PENDING_TIMEOUT = 3.0
"""Seconds after which a wish that the run has not followed is taken to be refused."""


def check_request(run: Run, name: str, value: Value) -> None:
    """That a run which trains can be asked for this value from the keyboard.

    A file may end a run by planning no more steps than were taken; a slip of the keys must not.

    Raises:
        UserError: it would end the run.
    """
    if name == "max_steps" and isinstance(value, int) and value <= run.step:
        raise UserError(f"max steps must be above {run.step:,}, the steps done")


class Steering:
    """The one way from a key to a run. Each method says what to tell the user, or nothing."""

    def __init__(
        self, run: Run, control: Control | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._run = run
        self.control = control
        self._clock = clock
        self._pending_values: dict[str, tuple[Value, float]] = {}
        """What was wanted of a hyperparameter from here, and when."""
        self._pending_since = 0.0

    @property
    def blocked_reason(self) -> str:
        """Why nothing can be wanted of the run now, or nothing."""
        if self.control is not None and self._run.live:
            return ""
        if self._run.status == "starting":
            return "the run is still starting"
        return "this window only looks on" if self._run.live else "the run is over"

    @property
    def _desired(self) -> DesiredState:
        """What is wanted now, by whomever."""
        if self.control is None:
            return DesiredState()
        try:
            return self.control.poll()
        except UserError:
            return self.control.desired

    def _request(self, what: str, **changes: object) -> str:
        """Want these; `what` the run is then about to do stands on the screen until it does."""
        if self.control is None or self.blocked_reason:
            return self.blocked_reason
        try:
            self.control.request(**changes)  # type: ignore[arg-type]
        except UserError as error:
            return str(error)
        self._pending_since = self._clock()
        self._run.fold(PendingRequest(what))
        return ""

    def expire(self) -> None:
        """Wait no longer for a wish that came to nothing; a stop is waited for to the end."""
        waits = self._run.pending and self._run.pending != STOPPING
        if waits and self._clock() - self._pending_since > PENDING_TIMEOUT:
            self._run.fold(PendingRequest(""))

    def set(self, name: str, value: Value) -> str:
        """Want a hyperparameter to be this."""
        if self.blocked_reason:
            return self.blocked_reason
        try:
            check_request(self._run, name, value)
        except UserError as error:
            return str(error)
        self._pending_values[name] = value, self._clock()
        return self._request("setting", hyperparameters={name: value})

    def nudge(self, name: str, presses: int) -> str:
        """Want a hyperparameter to be so many key presses larger; quick presses add up."""
        value, asked_at = self._pending_values.get(name, (None, float("-inf")))
        if value is None or self._clock() - asked_at > PENDING_TIMEOUT:
            value = getattr(self._run.hparams, name)
        return self.set(name, SPECS[name].stepped(value, presses))

    def toggle_pause(self) -> str:
        """Want no more steps, or steps again."""
        if self._desired.pause_at is None:
            return self._request("pausing", pause_at=0)
        return self._request("going on", pause_at=None)

    def step_once(self) -> str:
        """Want one step, while paused."""
        pause_at = self._desired.pause_at  # once: another window may let the run go on just now
        if pause_at is None:
            return self.blocked_reason or "pause first (space), then s takes one step at a time"
        return self._request("stepping", pause_at=max(self._run.step, pause_at) + 1)

    def evaluate(self) -> str:
        """Want an evaluation now."""
        return self._request("evaluating", increment="evaluate")

    def checkpoint(self) -> str:
        """Want a checkpoint now."""
        return self._request("saving", increment="checkpoint")

    def stop(self) -> str:
        """Want the run to end after saving."""
        return self._request(STOPPING, stop="stopped")
