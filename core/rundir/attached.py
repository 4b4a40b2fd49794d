"""What the files of an attached run say: what its program declares, and its last numbers.

Anybody may have written them, so values of an unexpected shape are left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from core.run.events import Event
from core.run.program import ProgramState
from core.rundir.attached_validation import parse_attached_event
from core.rundir.control import open_control
from core.rundir.event_tail import EventTail
from core.rundir.json_tail import TAIL_BYTES, JsonTail
from core.rundir.rundir import RunDir
from core.rundir.validation import as_number
from trainpad.control import Control
from trainpad.errors import UserError
from trainpad.supervised import ADOPTED
from trainpad.text import sanitize_name

_DECLARED: Final = b"started", b"declared", b"changed", b"supports"


def is_attached(run: RunDir) -> bool:
    """Whether another program trains the run, and it has no hyperparameters of ours.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    return run.info().get("kind") == "attached"


def control_of(run: RunDir) -> Control:
    """The `control.json` of a run of either kind.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    return open_attached_control(run) if is_attached(run) else open_control(run.path)


def read_program(run: RunDir) -> ProgramState:
    """What the program of an attached run declares: its values as they are now, its requests."""
    program = ProgramState()
    for event in EventTail(run.events, parse=_parse_declared).poll():
        program.fold(event)
    return program


def records_itself(run: RunDir) -> bool:
    """Whether the program of an attached run uses our library, by now; else it is only supervised.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    info = run.info()
    return info.get("supervised") is not True or ADOPTED in info


def _parse_declared(line: bytes) -> Event | None:
    """The event in a line, if it may be one of these: a run may have many others, and long ones."""
    return parse_attached_event(line) if any(name in line for name in _DECLARED) else None


def open_attached_control(run: RunDir) -> Control:
    """The `control.json` of an attached run, which takes what the run has declared."""

    def check(values: Mapping[str, object]) -> dict[str, Any]:
        knobs = read_program(run).knobs
        for name in values:
            if name not in knobs:
                raise UserError(f"{run.name} has no value called {name[:40]!r}")
        return {name: knobs[name].check(value) for name, value in values.items()}

    return Control(run.path, check)


def last_values(run: RunDir) -> dict[str, float]:
    """The newest value of each number near the end of `metrics.jsonl`, by sanitized name."""
    found: dict[str, float] = {}
    for line in JsonTail(run.metrics, TAIL_BYTES).poll():
        found.update(line_values(line))
    return found


def line_values(line: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of one line of `metrics.jsonl`, by sanitized name."""
    return {
        sanitize_name(name): number
        for name, value in line.items()
        if name not in ("step", "time") and (number := as_number(value)) is not None
    }
