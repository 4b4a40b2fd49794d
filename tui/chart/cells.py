"""Which cell of a plot a position on its x axis is in: the same for lines, marks and the cursor."""

import numpy as np

from core.run.pyramid import Float64s
from core.run.timeline import Timeline
from tui.chart.viewport import Range

ROUNDING = 1e-6
"""Parts of a cell by which an edge may be off a whole number that it is meant to be."""

CLOCK_ROUNDING = 1e-6
"""Seconds, or epochs, by which the time of a step may be off: so exact is a float of a clock."""


def edges_of(shown: Range, count: int) -> Float64s:
    """Where each of ``count`` equal columns begins, and where the last ends: ``[count + 1]``.

    Edges that are whole numbers but for rounding are exactly these, so that a step at an edge
    belongs to the column that begins there. The end is a bit later, so that the last step belongs
    to the last column.
    """
    edges = np.linspace(*shown, count + 1)
    whole = np.rint(edges)
    tolerance = ROUNDING * (shown[1] - shown[0]) / count + 4 * np.spacing(np.abs(edges).max())
    edges = np.where(np.abs(edges - whole) <= tolerance, whole, edges)
    edges[-1] = np.nextafter(edges[-1], np.inf)
    return edges


def cell_of(edges: Float64s, x: float) -> int:
    """The cell between these edges that a position is in; the nearest for one beyond them."""
    cell = int(np.searchsorted(edges, x + CLOCK_ROUNDING, side="right")) - 1
    return min(len(edges) - 2, max(0, cell))


def steps_at(timeline: Timeline, seconds: Float64s) -> Float64s:
    """The fractional step at each time, whole where it is but for the rounding of the clock."""
    steps = timeline.steps_at(seconds)
    whole = np.rint(steps)
    is_whole = np.abs(timeline.seconds_at(whole) - seconds) <= CLOCK_ROUNDING
    return np.where(is_whole, whole, steps)
