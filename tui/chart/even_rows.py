"""Evenly spaced labels of a y axis: round numbers that are a whole number of rows apart."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from tui.chart.ticks import linear_step, multiples

MIN_ROWS_PER_LABEL = 2
MAX_ERROR = 0.5
"""Rows between a label's middle and the height of its value, at most."""
MAX_EXTENSION, STEPS_OF_EXTENSION = 0.3, 15
"""How much higher than the values the axis may become, and in how many steps that is tried."""

ENOUGH_LABELS = 5
COST_OF_MISSING_LABEL = 0.06
"""How much higher an axis may become for one label more, up to `ENOUGH_LABELS`."""


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
    The upper limit is raised as little as lets enough labels be evenly spaced, each in the row of
    its value; None if nothing does. With ``whole`` only whole numbers are labelled.
    """
    best: EvenLabels | None = None
    steps = [s for s in _steps(low, high, max_count) if not whole or s == round(s)]
    least_cost = math.inf
    enough = min(max_count, ENOUGH_LABELS)
    for number in range(STEPS_OF_EXTENSION + 1):
        extension = MAX_EXTENSION * number / STEPS_OF_EXTENSION
        top = low + (high - low) * (1 + extension)
        for step in steps:
            values = multiples(low, top, step)
            cost = extension + COST_OF_MISSING_LABEL * max(0, enough - len(values))
            if cost < least_cost and (placed := _evenly_placed(low, top, values, rows, dots)):
                best, least_cost = EvenLabels((low, top), tuple(values), placed), cost
    return best


def _steps(low: float, high: float, max_count: int) -> Iterator[float]:
    """Distances of labels, those of about as many labels as are asked for first."""
    counts = sorted(range(2, max_count + 3), key=lambda count: abs(count - max_count))
    found = (linear_step(low, high, count) for count in counts)
    yield from dict.fromkeys(step for step in found if math.isfinite(step))


def _height(value: float, low: float, high: float, rows: int, dots: int) -> float:
    """How many rows a value is above the bottom."""
    return ((value - low) / (high - low) * (rows * dots - 1) + 0.5) / dots


def _evenly_placed(
    low: float, high: float, values: list[float], rows: int, dots: int
) -> tuple[int, ...]:
    """Rows that are equally far from each other and near to the values; none if there are none."""
    count = len(values)
    if count < 2:
        return ()
    first, second, last = (_height(v, low, high, rows, dots) for v in (*values[:2], values[-1]))
    for apart in (math.floor(second - first), math.ceil(second - first)):
        bottom = round((first + last - (count - 1) * apart) / 2 - 0.5)
        bottom = max(0, min(bottom, rows - 1 - (count - 1) * apart))
        errors = first - bottom - 0.5, last - (bottom + (count - 1) * apart) - 0.5
        fits = bottom + (count - 1) * apart < rows and max(map(abs, errors)) <= MAX_ERROR
        if apart >= MIN_ROWS_PER_LABEL and fits:
            return tuple(bottom + apart * number for number in range(count))
    return ()
