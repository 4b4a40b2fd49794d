"""Values that a program declares: stepped by keys, and as text."""

import math
from typing import Any, Final

from trainpad.errors import UserError
from trainpad.knobs import Knob
from trainpad.text import sanitize

FACTOR: Final = 1.25
"""What a key multiplies a value on a log scale with, or divides it by."""
PARTS: Final = 20
"""Key presses from the one limit of a linear scale to the other."""
SHARE: Final = 0.1
"""The share of a value without limits that a key adds or takes."""


def stepped(knob: Knob[Any], value: Any, presses: int) -> Any:
    """`value` as `presses` of its up key leave it; negative ones step it down."""
    options = _options(knob, value)
    if options is not None:
        at = options.index(value) if value in options else 0
        return options[min(max(at + presses, 0), len(options) - 1)]
    if not isinstance(value, int | float):
        return value
    found = _limited(knob, _number(knob, float(value), presses))
    if isinstance(value, int) and not isinstance(value, bool):
        rounded = math.floor(found) if presses < 0 else math.ceil(found)
        found = _limited(knob, rounded)
    try:
        return knob.check(_rounded(found))
    except UserError:
        return value


def _options(knob: Knob[Any], value: Any) -> list[Any] | None:
    """The values between which keys choose; None for numbers."""
    if knob.choices is not None:
        return list(knob.choices)
    return [False, True] if isinstance(value, bool) else None


def _number(knob: Knob[Any], value: float, presses: int) -> float:
    if knob.scale == "log" and value > 0:
        return float(value * FACTOR**presses)
    if knob.low is not None and knob.high is not None:
        return value + presses * (knob.high - knob.low) / PARTS
    return value + presses * (abs(value) * SHARE or SHARE)


def _limited(knob: Knob[Any], value: float) -> float:
    low = -math.inf if knob.low is None else knob.low
    high = math.inf if knob.high is None else knob.high
    return min(max(value, low), high)


def _rounded(value: float) -> float:
    """`value` with four significant digits, so that steps stay legible."""
    return float(f"{value:.4g}") if abs(value) < 1e15 else value


def parsed(knob: Knob[Any], text: str) -> Any:
    """The value that a typed text means.

    Raises:
        UserError: it means none that is allowed.
    """
    return knob.parse(text.strip())


def as_text(value: Any) -> str:
    """A value as it is shown: a number with at most six significant digits."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.6g}"
    return sanitize(str(value), limit=80)


def limits_text(knob: Knob[Any], width: int) -> str:
    """What values a knob takes, in as many words as fit into `width` cells."""
    if knob.choices is not None:
        return ", ".join(as_text(choice) for choice in knob.choices)
    if isinstance(knob.value, bool):
        return "on or off"
    if isinstance(knob.value, str):
        return "a text"
    kind = "a whole number" if isinstance(knob.value, int) else "a number"
    low = "" if knob.low is None else f" from {knob.low:g}"
    high = "" if knob.high is None else f" to {knob.high:g}"
    is_log = knob.scale == "log"
    choices = [
        kind + low + high + (", on a log scale" if is_log else ""),
        kind + low + high + (" (log)" if is_log else ""),
        (low + high).strip() or kind,
    ]
    return next((text for text in choices if len(text) <= width), choices[-1])
