"""Evenly spaced labels of a y axis: round numbers, each at the middle of its row of cells."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from tui.chart.ticks import linear_step, round_up

MIN_ROWS_PER_LABEL = 2
MAX_EXTENSION = 0.35
"""How much higher than the values the axis may become."""

ENOUGH_LABELS = 5
COST_OF_MISSING_LABEL = 0.12
"""How much higher an axis may become for one label more, up to `ENOUGH_LABELS`."""
ROUNDING = 1e-9


class EvenLabels(NamedTuple):
    """The limits of an axis, its labelled values, and the row of each, counted from the bottom."""

    limits: tuple[float, float]
    values: tuple[float, ...]
    rows: tuple[int, ...]


def even_labels(
    low: float, high: float, max_count: int, rows: int, dots: int, *, whole: bool = False
) -> EvenLabels | None:
    """About ``max_count`` labels for values from ``low`` to ``high``, on ``rows`` rows of cells.

    A row has ``dots`` rows of dots; the lower limit is at the last of all, the upper at the first.
    The limits are extended as little as lets each label be in the middle of a row, so that a
    value is read at its height; None if nothing does. With ``whole`` only whole numbers are
    labelled.
    """
    best: EvenLabels | None = None
    least_cost = math.inf
    enough = min(max_count, ENOUGH_LABELS)
    for step in _steps(low, high, max_count):
        if whole and step != round(step):
            continue
        for apart in range(MIN_ROWS_PER_LABEL, rows):
            placed = _placed(low, high, step, step / (apart * dots), rows, dots)
            if placed is None or len(placed.values) < 2:
                continue
            bottom, top = placed.limits
            cost = (top - bottom) / (high - low) - 1
            cost += COST_OF_MISSING_LABEL * max(0, enough - len(placed.values))
            if cost < least_cost:
                best, least_cost = placed, cost
    return best


def _steps(low: float, high: float, max_count: int) -> Iterator[float]:
    """Distances of labels, those of about as many labels as are asked for first."""
    counts = sorted(range(2, max_count + 3), key=lambda count: abs(count - max_count))
    found = [linear_step(low, high, count) for count in counts]
    if all(map(math.isfinite, found)):  # steps of which fewer than two are between the values, too
        found += [round_up((high - low) / count) for count in counts]
    yield from dict.fromkeys(step for step in found if math.isfinite(step))


def _placed(
    low: float, high: float, step: float, dot: float, rows: int, dots: int
) -> EvenLabels | None:
    """Labels ``step`` apart on an axis with ``dot`` between two rows of dots.

    None if the values do not fit, or the axis would be much higher than they are.
    """
    span = dot * (rows * dots - 1)
    if not high - low <= span * (1 + ROUNDING) <= (high - low) * (1 + MAX_EXTENSION):
        return None
    first = math.ceil(low / step - ROUNDING)
    # The row of the first label, as low as leaves the lower limit at or below the values.
    row = math.ceil(((first * step - low) / dot + 0.5) / dots - 0.5 - ROUNDING)
    bottom = first * step - ((row + 0.5) * dots - 0.5) * dot
    if bottom + span < high - ROUNDING * span:
        return None
    apart = round(step / (dot * dots))
    numbers = range(-(row // apart), (rows - 1 - row) // apart + 1)
    kept = [n for n in numbers if _is_natural((first + n) * step, low, high)]
    return EvenLabels(
        (bottom, bottom + span),
        tuple((first + n) * step for n in kept),
        tuple(row + n * apart for n in kept),
    )


def _is_natural(value: float, low: float, high: float) -> bool:
    """Whether a label is no surprise: not below 0 or above 1 where no value is."""
    return not (low >= 0 > value or high <= 1 < value)
