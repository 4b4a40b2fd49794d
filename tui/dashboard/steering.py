"""Requests that a user makes of the run on the screen; all go through its `Control`."""

import time
from collections.abc import Callable
from typing import Final

from core.run import knob_steps
from core.run.attached_events import Answered
from core.run.declared import spec_of, value_of
from core.run.events import (
    Alert,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Lost,
    Opened,
    Paused,
    Saved,
    Started,
)
from core.run.hparams import Value
from core.run.state import RunState
from core.run.status import Outcome, RunStatus
from trainpad.control import Control, DesiredState
from trainpad.errors import UserError

URGENT: Final = (Paused, Continued, Changed, Finished, Diverged, Failed)
"""Events that answer a key: they are drawn even while the terminal's byte budget is used up."""
CLEARS_PENDING: Final = (*URGENT, Started, Evaluated, Saved, Alert, Lost, Answered)
"""Events after which no request is pending any more."""
STOPPING = "stopping"
SLOW_ANSWERS: Final = ("pausing", "saving", "evaluating")
"""What a program may do only after a step that takes minutes."""
PENDING_TIMEOUT = 3.0
"""Seconds after which a request that the run has not followed counts as refused."""


def check_request(run: RunState, name: str, value: Value) -> None:
    """Check that a run which trains may be given this value from the keyboard.

    A file may end a run by planning no more steps than were done; a mistyped key must not.

    Raises:
        UserError: it would end the run.
    """
    if name == "max_steps" and isinstance(value, int) and value <= run.step:
        raise UserError(f"max steps must be above {run.step:,}, the steps done")


class Steering:
    """Makes requests of one run. Each method returns the problem to report, or "" if none."""

    def __init__(
        self,
        run: RunState,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self.control: Control | None = None
        """None until the run is known, and of one that cannot be steered from here."""
        self.pending = ""
        """What the run was asked to do from here and has not done yet: ``pausing``."""
        self._pending_since = 0.0
        self._requested: dict[str, tuple[list[Value], float]] = {}
        """The values requested of each hyperparameter from here, and when the last one was."""
        self._clock = clock

    @property
    def activity(self) -> str:
        """What the run does, or is about to do, in a word or a few."""
        return self.pending or self._run.activity

    @property
    def blocked_reason(self) -> str:
        """Why nothing can be requested of the run now; "" if it can."""
        if self._run.is_replay:
            return "this is a replay of a recorded run"
        if self.control is not None and self._run.is_live:
            return ""
        if self._run.status is RunStatus.STARTING:
            return "the run is still starting"
        if self._run.is_live:
            return "this window is read-only"
        if self._run.is_attached:
            return "the run is over"
        return "the run is over; set values with tab, then r goes on, n starts a new one"

    def on_event(self, event: Event) -> None:
        """Steer through the control of a run that has opened; drop what an event answers."""
        if isinstance(event, Opened):
            self.control = event.control
        if isinstance(event, Changed):
            values, _ = self._requested.get(event.name, ([event.new], 0.0))
            if event.new not in values:  # another window has set it since
                del self._requested[event.name]
        if isinstance(event, CLEARS_PENDING):
            self.pending = ""

    def expire(self) -> bool:
        """Drop a request that the run did not follow in time; return whether there was one.

        A stop is waited for until the run has ended, and a run that starts until it trains.
        """
        slow = SLOW_ANSWERS if self._run.is_attached else ()
        waits = self.pending and self.pending not in (STOPPING, *slow)
        if self._run.status is RunStatus.STARTING:
            return False
        if not waits or self._clock() - self._pending_since <= PENDING_TIMEOUT:
            return False
        self.pending = ""
        return True

    def set(self, name: str, value: Value) -> str:
        """Request a value for a hyperparameter."""
        if self.blocked_reason:
            return self.blocked_reason
        try:
            check_request(self._run, name, value)
        except UserError as error:
            return str(error)
        if problem := self._request("setting", hyperparameters={name: value}):
            return problem
        self._requested[name] = [*self._recently_requested(name), value], self._clock()
        return ""

    def nudge(self, name: str, presses: int) -> str:
        """Step a hyperparameter as `presses` of its up key would; negative ones step it down.

        Presses within `PENDING_TIMEOUT` seconds add up, before the run has answered the first.
        """
        requested, knob = self._recently_requested(name), self._run.program.knobs.get(name)
        if self._run.is_attached:
            if knob is None:
                return f"this program has no value called {name} to change"
            label, value = name, [knob.value, *requested][-1]
            stepped = knob_steps.stepped(knob, value, presses)
        else:
            spec, value = spec_of(self._run, name), [value_of(self._run, name), *requested][-1]
            label, stepped = spec.label, spec.stepped(value, presses)
        if stepped == value:
            return f"{label} cannot go {'up' if presses > 0 else 'down'} any further"
        return self.set(name, stepped)

    def _recently_requested(self, name: str) -> list[Value]:
        """The values of a hyperparameter that the run may not have followed yet."""
        values, requested_at = self._requested.get(name, ([], float("-inf")))
        return values if self._clock() - requested_at <= PENDING_TIMEOUT else []

    def toggle_pause(self) -> str:
        """Request a pause, or that a paused run resumes."""
        if self._desired.pause_at is None:
            return self._request("pausing", pause_at=0)
        return self._request("resuming", pause_at=None)

    def step_once(self) -> str:
        """Request one step, while paused."""
        pause_at = self._desired.pause_at  # read once: another window may resume the run just now
        if pause_at is None:
            return self.blocked_reason or "pause first (space), then s takes one step at a time"
        return self._request("stepping", pause_at=max(self._run.step, pause_at) + 1)

    def evaluate(self) -> str:
        """Request an evaluation now."""
        return self._request("evaluating", increment="evaluate")

    def checkpoint(self) -> str:
        """Request a checkpoint now."""
        return self._request("saving", increment="checkpoint")

    def stop(self) -> str:
        """Request that the run ends after saving."""
        return self._request(STOPPING, stop=Outcome.STOPPED)

    @property
    def _desired(self) -> DesiredState:
        """The state that is requested now, by any window or hand."""
        if self.control is None:
            return DesiredState()
        try:
            return self.control.poll()
        except UserError:
            return self.control.desired

    def _request(self, pending: str, **changes: object) -> str:
        """Write `changes` to the control; `pending` is shown until the run has followed."""
        if self.control is None or self.blocked_reason:
            return self.blocked_reason
        try:
            self.control.request(**changes)  # type: ignore[arg-type]
        except UserError as error:
            return str(error)
        self.pending, self._pending_since = pending, self._clock()
        return ""
