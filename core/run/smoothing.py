"""Smooth a noisy curve with the debiased exponential average that TensorBoard uses."""

import numpy as np

from core.run.pyramid import Float64s

CHUNK = 64


def smooth(values: Float64s, weight: float) -> Float64s:
    """The exponential moving average of ``values``, with ``weight`` in [0, 1) on the past.

    It is debiased: divided by the same average of ones, so that the start is not biased towards
    zero. Non-finite values (NaN for no value) are excluded and give NaN.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"the smoothing weight must be at least 0 and below 1, not {weight}")
    known = np.isfinite(values)
    total = _decayed_sum(np.where(known, values, 0.0), weight)
    count = _decayed_sum(known.astype(np.float64), weight)
    average = np.full(len(values), np.nan)
    np.divide(total, count, out=average, where=known)
    return average


def _decayed_sum(values: Float64s, weight: float) -> Float64s:
    """``y[i] = weight * y[i - 1] + values[i]``, computed as a matrix product per chunk."""
    age = np.arange(CHUNK)[:, np.newaxis] - np.arange(CHUNK)
    response = np.where(age >= 0, weight ** np.maximum(age, 0).astype(np.float64), 0.0)
    fading = weight ** np.arange(1.0, CHUNK + 1)
    sums, carried = np.empty(len(values)), 0.0
    for start in range(0, len(values), CHUNK):
        chunk = values[start : start + CHUNK]
        size = len(chunk)
        sums[start : start + size] = response[:size, :size] @ chunk + fading[:size] * carried
        carried = sums[start + size - 1]
    return sums
