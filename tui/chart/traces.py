"""What of a curve is drawn: for each column of dots the least, the greatest and the mean value.

With more values than columns these are statistics of what falls into a column; with fewer, straight
lines between the values. Either way a value that is not finite leaves a gap.
"""

from dataclasses import dataclass

import numpy as np

from core.run.pyramid import Columns, Float64s, Int64s
from core.run.series import Curve
from core.run.smoothing import smooth
from core.run.timeline import Timeline

SMOOTHING_PARTS = 1000
COLUMNS_PER_POINT = 6
"""With fewer values than one in this many columns, each is drawn as a point."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve on a chart, and how it is told from the others."""

    name: str
    series: Curve
    style: int = 0
    """Colour 1 to 6, or 0 for the one that its place among the lines gives."""
    timeline: Timeline | None = None
    """When its steps happened; without it, the line cannot be drawn over time."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A line's values by column of dots, float64 ``[columns]``, NaN where there is none."""

    low: Float64s
    high: Float64s
    mean: Float64s
    points: Int64s
    """The columns of the values themselves, when they are few enough to be drawn as points."""

    @property
    def is_band(self) -> bool:
        """Whether any column holds values that differ."""
        return bool(np.any(self.low < self.high))

    def logarithm(self) -> "Trace":
        """The same on a logarithmic scale."""
        return Trace(logarithm(self.low), logarithm(self.high), logarithm(self.mean), self.points)


def logarithm(values: Float64s) -> Float64s:
    """Base-10 logarithms: minus infinity, not an error, for what has none; NaN stays."""
    positive = np.where(values > 0, values, 1.0)
    return np.where(values > 0, np.log10(positive), np.where(np.isnan(values), np.nan, -np.inf))


def trace(curve: Curve, edges: Float64s, timeline: Timeline | None, origin: float) -> Trace:
    """The values of a curve between the edges of columns.

    ``edges`` are steps; with a timeline, seconds after ``origin`` on its clock.
    """
    steps = edges if timeline is None else timeline.steps_at(edges + origin)
    if curve.count(steps[0], steps[-1]) < len(edges) - 1:
        return _polyline(curve, edges, steps, timeline, origin)
    return _interpolate_gaps(curve.columns(steps))


def _polyline(
    curve: Curve, edges: Float64s, steps: Float64s, timeline: Timeline | None, origin: float
) -> Trace:
    found, values = curve.samples(steps[0], steps[-1])
    x = found.astype(np.float64)
    x = x if timeline is None else timeline.seconds_at(x) - origin
    y = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    known = ~np.isnan(x)
    x, y = x[known], y[known]
    width = len(edges) - 1
    if not len(x):
        return _interpolate_gaps(Columns.empty(width))
    mean = np.interp((edges[1:] + edges[:-1]) / 2, x, y, left=np.nan, right=np.nan)
    inside = (x >= edges[0]) & (x <= edges[-1])
    column = np.clip(np.searchsorted(edges, x[inside], side="right") - 1, 0, width - 1)
    mean[column] = y[inside]
    low, high = mean.copy(), mean.copy()
    np.fmin.at(low, column, y[inside])
    np.fmax.at(high, column, y[inside])
    sparse = len(column) * COLUMNS_PER_POINT <= width
    return Trace(low, high, mean, column[~np.isnan(y[inside])] if sparse else column[:0])


def _interpolate_gaps(columns: Columns) -> Trace:
    """Straight lines across columns that no value fell into, between columns that have some."""
    low, high, mean, filled = columns
    sampled, none = np.flatnonzero(filled), np.empty(0, np.int64)
    if not len(sampled) or sampled[-1] - sampled[0] == len(sampled) - 1:
        return Trace(low, high, mean, none)
    column = np.arange(len(filled))
    low, high, mean = (
        np.interp(column, sampled, values[sampled], left=np.nan, right=np.nan)
        for values in (low, high, mean)
    )
    return Trace(low, high, mean, none)


def smoothed(
    curve: Curve, edges: Float64s, timeline: Timeline | None, origin: float, weight: float
) -> Float64s:
    """The debiased exponential average of a curve, by column of dots.

    It runs over at most a thousand means of equal parts of what the edges span, as TensorBoard's
    does over at most a thousand points, and starts one span earlier.
    """
    span = edges[-1] - edges[0]
    parts = np.linspace(edges[0] - span, edges[-1], 2 * SMOOTHING_PARTS + 1)
    steps = parts if timeline is None else timeline.steps_at(parts + origin)
    if curve.count(steps[0], steps[-1]) <= SMOOTHING_PARTS:
        found, values = curve.samples(steps[0], steps[-1])
        x = found.astype(np.float64)
        x = x if timeline is None else timeline.seconds_at(x) - origin
        y = smooth(values.astype(np.float64), weight)
    else:
        columns = curve.columns(steps)
        x = ((parts[1:] + parts[:-1]) / 2)[columns.filled]
        y = smooth(columns.mean[columns.filled], weight)
    if not len(x):
        return np.full(len(edges) - 1, np.nan)
    return np.asarray(np.interp((edges[1:] + edges[:-1]) / 2, x, y, left=np.nan, right=np.nan))
