"""Where an axis has labels, and their text: a few round numbers with equal decimals."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

ROUND_FACTORS = (1.0, 2.0, 2.5, 5.0, 10.0)
CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
DAY = 86400
MAX_DECADES_WITH_MINOR = 2.5
MIN_CELLS_PER_STEP = 2
"""Between two labels."""
MIN_CELLS_PER_PART = 3
"""Between two marks without labels."""


def round_up(value: float, factors: Sequence[float] = ROUND_FACTORS) -> float:
    """The smallest of ``factors`` times a power of ten that is at least ``value`` (above 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((s * power for s in factors if s * power >= value * (1 - 1e-9)), 10 * power)


def multiples(low: float, high: float, step: float) -> list[float]:
    """The multiples of ``step`` between ``low`` and ``high``; ``low`` without a finite step."""
    if not math.isfinite(step) or step <= 0:
        return [low]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * k for k in range(first, last + 1)]


def linear_step(low: float, high: float, max_count: int) -> float:
    """The round number of which about ``max_count`` multiples are between ``low`` and ``high``.

    It is NaN if the range is empty or not finite.
    """
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return math.nan
    for target in (max_count, max_count + 1, max_count + 2):
        step = round_up(span / max(1, target))
        if math.floor(high / step + 1e-9) > math.ceil(low / step - 1e-9):
            break
    return step


def linear(low: float, high: float, max_count: int) -> list[float]:
    """Multiples of a round number between ``low`` and ``high``, about ``max_count`` of them."""
    return multiples(low, high, linear_step(low, high, max_count))


def whole_cells(start: float, stop: float, step: float, width: int) -> tuple[float, float, int]:
    """A range of ``width`` cells with multiples of ``step`` a whole number of cells apart.

    It has the range from ``start`` to ``stop`` in it, but for less than a cell. Returns its ends,
    and that number of cells; where that would be below 2, the range as it is, and 0.
    """
    most = int(width * step / (stop - start) + 1e-9)
    for per_step in (most, most - 1):
        if per_step < MIN_CELLS_PER_STEP:
            return start, stop, 0
        cell = step / per_step
        first = math.floor(start / cell + 1e-6) * cell
        if first + width * cell >= stop - cell / 2:
            break
    return first, first + width * cell, per_step


def parts(step: float, cells: int) -> int:
    """In how many equal parts marks divide a step of this many cells; 1 for no marks."""
    if not cells or not math.isfinite(step):
        return 1
    leading = round(step / 10.0 ** math.floor(math.log10(step)), 6)
    choices = {1.0: (5, 2), 2.0: (4, 2), 2.5: (5,), 5.0: (5,)}.get(leading, (6, 5, 4, 3, 2))
    return next((n for n in choices if cells % n == 0 and cells // n >= MIN_CELLS_PER_PART), 1)


def logarithmic(low: float, high: float, max_count: int) -> list[float]:
    """Base-10 logarithms of round numbers between the logarithms ``low`` and ``high``."""
    between = (1, 2, 5) if high - low < MAX_DECADES_WITH_MINOR else (1,)
    decades = range(math.floor(low), math.ceil(high) + 1)
    found = [d + math.log10(m) for d in decades for m in between]
    found = [v for v in found if low - 1e-9 <= v <= high + 1e-9]
    if len(found) < 2:
        return [math.log10(v) for v in linear(10**low, 10**high, max_count) if v > 0]
    return found[:: max(1, math.ceil(len(found) / max(1, max_count)))]


def clock_step(span: float, max_count: int) -> float:
    """Seconds between labels that are round on a clock, for a span of this many seconds."""
    min_step = span / max(1, max_count)
    if min_step <= 1:
        return linear_step(0.0, span, max_count)
    return next((s for s in CLOCK_STEPS if s >= min_step), DAY * math.ceil(min_step / DAY))


def clock(low: float, high: float, max_count: int) -> list[float]:
    """Seconds that are round on a clock, between ``low`` and ``high``: minutes, hours, days."""
    return multiples(low, high, clock_step(high - low, max_count))


def step_labels(steps: Sequence[float]) -> list[str]:
    """Steps with separated thousands, ``12,500``; from a million on ``1.25M``, then ``1.5B``."""
    if any(abs(step) >= 1e9 for step in steps) and not any(step % 1e6 for step in steps):
        return [f"{step / 1e9:,.10g}B" if step else "0" for step in steps]
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
    values = [float(f"{10**v:.6g}") for v in logarithms]
    if any(value >= 1e6 for value in values):
        return [_scientific(v) if v >= 1e4 else value_labels([v])[0] for v in values]
    return [label for value in values for label in value_labels([value])]


def _scientific(value: float) -> str:
    """``1e4`` or ``2.5e10``."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def wall_offset(seconds: float) -> float:
    """How far local time is ahead of UTC at a Unix time, in seconds."""
    offset = datetime.fromtimestamp(seconds, UTC).astimezone().utcoffset() or timedelta()
    return offset.total_seconds()


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
