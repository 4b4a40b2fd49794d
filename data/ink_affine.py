"""Images moved a little, each in its own way: the same digit as another hand might have written it.

Small shifts, turns and stretches about the middle, as numpy alone computes them, for the fine
tuning on a user's own digits and for the recipe of the built-in weights.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class JitterLimits:
    """The most that an image is changed by; every amount is drawn evenly on both sides of 0."""

    shift: float = 1.0
    """In pixels."""
    rotate: float = 12.0
    """In degrees."""
    scale: float = 0.1
    """As a share, in each direction for itself."""
    shear: float = 0.15
    """Width per height."""


DEFAULT_LIMITS = JitterLimits()


def jittered(
    images: Images, rng: np.random.Generator, amounts: JitterLimits = DEFAULT_LIMITS
) -> Images:
    """Each image ``[n, height, width]`` shifted, turned, stretched and slanted at random."""
    result = np.empty_like(images)
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        result[start : start + _CHUNK] = _resample(chunk, _maps(len(chunk), rng, amounts))
    return result


def _maps(n: int, rng: np.random.Generator, amounts: JitterLimits) -> Floats:
    """``[n, 2, 3]``: where a pixel (x, y, 1) of the result comes from, about the middle."""

    def even(most: float) -> Floats:
        return (most * (2 * rng.random(n) - 1)).astype(np.float32)

    angle = np.deg2rad(even(amounts.rotate))
    wide, high = 1 + even(amounts.scale), 1 + even(amounts.scale)
    lean = even(amounts.shear)
    maps = np.empty((n, 2, 3), np.float32)
    maps[:, 0, 0] = np.cos(angle) * wide
    maps[:, 0, 1] = np.sin(angle) * wide + lean
    maps[:, 1, 0] = -np.sin(angle) * high
    maps[:, 1, 1] = np.cos(angle) * high
    maps[:, 0, 2], maps[:, 1, 2] = even(amounts.shift), even(amounts.shift)
    return maps


def _resample(images: Images, maps: Floats) -> Images:
    """The images read at fractional places, with paper all around."""
    n, height, width = images.shape
    down, across = np.indices((height, width), np.float32).reshape(2, -1)
    middle_x, middle_y = np.float32((width - 1) / 2), np.float32((height - 1) / 2)
    grid = np.stack([across - middle_x, down - middle_y, np.ones_like(across)])
    places = maps @ grid
    # One pixel of paper on each side, so that clipped places read paper.
    x = np.clip(places[:, 0] + middle_x + 1, 0, width + 0.999)
    y = np.clip(places[:, 1] + middle_y + 1, 0, height + 0.999)
    left, top = x.astype(np.int32), y.astype(np.int32)
    x -= left
    y -= top
    stride = width + 3
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2))).reshape(n, -1).astype(np.float32)
    at = top * stride + left

    def read(offset: int) -> Floats:
        values: Floats = np.take_along_axis(padded, at + offset, axis=1)
        return values

    upper = read(0) * (1 - x) + read(1) * x
    lower = read(stride) * (1 - x) + read(stride + 1) * x
    grey: Images = np.rint(upper * (1 - y) + lower * y).astype(np.uint8)
    return grey.reshape(images.shape)
