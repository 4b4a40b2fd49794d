"""The lines of `metrics.jsonl` and `events.jsonl`."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from trainpad.errors import is_for_program
from trainpad.text import MAX_NAME
from trainpad.values import MAX_INT, PLAIN, json_safe, text_of, to_number

RESERVED = ("step", "time")
"""What a line of `metrics.jsonl` holds besides numbers."""
MAX_NAMES = 10_000
"""How many different names a run has at most: each is a chart."""


class NumberLines:
    """Encodes what was logged as lines of `metrics.jsonl`; keeps the last value of each name."""

    def __init__(self, refused: Callable[[str, str], None]) -> None:
        """Make an encoder.

        Args:
            refused: Called with the name of a value that is no number, and why.
        """
        self._refused = refused
        self._keys: dict[str, str] = {}
        self._is_full = False
        self.last: dict[str, float | int] = {}
        """The newest value of each name."""
        self.raised: set[type[BaseException]] = set()
        """What values have raised that is no `Exception`."""
        self.before_waiting: Callable[[], None] = lambda: None
        """Called before a value is converted that may have to be waited for."""

    def encode(self, step: int, moment: float, values: Mapping[str, Any]) -> str:
        """Return one line, or nothing where no value is a number."""
        parts = [f'{{"step": {step}, "time": {moment:.3f}']
        for name, value in values.items():
            kind = type(value)
            key = self._keys.get(name)
            if kind is not float and (kind is not int or not -MAX_INT < value < MAX_INT):
                if kind not in PLAIN:
                    self.before_waiting()
                try:
                    value = to_number(value)  # noqa: PLW2901 - the same value, as a number
                except BaseException as error:  # a framework may raise anything
                    if is_for_program(error):
                        raise
                    if not isinstance(error, Exception):
                        self.raised.add(type(error))
                    self._refused(name, str(error) or type(error).__name__)
                    continue
            if key is None and not (key := self._new_key(name)):
                continue
            self.last[name] = value
            # Only NaN and the infinities differ from themselves by anything but 0.
            text = repr(value) if value - value == 0 else f'"{value}"'
            parts.append(key + text)
        return "".join(parts) + "}\n" if len(parts) > 1 else ""

    def _new_key(self, name: Any) -> str:
        """Return what comes before the value of a new name; nothing where the name is refused."""
        text = text_of(name)
        if len(text) > MAX_NAME:
            self._refused(text[:40], f"a name has at most {MAX_NAME} characters")
            return ""
        if len(self._keys) >= MAX_NAMES:
            if not self._is_full:
                self._is_full = True
                self._refused(text, f"there are {MAX_NAMES:,} names already; no new one is")
            return ""
        self._keys[name] = f", {json.dumps(f'_{text}' if text in RESERVED else text)}: "
        return self._keys[name]


def segment_line(step: int) -> str:
    """Return the line that begins a resumed part: what came before at or after `step` is void."""
    return f'{{"step": {step}, "time": {time.time():.3f}}}\n'


def event_line(event: str, fields: Mapping[str, Any]) -> bytes:
    """Return one line of `events.jsonl`."""
    content = {"event": event, "time": time.time(), **json_safe(fields)}
    return json.dumps(content, allow_nan=False).encode() + b"\n"
