"""Lines of JSON, each an object with the number of a step, such as our `metrics.jsonl`."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.foreign.collector import STEP_NAMES, TIME_NAMES, as_step, as_time
from core.foreign.lines import BOM, LineFormat
from core.tfevents.items import Restart

_SNIFFED_LINES: Final = 10
_SEGMENT: Final = {"step", "time"}
"""The names in a line of `metrics.jsonl` that begins a segment of a resumed run."""
OWN_EVENTS: Final = {"preparing", "started", "declared", "epoch", "noted", "warned", "images"}
"""Events with which an `events.jsonl` begins: marks and states, not curves."""


class JsonLines(LineFormat):
    """Objects with numbers by name; the axis is the first name of a step that an object has."""

    def __init__(self) -> None:
        super().__init__()
        self._axis = ""

    @staticmethod
    def recognizes(head: bytes) -> bool:
        """Return whether a file that begins with `head` is of such lines."""
        if not head.removeprefix(BOM).lstrip().startswith(b"{"):
            return False
        lines = head.removeprefix(BOM).splitlines()[:_SNIFFED_LINES]
        found = [line for line in map(_object, lines) if line is not None]
        if found and found[0].get("event") in OWN_EVENTS and "time" in found[0]:
            return False
        return any(_axis_of(line) for line in found)

    @staticmethod
    def names_step(head: bytes) -> bool:
        """Return whether a key in a file that begins with `head` has a name of steps."""
        lines = head.removeprefix(BOM).splitlines()[:_SNIFFED_LINES]
        found = (line for line in map(_object, lines) if line is not None)
        return any(name in line for line in found for name in STEP_NAMES)

    def read_lines(self, lines: Sequence[bytes]) -> None:
        """Read lines; what is no object is counted."""
        for line in lines:
            found = _object(line)
            if found is None:
                self.skipped += 1
            else:
                self._read(found)

    def _read(self, line: Mapping[str, Any]) -> None:
        self._axis = self._axis or _axis_of(line)
        step = as_step(line.get(self._axis)) if self._axis else None
        if step is None:
            self.leave_out("lines without a step", "")
            return
        if line.keys() == _SEGMENT:
            self.add_item(Restart(step))
            return
        named = next((name for name in TIME_NAMES if name in line), "")
        wall_time = as_time(line.get(named))
        self.set_time(wall_time)
        for name, value in line.items():
            if name != self._axis and not (name == named and not math.isnan(wall_time)):
                self.add_json(name, value, step, wall_time)


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _axis_of(line: Mapping[str, Any]) -> str:
    return next((name for name in STEP_NAMES if as_step(line.get(name)) is not None), "")
