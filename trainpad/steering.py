"""What the dashboard and the shell request of an attached run, and how the program gets it."""

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from trainpad.control import Control, DesiredState
from trainpad.errors import UserError
from trainpad.knobs import Knob

PAUSE_POLL = 0.05
"""Seconds between two polls of a run that is paused."""
SHARED_PAUSE_POLL = 0.5
"""The same where several processes wait together: each poll is a collective operation."""
Broadcast = Callable[[Any], Any]
"""Gets the first process's object (None elsewhere), and returns it on every process."""
Emit = Callable[..., None]
"""Records an event: its name, and its fields as keywords."""


class Steering:
    """Applies the desired state of a run: knobs, pause, stop, and requests to save and evaluate."""

    def __init__(
        self,
        emit: Emit,
        *,
        processes: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin with nothing requested.

        Args:
            emit: Records an event.
            processes: How many processes train together: only one that is alone pauses by itself.
            sleep: Waits so many seconds.
        """
        self.control: Control | None = None
        """The run's `control.json`; None in a process that does not record."""
        self.knobs: dict[str, Knob[Any]] = {}
        self.stop = ""
        """Why the program should end; empty to go on."""
        self._mutex = threading.RLock()  # what is called with a new value may poll again
        self._emit = emit
        self._processes = processes
        self._sleep = sleep
        self._requested: dict[str, Any] = {}
        """The values that were requested last, by name."""
        self._counts = {"checkpoint": 0, "evaluate": 0}
        """How many saves and evaluations were taken so far."""
        self._desired = DesiredState()
        self._offered = (0, 0)
        """How many saves and evaluations a paused program was let go for."""
        self._says_paused = False
        self._refused_pause = False
        self._refused: dict[str, Any] = {}
        """The requests that were refused last, by kind."""

    @property
    def is_alone(self) -> bool:
        """Whether no other process trains together with this one."""
        return self._processes == 1

    def check_values(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return the values of a `control.json` in the types of the knobs.

        Raises:
            UserError: a name is not declared, or a value is not allowed.
        """
        for name in values:
            if name not in self.knobs:
                raise UserError(f"control.json: there is no value called {name[:40]!r}")
        return {name: self.knobs[name].check(value) for name, value in values.items()}

    def poll(self, step: int, broadcast: Broadcast | None = None) -> None:
        """Apply what is requested by now, and wait while the run is paused.

        A paused program is let go for one step where a save or an evaluation is requested.
        """
        interval = PAUSE_POLL if broadcast is None else SHARED_PAUSE_POLL
        while True:
            desired = self._follow(step, broadcast)
            if not self._is_paused(desired, step, broadcast):
                break
            if not self._says_paused:
                self._says_paused = True
                self._emit("paused", step=step)
            if self._offer():
                return
            self._sleep(interval)
        if self._says_paused:
            self._says_paused = False
            self._emit("continued", step=step)

    @property
    def is_paused(self) -> bool:
        """Whether the run is paused, also while it is let go for a step."""
        return self._says_paused

    @property
    def is_requested(self) -> bool:
        """Whether a save or an evaluation is requested that was not taken."""
        desired, counts = self._desired, self._counts
        return desired.checkpoint > counts["checkpoint"] or desired.evaluate > counts["evaluate"]

    def refresh(self, step: int) -> None:
        """Apply what is requested by now, without waiting."""
        self._follow(step, None)

    def abandon(self) -> None:
        """Follow nothing more, in a forked child; another thread may have held the mutex."""
        self.control, self._mutex = None, threading.RLock()

    def forget(self, name: str) -> None:
        """Drop the value that was requested of `name`: the program has set another since.

        Else the same value could not be requested again: `control.json` would not change.

        Raises:
            UserError: `control.json` cannot be read or written.
        """
        requested = self._requested.pop(name, _NOTHING)
        if requested is not _NOTHING and self.control is not None:
            self.control.drop(name, requested)

    def take(self, kind: str, step: int) -> bool:
        """Return whether a ``checkpoint`` or an ``evaluate`` is requested, once for each time.

        Several requests since the last call count as one.
        """
        with self._mutex:
            requested = getattr(self._desired, kind)
            if requested <= self._counts[kind]:
                return False
            self._counts[kind] = requested
        self._offered = (self._counts["checkpoint"], self._counts["evaluate"])
        self._emit("answered", step=step, request="save" if kind == "checkpoint" else kind)
        return True

    def _offer(self) -> bool:
        """Return whether a paused program should go on for a step: to save or to evaluate.

        Each request lets it go once, so that one that does neither stays paused.
        """
        requested = self._desired.checkpoint, self._desired.evaluate
        is_new = requested > self._offered or requested[1] > self._offered[1]
        self._offered = requested
        return is_new

    def _is_paused(self, desired: DesiredState, step: int, broadcast: Broadcast | None) -> bool:
        if desired.stop or desired.pause_at is None or step < desired.pause_at:
            self._refused_pause = False
            return False
        if self._processes > 1 and broadcast is None:
            self._refuse_pause(step)
            return False
        return True

    def _refuse_pause(self, step: int) -> None:
        if not self._refused_pause:
            self._refused_pause = True
            self._refuse("pause", step)

    def _refuse(self, kind: str, step: int) -> None:
        why = (
            "only this one would have it" if kind == "set" else "the others would wait for this one"
        )
        text = (
            f"not {_DONE[kind]}: {self._processes} processes train together, and {why}; "
            "give tick a broadcast function"
        )
        self._emit("warned", step=step, text=text, refused=kind)

    def _without_shared(self, desired: DesiredState, step: int) -> DesiredState:
        """Return `desired` without what all processes have to do in the same step.

        Each request is refused once.
        """
        new = {k: v for k, v in desired.hyperparameters.items() if self._requested.get(k) != v}
        requests: dict[str, Any] = {"stop": desired.stop, "set": new}
        requests |= {"save": desired.checkpoint, "evaluate": desired.evaluate}
        done = {"save": self._counts["checkpoint"], "evaluate": self._counts["evaluate"]}
        for kind, requested in requests.items():
            refused = self._refused.get(kind, done.get(kind))
            self._refused[kind] = requested
            if requested and requested != refused:
                self._refuse(kind, step)
        return dataclasses.replace(
            desired,
            stop="",
            hyperparameters={},
            checkpoint=self._counts["checkpoint"],
            evaluate=self._counts["evaluate"],
        )

    def _read(self, step: int, broadcast: Broadcast | None) -> DesiredState:
        """Return the desired state, the same on every process where they share it."""
        if self.control is not None:
            try:
                self._desired = self.control.poll()
            except UserError as error:
                self._emit("warned", step=step, text=str(error))
        if broadcast is not None:
            shared = broadcast(None if self.control is None else dataclasses.asdict(self._desired))
            if shared is not None:  # else the first process does not record
                self._desired = DesiredState(**shared)
        elif self._processes > 1:
            self._desired = self._without_shared(self._desired, step)
        return self._desired

    def _follow(self, step: int, broadcast: Broadcast | None) -> DesiredState:
        """Apply the desired state, and return it; of several threads one applies each value."""
        with self._mutex:
            desired = self._read(step, broadcast)
            self._apply(desired, step)
        return desired

    def _apply(self, desired: DesiredState, step: int) -> None:
        self.stop = desired.stop
        for name, value in desired.hyperparameters.items():
            if self._requested.get(name, _NOTHING) == value or name not in self.knobs:
                continue
            self._requested[name] = value
            self._change(self.knobs[name], value, step)

    def _change(self, knob: Knob[Any], value: Any, step: int) -> None:
        try:
            knob.set_from_outside(value)
        except Exception as error:  # noqa: BLE001 - the program's own function must not end it
            text = f"{knob.name}: on_change raised {type(error).__name__}: {error}"
            self._emit("warned", step=step, text=text)


_DONE = {
    "pause": "paused", "stop": "stopped", "save": "saved", "evaluate": "evaluated",
    "set": "changed",
}  # fmt: skip
"""What a program does at each request."""
_NOTHING = object()
"""What no value is equal to."""
