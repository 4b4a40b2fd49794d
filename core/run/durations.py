"""Format a time span, the same way wherever one is shown."""

import math
from datetime import timedelta
from typing import Literal

DurationStyle = Literal["long", "compact", "coarse", "clock"]


def duration(seconds: float, style: DurationStyle = "long") -> str:
    """A time span as text; ``–`` if it is infinite or NaN.

    Args:
        seconds: The time span; a negative one counts as 0.
        style: ``long`` (``42 s``, ``3 min 10 s``, ``2 h 5 min``), ``compact`` for axes (``1.5s``,
            ``12m``, ``1h30m``, ``2d``), ``coarse``, rounded down to its largest unit (``7 s``,
            ``3 min``, ``2 h``, ``5 d``), or ``clock`` (``0:03:10``).
    """
    if not math.isfinite(seconds):
        return "–"
    seconds = max(0.0, seconds)
    match style:
        case "long":
            return _long(seconds)
        case "compact":
            return _compact(seconds)
        case "coarse":
            return _coarse(seconds)
        case "clock":
            return str(timedelta(seconds=round(seconds)))


def _long(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _compact(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.3g}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s" if rest else f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h{minutes:02}m" if minutes else f"{hours}h"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours}h" if hours else f"{days}d"


def _coarse(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:,.0f} {unit}"
    return f"{seconds:.0f} s"
