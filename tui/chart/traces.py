"""What is drawn of a curve: the minimum, maximum and mean for each column of dots.

With more values than columns these are statistics of the values in a column; with fewer, straight
lines between the values. In both cases a value that is not finite leaves a gap.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.run.pyramid import Columns, Float64s, Int64s
from core.run.series import Curve
from core.run.smoothing import smooth
from core.run.timeline import Timeline
from tui.chart.cells import steps_at

SMOOTHING_PARTS = 1000
BESIDE = 8
"""Columns of dots whose values are compared with the first or the last value of a curve."""
COLUMNS_PER_POINT = 12
"""With at most one value in this many columns, each value is drawn as a point."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve on a chart, with its name and colour."""

    name: str
    curve: Curve
    style: int | None = None
    """The number of its colour, from 0; None for its index among the lines."""
    timeline: Timeline | None = None
    """The times of its steps; without it the line cannot be drawn over time."""
    epochs: Timeline | None = None
    """The epochs of its steps, in place of times; without it there is no axis of epochs."""
    layer: int = 0
    """Lines of a greater number are painted over the others."""
    letter: str = ""
    """The letter at its end, if there are several lines; "" for that of its index."""
    has_band: bool | None = None
    """Whether its band is drawn; None: if it is alone, a mean, or on a higher layer."""
    is_void: bool = False
    """Whether it is replaced by another line: drawn dim, and not in the legend."""
    members: tuple["Line", ...] = ()
    """The lines of which this one is the mean, with the spread as its band; the first has
    ``curve``."""

    @property
    def parts(self) -> tuple["Line", ...]:
        """Its members, or itself."""
        return self.members or (self,)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A line's values by column of dots, float64 ``[columns]``; NaN in columns without one."""

    low: Float64s
    high: Float64s
    mean: Float64s
    points: Int64s
    """The columns of values that are drawn as points; none, unless the values are few."""
    ends: Float64s
    """Where the line begins or ends in its first and its last column; elsewhere as ``mean``,
    which it is itself where that is so everywhere."""

    @property
    def is_band(self) -> bool:
        """Whether any column has values that differ."""
        return bool(np.any(self.low < self.high))

    def complement(self) -> "Trace":
        """The trace of 1 minus its values."""
        low, high, mean = 1 - self.high, 1 - self.low, 1 - self.mean
        ends = mean if self.ends is self.mean else 1 - self.ends
        return Trace(low, high, mean, self.points, ends)

    def minus(self, values: Float64s) -> "Trace":
        """The trace of its differences to these values, by column."""
        mean = self.mean - values
        return Trace(self.low - values, self.high - values, mean, self.points, mean)

    def logarithm(self) -> "Trace":
        """The trace on a logarithmic scale."""
        low, high, mean = logarithm(self.low), logarithm(self.high), logarithm(self.mean)
        ends = mean
        if self.ends is not self.mean:
            ends = np.where(self.ends > 0, logarithm(self.ends), mean)
        return Trace(low, high, mean, self.points, ends)


def logarithm(values: Float64s) -> Float64s:
    """Base-10 logarithms; minus infinity, without a warning, for 0 and below; NaN stays."""
    positive = np.where(values > 0, values, 1.0)
    return np.where(values > 0, np.log10(positive), np.where(np.isnan(values), np.nan, -np.inf))


def trace(curve: Curve, edges: Float64s, timeline: Timeline | None, origin: float) -> Trace:
    """The values of a curve in the columns between the edges.

    ``edges`` are steps; with a timeline, seconds after ``origin`` on its clock.
    """
    steps = edges if timeline is None else steps_at(timeline, edges + origin)
    if curve.count(steps[0], steps[-1]) < len(edges) - 1:
        return _polyline(curve, edges, steps, timeline, origin)
    found = _interpolate_gaps(curve.columns(steps))
    return replace(found, ends=_ends(curve, steps, found))


def _ends(curve: Curve, steps: Float64s, found: Trace) -> Float64s:
    """The means, but in the first and the last column the first and the last value of the curve.

    A mean of a column is far from them where the curve is steep. A value among those of the columns
    beside it is part of the noise: there the mean stays.
    """
    ends, width = found.mean, len(found.mean)
    for step, is_last in ((curve.first_step, False), (curve.last_step, True)):
        column = int(np.searchsorted(steps, step, side="right")) - 1
        beside = slice(max(0, column - BESIDE), column)
        if not is_last:
            beside = slice(column + 1, column + 1 + BESIDE)
        nearest = curve.nearest(step) if 0 <= column < width else None
        if nearest is None:
            continue
        value, low, high = nearest[1], found.low[beside], found.high[beside]
        if math.isfinite(value) and not ((low <= value).any() and (high >= value).any()):
            ends = ends.copy() if ends is found.mean else ends
            ends[column] = min(max(value, found.low[column]), found.high[column])
    return ends


def combined(
    means: Sequence[Float64s], ends: Sequence[Float64s], points: Sequence[Int64s]
) -> Trace:
    """The mean of several lines by column, and the least and the greatest of them."""
    values, end = np.array(means), _mean_of_known(np.array(ends))
    low = np.fmin(np.fmin.reduce(values, axis=0), end)
    high = np.fmax(np.fmax.reduce(values, axis=0), end)
    return Trace(low, high, _mean_of_known(values), np.unique(np.concatenate(points)), end)


def _mean_of_known(values: Float64s) -> Float64s:
    """The mean of each column of ``[lines, columns]``; NaN where no line has a value."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    mean = np.full(values.shape[1], np.nan)
    np.divide(np.where(known, values, 0.0).sum(axis=0), count, out=mean, where=count > 0)
    return mean


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
    finite = ~np.isnan(y[inside])
    mean[column[finite]] = y[inside][finite]  # also where a NaN is in the same column
    low, high = mean.copy(), mean.copy()
    np.fmin.at(low, column, y[inside])
    np.fmax.at(high, column, y[inside])
    sparse = len(column) * COLUMNS_PER_POINT <= width
    return Trace(low, high, mean, column[finite] if sparse else column[:0], mean)


def _interpolate_gaps(columns: Columns) -> Trace:
    """A trace of these columns; those without a value get straight lines between the others."""
    low, high, mean, filled = columns
    sampled, none = np.flatnonzero(filled), np.empty(0, np.int64)
    if not len(sampled) or sampled[-1] - sampled[0] == len(sampled) - 1:
        return Trace(low, high, mean, none, mean)
    column = np.arange(len(filled))
    low, high, mean = (
        np.interp(column, sampled, values[sampled], left=np.nan, right=np.nan)
        for values in (low, high, mean)
    )
    return Trace(low, high, mean, none, mean)


def smoothed(
    curve: Curve, edges: Float64s, timeline: Timeline | None, origin: float, weight: float
) -> Float64s:
    """The debiased exponential average of a curve, by column of dots.

    It is computed over the means of a thousand equal parts of the range of the edges, as
    TensorBoard's is over at most a thousand points, and starts one such range earlier.
    """
    span = edges[-1] - edges[0]
    parts = np.linspace(edges[0] - span, edges[-1], 2 * SMOOTHING_PARTS + 1)
    steps = parts if timeline is None else steps_at(timeline, parts + origin)
    if curve.count(steps[0], steps[-1]) <= SMOOTHING_PARTS:
        found, values = curve.samples(steps[0], steps[-1])
        x = found.astype(np.float64)
        x = x if timeline is None else timeline.seconds_at(x) - origin
        y = smooth(values.astype(np.float64), weight)
    else:
        columns = curve.columns(steps)
        x = ((parts[1:] + parts[:-1]) / 2)[columns.has_values]
        y = smooth(columns.mean[columns.has_values], weight)
    if not len(x):
        return np.full(len(edges) - 1, np.nan)
    return np.asarray(np.interp((edges[1:] + edges[:-1]) / 2, x, y, left=np.nan, right=np.nan))
