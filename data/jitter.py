"""Random affine jitter of images in numpy: small shifts, rotations, scales and shears.

For fine-tuning on the user's digits and for the recipe of the built-in weights;
`core.training.augment` does the same on the device.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class JitterLimits:
    """The largest changes of an image; each is drawn uniformly from both sides of 0."""

    shift: float = 1.0
    """In pixels."""
    rotate: float = 12.0
    """In degrees."""
    scale: float = 0.1
    """As a fraction, separately in each direction."""
    shear: float = 0.15
    """Width per height."""


DEFAULT_LIMITS = JitterLimits()


def jittered(
    images: Images, rng: np.random.Generator, limits: JitterLimits = DEFAULT_LIMITS
) -> Images:
    """Shift, rotate, scale and shear each image ``[n, height, width]`` at random."""
    result = np.empty_like(images)
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        result[start : start + _CHUNK] = _resample(chunk, _maps(len(chunk), rng, limits))
    return result


def _maps(n: int, rng: np.random.Generator, limits: JitterLimits) -> Floats:
    """Affine maps ``[n, 2, 3]`` from a result's pixel (x, y, 1) to its source, from the middle."""

    def uniform(limit: float) -> Floats:
        return (limit * (2 * rng.random(n) - 1)).astype(np.float32)

    angle = np.deg2rad(uniform(limits.rotate))
    scale_x, scale_y = 1 + uniform(limits.scale), 1 + uniform(limits.scale)
    shear = uniform(limits.shear)
    maps = np.empty((n, 2, 3), np.float32)
    maps[:, 0, 0] = np.cos(angle) * scale_x
    maps[:, 0, 1] = np.sin(angle) * scale_x + shear
    maps[:, 1, 0] = -np.sin(angle) * scale_y
    maps[:, 1, 1] = np.cos(angle) * scale_y
    maps[:, 0, 2], maps[:, 1, 2] = uniform(limits.shift), uniform(limits.shift)
    return maps


def _resample(images: Images, maps: Floats) -> Images:
    """Sample the images at fractional positions; outside is background."""
    n, height, width = images.shape
    down, across = np.indices((height, width), np.float32).reshape(2, -1)
    middle_x, middle_y = np.float32((width - 1) / 2), np.float32((height - 1) / 2)
    grid = np.stack([across - middle_x, down - middle_y, np.ones_like(across)])
    positions = maps @ grid
    # One pixel of paper on each side, so that clipped positions read background.
    x = np.clip(positions[:, 0] + middle_x + 1, 0, width + 0.999)
    y = np.clip(positions[:, 1] + middle_y + 1, 0, height + 0.999)
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
