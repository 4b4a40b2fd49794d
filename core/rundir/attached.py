"""What the files of an attached run say: its knobs and the last values of its numbers.

Anybody may have written them, so values of an unexpected shape are left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from core.rundir.control import open_control
from core.rundir.json_tail import TAIL_BYTES, JsonTail
from core.rundir.rundir import RunDir
from trainpad.control import Control
from trainpad.errors import UserError
from trainpad.knobs import Knob
from trainpad.text import sanitize

MAX_KNOBS: Final = 1000
Knobs = dict[str, Knob[Any]]


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


def read_knobs(run: RunDir) -> Knobs:
    """The values of an attached run that can be changed, as they are now, by name."""
    knobs: Knobs = {}
    events = JsonTail(run.events)
    while found := events.poll():
        for event in found:
            match event:
                case {"event": "started"}:
                    knobs.clear()
                case {"event": "declared", "name": str(name)} if len(knobs) < MAX_KNOBS:
                    if knob := _knob(name, event):
                        knobs[name] = knob
                case {"event": "changed", "name": str(name), "new": new} if name in knobs:
                    _set(knobs[name], new)
    return knobs


def supported_requests(run: RunDir) -> frozenset[str] | None:
    """What can be requested of the program, as far as it is known; None where it does not say."""
    found: frozenset[str] | None = None
    events = JsonTail(run.events)
    while lines := events.poll():
        for event in lines:
            match event:
                case {"event": "started"}:
                    found = None
                case {"event": "supports", "requests": list(requests)}:
                    found = frozenset(map(str, requests))
    return found


def open_attached_control(run: RunDir) -> Control:
    """The `control.json` of an attached run, which takes what the run has declared."""

    def check(values: Mapping[str, object]) -> dict[str, Any]:
        knobs = read_knobs(run)
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
        sanitize(name, limit=80): number
        for name, value in line.items()
        if name not in ("step", "time") and (number := as_number(value)) is not None
    }


def as_number(value: object) -> float | None:
    """`value` as a number, where it is one; NaN and infinities are texts in the files."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**1000 else None
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    return None


def _knob(name: str, event: Mapping[str, Any]) -> Knob[Any] | None:
    low, high = event.get("low"), event.get("high")
    choices = event.get("choices")
    try:
        knob = Knob(
            sanitize(name, limit=80),
            event["value"],
            low=low if isinstance(low, int | float) else None,
            high=high if isinstance(high, int | float) else None,
            scale=event.get("scale"),
            choices=choices if isinstance(choices, list) else None,
        )
        knob.check(knob.value)
    except (UserError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return knob


def _set(knob: Knob[Any], value: Any) -> None:
    try:
        knob.value = knob.check(value)
    except UserError:
        return
