"""Histograms over steps as one picture: a column shows the newest histogram at its steps.

A histogram's buckets are spread over the rows of the picture as if values were even within a
bucket; that conserves counts, whatever the buckets' widths are.
"""

from collections.abc import Sequence

import numpy as np

from core.run.pyramid import Float64s
from core.tfevents.items import Histogram
from tui.chart.viewport import Range

BEYOND = 1e300
"""Edges from here on are those of a writer that had no better one."""


def value_range(histograms: Sequence[Histogram]) -> Range | None:
    """The least and the greatest value of all, a little apart at least; None without any."""
    kept = [_filled(histogram) for histogram in histograms]
    lows = [float(buckets[:, 0].min()) for buckets in kept if len(buckets)]
    highs = [float(buckets[:, 1].max()) for buckets in kept if len(buckets)]
    if not lows:
        return None
    low, high = min(lows), max(highs)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) / 10 or 0.5
        low, high = low - room, high + room
    return low, high


def shares(histograms: Sequence[Histogram], limits: Range, rows: int, columns: int) -> Float64s:
    """The picture, float64 ``[rows, columns]`` from 0 to 1, the greatest values on top.

    Each column is as bright as can be; square roots keep the tails visible.
    """
    edges = np.linspace(*limits, rows + 1)
    steps = np.array([histogram.step for histogram in histograms], np.float64)
    ends = np.linspace(steps[0], max(steps[-1], steps[0] + 1), columns + 1)[1:]
    newest = np.searchsorted(steps, ends, side="right") - 1
    made = {at: _spread(histograms[at], edges) for at in np.unique(newest).tolist()}
    picture = np.stack([made[at] for at in newest.tolist()], axis=1)
    most = picture.max(axis=0, keepdims=True)
    return np.asarray(np.sqrt(np.divide(picture, most, out=np.zeros_like(picture), where=most > 0)))


def _spread(histogram: Histogram, edges: Float64s) -> Float64s:
    """How many values lie between the edges, the greatest values first."""
    left, right, count = _filled(histogram).T[:, :, np.newaxis]
    width = right - left
    inside = np.clip(edges, left, right) - left
    below = np.divide(inside, width, out=np.zeros_like(inside), where=width > 0)
    counts = (count * np.diff(below)).sum(axis=0)
    alone = width[:, 0] == 0
    at = np.searchsorted(edges, left[alone, 0], side="right") - 1
    np.add.at(counts, np.clip(at, 0, len(counts) - 1), count[alone, 0])
    return np.asarray(counts[::-1])


def _filled(histogram: Histogram) -> Float64s:
    """The buckets that hold something and have an order."""
    left, right, count = histogram.buckets.T
    good = (np.abs(left) < BEYOND) & (np.abs(right) < BEYOND) & (left <= right)
    return np.asarray(histogram.buckets[good & (count > 0) & np.isfinite(count)])
