"""What is requested of a program that `trainpad run` started: signals in place of steps.

A program that uses trainpad polls `control.json` itself; it gets a signal only where it does not
answer.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from core.program.processes import Processes
from core.program.record import ProgramRecord
from core.rundir.attached import open_attached_control
from core.rundir.json_tail import TAIL_BYTES, JsonTail
from core.rundir.rundir import RunDir
from trainpad.control import Control, DesiredState
from trainpad.errors import UserError

GRACE: Final = 30.0
"""Seconds from SIGTERM to SIGKILL, and from a stop to SIGTERM where the program may follow it."""
STEERED_GRACE: Final = 900.0
"""The same for a program that says it follows: a step, or saving, may take that long."""
_UNABLE: Final = {"checkpoint": "save", "evaluate": "evaluate"}


class Requests:
    """Follows `control.json` on behalf of a program."""

    def __init__(
        self,
        control: Control,
        processes: Processes,
        record: ProgramRecord,
        say: Callable[[str], object],
    ) -> None:
        """Begin with nothing requested.

        Args:
            control: The run's `control.json`.
            processes: The program and what it starts.
            record: Records what is done.
            say: Says it to the person who waits for the program, where there is one.
        """
        self._control = control
        self._processes = processes
        self._record = record
        self._say = say
        self._events = JsonTail(record.path / "events.jsonl", last=0)
        self._desired = DesiredState()
        self._is_steered = False
        """Whether the program says that it follows a request to stop."""
        self._stop_at = 0.0
        """When a stop was first seen."""
        self._terminated_at = 0.0
        self._is_killed = False
        self.is_paused = False
        """Whether the program's processes are stopped."""

    @property
    def was_stopped(self) -> bool:
        """Whether the end of the program was requested."""
        return bool(self._desired.stop or self._terminated_at)

    def poll(self, now: float) -> None:
        """Do what is requested at `now`, seconds of a clock that only goes forward."""
        before = self._desired
        try:
            self._desired = self._control.poll()
        except UserError as error:
            if not self._record.is_adopted:  # else the program says so
                self._record.event("warned", text=str(error))
        if self._desired is not before:
            self._record.flush()  # the program may have begun to follow requests itself just now
        if self._record.is_adopted:
            self._read_answers()
            if self.is_paused:
                self.is_paused = False
                self._processes.resume()
        else:
            self._set_paused()
            self._refuse(before)
        if self._desired.stop or self._terminated_at:
            self._stop(now)

    def follow(self, run: RunDir) -> None:
        """Follow the requests to another run: the program goes on in that."""
        with suppress(UserError):  # else the program is stopped by itself alone
            self._control = open_attached_control(run)
            self._events = JsonTail(run.events, TAIL_BYTES)

    def stop(self, now: float) -> None:
        """End the program: nobody reads what it prints."""
        self._terminate(now)

    def _set_paused(self) -> None:
        """Stop the processes where they are, or let them go on."""
        pause_at = self._desired.pause_at
        wants = pause_at is not None and self._record.step >= pause_at and not self.was_stopped
        if wants is self.is_paused:
            return
        self.is_paused = wants
        if wants:
            self._processes.stop()
        else:
            self._processes.resume()
        self._record.event("paused" if wants else "continued")

    def _refuse(self, before: DesiredState) -> None:
        for kind, what in _UNABLE.items():
            if getattr(self._desired, kind) > getattr(before, kind):
                text = f"the program does not use trainpad: it cannot be asked to {what}"
                self._record.event("warned", text=text, refused=what)

    def _read_answers(self) -> None:
        for event in self._events.poll():
            match event:
                case {"event": "supports", "requests": list(requests)}:
                    self._is_steered = "pause" in requests  # it calls `tick`

    def _stop(self, now: float) -> None:
        self._stop_at = self._stop_at or now
        grace = STEERED_GRACE if self._is_steered else GRACE
        if self._terminated_at:
            if now - self._terminated_at >= GRACE and not self._is_killed:
                self._is_killed = True
                self._tell("warned", f"it did not end within {GRACE:g} s of SIGTERM: SIGKILL")
                self._processes.kill()
        elif not self._record.is_adopted:
            self._terminate(now)
        elif now - self._stop_at >= grace:
            self._tell("warned", f"it did not follow the request to stop within {grace:g} s")
            self._terminate(now)

    def _terminate(self, now: float) -> None:
        if not self._terminated_at:
            self._terminated_at = now
            self._tell("noted", f"stopping: SIGTERM; SIGKILL follows after {GRACE:g} s")
            self._processes.terminate()

    def _tell(self, event: str, text: str) -> None:
        self._record.event(event, text=text)
        self._say(text)
