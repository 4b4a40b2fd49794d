"""What a run does, for the shell: its status, and its numbers and events as lines of text."""

import dataclasses
import json
import struct
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import numpy as np

from core.cli.steer import read_values
from core.run.plan_text import steps_of_plan
from core.rundir.attached import last_values, line_values
from core.rundir.json_tail import TAIL_BYTES, JsonTail
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from core.rundir.validation import as_number
from trainpad.files import read_range
from trainpad.text import sanitize

STATUS_INTERVAL: Final = 1.0
"""Seconds between two polls of a status."""
TAIL_INTERVAL: Final = 0.5
"""Seconds between two polls of a run's lines."""
SHOWN: Final = 8
"""How many numbers a line of status shows."""
LONG: Final = ("event", "time", "step", "traceback", "confusion", "layers", "hyperparameters")
"""What a line leaves out of an event."""
UNKNOWN_IF_ZERO: Final = ("parameters", "epochs", "max_steps")
"""What a zero says nothing of."""


def status_values(run: RunDir) -> dict[str, Any]:
    """The status of a run, the last values of its numbers, and what can be changed.

    Raises:
        RunError: it cannot be read.
    """
    summary = read_status(run)
    values = last_values(run) if summary.is_attached else _last_loss(run)
    return {
        **dataclasses.asdict(summary),
        "values": {
            name: value if np.isfinite(value) else str(value) for name, value in values.items()
        },
        "knobs": {name: knob.value for name, knob in read_values(run, summary).items()},
    }


def status_line(values: Mapping[str, Any]) -> str:
    """One line of text of `status_values`."""
    steps = steps_of_plan(values["steps"], values["max_steps"])
    return "  ".join(
        [
            f"{values['name']}  {values['state']}  step {steps}",
            *(f"{name} {_short(value)}" for name, value in islice(values["values"].items(), SHOWN)),
            *([values["reason"]] if values["reason"] else []),
        ]
    )


def watch_status(run: RunDir, *, as_json: bool, watch: bool) -> Iterator[str]:
    """The status of a run as text or JSON; with `watch` again whenever it changes, to its end."""
    before = None
    while True:
        values = status_values(run)
        shown = json.dumps(values) if as_json else status_line(values)
        key = {name: value for name, value in values.items() if name != "heartbeat"}
        if key != before:
            before = key
            yield shown
        if not watch or values["state"] not in ("starting", "training", "paused"):
            return
        time.sleep(STATUS_INTERVAL)


def tail(run: RunDir, count: int, *, follow: bool) -> Iterator[str]:
    """The last `count` lines of a run's numbers and events, and those that follow to its end."""
    events, numbers = JsonTail(run.events, TAIL_BYTES), JsonTail(run.metrics, TAIL_BYTES)
    is_first, steps = True, 0
    while True:
        is_over = not read_status(run).is_live
        found = [*map(_event_line, events.poll()), *map(_number_line, numbers.poll())]
        if (done := run.steps_recorded) > steps:
            steps = done
            loss = _last_loss(run)
            found.append((time.time(), f"step {steps - 1:,}  loss {_short(loss.get('loss'))}"))
        found.sort(key=lambda line: round(line[0], 3))  # as numbers are recorded
        yield from [text for _, text in found if text][-count if is_first and count else 0 :]
        if is_over or not follow:
            return
        is_first = False
        time.sleep(TAIL_INTERVAL)


def _number_line(line: Mapping[str, Any]) -> tuple[float, str]:
    values = "  ".join(f"{name} {_short(value)}" for name, value in line_values(line).items())
    step = line.get("step")
    shown = f"step {step:,}  {values}" if values and isinstance(step, int) else ""
    return as_number(line.get("time")) or 0.0, shown


def _event_line(event: Mapping[str, Any]) -> tuple[float, str]:
    moment = as_number(event.get("time")) or 0.0
    about = {
        key: value
        for key, value in event.items()
        if key not in LONG and _says_something(key, value)
    }
    words = "  ".join(f"{key} {_text(value)}" for key, value in about.items())
    step = event.get("step")
    place = f"step {step:,}  " if isinstance(step, int) else ""
    return moment, sanitize(f"{place}[{event.get('event')}]  {words}".rstrip(), limit=500)


def _says_something(key: str, value: object) -> bool:
    is_empty = value is None or (isinstance(value, str | list | Mapping) and not value)
    return not is_empty and not (key in UNKNOWN_IF_ZERO and value == 0)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    if isinstance(value, float):
        return _short(value)
    return value if isinstance(value, str) else json.dumps(value)


def _short(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, int | float) else str(value)


def _last_loss(run: RunDir) -> dict[str, float]:
    count = run.steps_recorded
    if not count:
        return {}
    try:
        (loss,) = struct.unpack("<f", read_range(run.losses, 4 * (count - 1), 4))
    except (OSError, struct.error):
        return {}
    return {"loss": loss}
