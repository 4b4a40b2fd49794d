"""Where an axis has labels, and their text: a few round numbers with equal decimals."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

ROUND_FACTORS = (1.0, 2.0, 2.5, 5.0, 10.0)
CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
DAY = 86400
MAX_DECADES_WITH_MINOR = 2.5


def round_up(value: float, factors: Sequence[float] = ROUND_FACTORS) -> float:
    """The smallest of ``factors`` times a power of ten that is at least ``value`` (above 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((s * power for s in factors if s * power >= value * (1 - 1e-9)), 10 * power)


def linear(low: float, high: float, max_count: int) -> list[float]:
    """Multiples of a round number between ``low`` and ``high``, about ``max_count`` of them."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    for target in (max_count, max_count + 1, max_count + 2):
        step = round_up(span / max(1, target))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last > first:
            break
    return [step * k for k in range(first, last + 1)]


def logarithmic(low: float, high: float, max_count: int) -> list[float]:
    """Base-10 logarithms of round numbers between the logarithms ``low`` and ``high``."""
    between = (1, 2, 5) if high - low < MAX_DECADES_WITH_MINOR else (1,)
    decades = range(math.floor(low), math.ceil(high) + 1)
    found = [d + math.log10(m) for d in decades for m in between]
    found = [v for v in found if low - 1e-9 <= v <= high + 1e-9]
    if len(found) < 2:
        return [math.log10(v) for v in linear(10**low, 10**high, max_count) if v > 0]
    return found[:: max(1, math.ceil(len(found) / max(1, max_count)))]


def clock(low: float, high: float, max_count: int) -> list[float]:
    """Seconds that are round on a clock, between ``low`` and ``high``: minutes, hours, days."""
    min_step = (high - low) / max(1, max_count)
    if min_step <= 1:
        return linear(low, high, max_count)
    step = next((s for s in CLOCK_STEPS if s >= min_step), DAY * math.ceil(min_step / DAY))
    return [float(step * k) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def step_labels(steps: Sequence[float]) -> list[str]:
    """Steps with separated thousands, ``12,500``; whole thousands from a million on, ``1.25M``."""
    if any(abs(step) >= 1e6 for step in steps) and not any(step % 1000 for step in steps):
        return [f"{step / 1e6:,.10g}M" if step else "0" for step in steps]
    return [f"{step:,.10g}" for step in steps]


def value_labels(values: Sequence[float]) -> list[str]:
    """Values of one axis, with as many decimals as the finest of them needs."""
    if any(v and not 1e-4 <= abs(v) < 1e6 for v in values):
        return [
            f"{v:.3g}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-") for v in values
        ]
    decimals = max((_decimals(v) for v in values), default=0)
    return [f"{v:,.{decimals}f}" for v in values]


def log_labels(logarithms: Sequence[float]) -> list[str]:
    """Values given by their base-10 logarithms, each with the decimals that it needs itself."""
    return [label for v in logarithms for label in value_labels([float(f"{10**v:.6g}")])]


def wall_clock(low: float, high: float, max_count: int) -> list[float]:
    """Unix times that are round on the local clock, between ``low`` and ``high``."""
    offset = (
        datetime.fromtimestamp(low, UTC).astimezone().utcoffset() or timedelta()
    ).total_seconds()
    return [tick - offset for tick in clock(low + offset, high + offset, max_count)]


def wall_labels(seconds: Sequence[float]) -> list[str]:
    """Local times of day; with seconds, if two labels are less than a minute apart."""
    times = [datetime.fromtimestamp(s, UTC).astimezone() for s in seconds]
    fine = any(b - a < timedelta(minutes=1) for a, b in pairwise(times))
    return [_wall_label(time, fine) for time in times]


def _wall_label(time: datetime, fine: bool) -> str:
    if fine:
        return f"{time:%H:%M:%S}"
    midnight = not (time.hour or time.minute)
    return f"{time:%d %b}" if midnight else f"{time:%H:%M}"


def _decimals(value: float) -> int:
    text = f"{value:.6f}".rstrip("0")
    return len(text) - text.index(".") - 1
