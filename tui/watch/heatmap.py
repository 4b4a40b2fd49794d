"""Histograms over steps as one image: each column shows the newest histogram at its steps.

Buckets are resampled to the rows of the image, assuming a uniform distribution within a bucket;
this conserves counts for buckets of any width.
"""

from collections.abc import Sequence

import numpy as np

from core.run.pyramid import Float64s
from core.tfevents.items import Histogram
from tui.chart.viewport import Range

MAX_EDGE = 1e300
"""Edges from here on are placeholders for infinity, as some writers use."""


def value_range(histograms: Sequence[Histogram]) -> Range | None:
    """Return the minimum and maximum of all values, at least a little apart; None without any."""
    valid = [_valid_buckets(histogram) for histogram in histograms]
    lows = [float(buckets[:, 0].min()) for buckets in valid if len(buckets)]
    highs = [float(buckets[:, 1].max()) for buckets in valid if len(buckets)]
    if not lows:
        return None
    low, high = min(lows), max(highs)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = abs(low) / 10 or 0.5
        low, high = low - margin, high + margin
    return low, high


def heatmap_image(
    histograms: Sequence[Histogram], limits: Range, rows: int, columns: int
) -> Float64s:
    """Return the image, float64 ``[rows, columns]`` in 0..1, the largest values at the top.

    Each column is scaled to a maximum of 1; square roots keep the tails visible.
    """
    edges = np.linspace(*limits, rows + 1)
    steps = np.array([histogram.step for histogram in histograms], np.float64)
    ends = np.linspace(steps[0], max(steps[-1], steps[0] + 1), columns + 1)[1:]
    newest = np.searchsorted(steps, ends, side="right") - 1
    resampled = {at: _resample(histograms[at], edges) for at in np.unique(newest).tolist()}
    image = np.stack([resampled[at] for at in newest.tolist()], axis=1)
    maxima = image.max(axis=0, keepdims=True)
    return np.asarray(np.sqrt(np.divide(image, maxima, out=np.zeros_like(image), where=maxima > 0)))


def _resample(histogram: Histogram, edges: Float64s) -> Float64s:
    """Return the number of values between the edges, the largest values first."""
    left, right, count = _valid_buckets(histogram).T[:, :, np.newaxis]
    width = right - left
    inside = np.clip(edges, left, right) - left
    below = np.divide(inside, width, out=np.zeros_like(inside), where=width > 0)
    counts = (count * np.diff(below)).sum(axis=0)
    is_point = width[:, 0] == 0
    at = np.searchsorted(edges, left[is_point, 0], side="right") - 1
    np.add.at(counts, np.clip(at, 0, len(counts) - 1), count[is_point, 0])
    return np.asarray(counts[::-1])


def _valid_buckets(histogram: Histogram) -> Float64s:
    """Return the valid buckets that are not empty."""
    left, right, count = histogram.buckets.T
    ordered = (np.abs(left) < MAX_EDGE) & (np.abs(right) < MAX_EDGE) & (left <= right)
    return np.asarray(histogram.buckets[ordered & (count > 0) & np.isfinite(count)])
