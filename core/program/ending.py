"""How a program ended, as its run records it."""

import signal
from dataclasses import dataclass, field
from typing import Final

from core.output.failure import PrintedFailure
from core.program.record import ProgramRecord
from core.rundir.json_tail import TAIL_BYTES, JsonTail
from trainpad.text import sanitize

SIGNALLED = 128
"""A shell's exit status of a program that a signal ended is this and the signal's number."""
ENDS = ("finished", "failed", "diverged")
ASKED: Final = ("EOFError", "bdb.BdbQuit")
"""How the exception begins of a Python program that asked for input, or stopped in its debugger."""
NO_INPUT: Final = "; a program under trainpad run gets no input: start it without"


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a program."""

    code: int
    """Its exit status, or the negative number of the signal that ended it."""
    was_stopped: bool
    """Whether its end was requested."""
    seconds: float
    printed: PrintedFailure = field(default_factory=PrintedFailure)
    """What it printed of why it failed."""

    @property
    def status(self) -> int:
        """The exit status as a shell shows it."""
        return self.code if self.code >= 0 else SIGNALLED - self.code

    @property
    def signal_name(self) -> str | None:
        """The name of the signal that ended it, or None."""
        if self.code >= 0:
            return None
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"

    @property
    def is_interrupted(self) -> bool:
        """Whether ctrl+c ended it."""
        return self.status == SIGNALLED + signal.SIGINT

    @property
    def text(self) -> str:
        """How a program ended that failed."""
        text = f"ended by {self.signal_name}" if self.signal_name else f"exit status {self.code}"
        exception = "" if self.signal_name else self.printed.headline
        said = sanitize((exception or self.printed.last_line).strip(), limit=200)
        hint = NO_INPUT if said.startswith(ASKED) else ""
        return f"{text}; {said}{hint}" if said else text


def write_ending(record: ProgramRecord, ending: Ending) -> None:
    """Record the exit, and the end of the run where the program did not, or failed afterwards."""
    own = _own_end(record) if record.is_adopted else ""
    seconds = round(ending.seconds, 3)
    record.event("exited", status=ending.status, signal=ending.signal_name, seconds=seconds)
    if ending.was_stopped or ending.is_interrupted or not ending.code:
        if not own:
            record.event("finished", reason=_reason(ending), seconds=seconds)
    elif own != "failed":
        after = "after it had finished: " if own else ""
        record.event("failed", text=after + ending.text, seconds=seconds)
    if not record.is_adopted:
        record.set_info(summary=dict(record.last))
    record.flush(at_end=True)


def _reason(ending: Ending) -> str:
    if ending.was_stopped:
        return "stopped"
    return "interrupted" if ending.is_interrupted else "done"


def _own_end(record: ProgramRecord) -> str:
    """Return the event with which the program ended its own recording, or nothing."""
    own = ""
    events = JsonTail(record.path / "events.jsonl", TAIL_BYTES)
    while found := events.poll():
        for event in found:
            name = str(event.get("event"))
            own = name if name in ENDS else "" if name == "started" else own
    return own
