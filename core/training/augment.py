"""Random augmentation of images inside the compiled training step.

An augmentation is a field of displacements: shift, rotation, scale and shear about the middle, and
a smooth random field for the elastic part. It is applied in two passes, along the rows and then
along the columns, each a product with a matrix of linear interpolation per row. Gathering four
neighbours for every pixel instead would cost several times the step.

The two-pass method is Catmull and Smith's (SIGGRAPH 1980); the elastic field follows Simard,
Steinkraus and Platt (ICDAR 2003), with a coarse random grid in place of a blurred one.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from core.training.rng_tf import StatelessUniform

ELASTIC_GRID = 4
"""Control points of the elastic field along each side."""
RANDOM_COLUMNS = 7 + 2 * ELASTIC_GRID**2
"""Random numbers that each image needs."""


def augment_images(
    images: Any, image_shape: Sequence[int], random: StatelessUniform, limits: Any
) -> Any:
    """Distort images ``[n, pixels]`` of one shape; all channels of one in the same way."""
    n = images.shape[0]
    height, width, *channels = image_shape
    uniform = random.uniform_signed((n, RANDOM_COLUMNS), 0)
    if not channels:
        augmented = augment(tf.reshape(images, (n, height, width)), uniform, limits)
        return tf.reshape(augmented, images.shape)
    planes = tf.transpose(tf.reshape(images, (n, height, width, *channels)), (0, 3, 1, 2))
    planes = tf.reshape(planes, (n * channels[0], height, width))
    planes = augment(planes, tf.repeat(uniform, channels[0], axis=0), limits)
    planes = tf.reshape(planes, (n, channels[0], height, width))
    return tf.reshape(tf.transpose(planes, (0, 2, 3, 1)), images.shape)


def augment(images: Any, uniform: Any, limits: Any) -> Any:
    """Distort each image at random.

    Args:
        images: float32 ``[n, height, width]``.
        uniform: float32 ``[n, RANDOM_COLUMNS]`` in -1..1.
        limits: float32 ``[5]``: the largest shift in pixels, rotation in degrees, scale and shear
            as fractions, and elastic displacement in pixels.

    Returns:
        float32 ``[n, height, width]``.
    """
    _, height, width = images.shape
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x = tf.reshape(tf.range(width, dtype=tf.float32) - middle_x, (1, 1, width))
    y = tf.reshape(tf.range(height, dtype=tf.float32) - middle_y, (1, height, 1))
    from_x, from_y = _source(x, y, uniform, limits)
    rows = _resample_rows(images, from_x + middle_x, width)
    columns = tf.transpose(rows, (0, 2, 1))
    from_y = tf.transpose(from_y, (0, 2, 1))
    return tf.transpose(_resample_rows(columns, from_y + middle_y, height), (0, 2, 1))


def _source(x: Any, y: Any, uniform: Any, limits: Any) -> tuple[Any, Any]:
    """Where each pass reads its pixels, from the middle: both ``[n, height, width]``."""
    shape = (uniform.shape[0], y.shape[1], x.shape[2])

    def column(number: int) -> Any:
        return tf.reshape(uniform[:, number], (shape[0], 1, 1))

    angle = column(2) * limits[1] * (3.14159265 / 180)
    scale_x, scale_y = 1 + column(3) * limits[2], 1 + column(4) * limits[2]
    shear = column(5) * limits[3]
    # The pixel at (x, y) of the result comes from [[a, b], [c, d]] (x, y) + shift.
    a, b = tf.cos(angle) * scale_x, tf.sin(angle) * scale_x + shear
    c, d = -tf.sin(angle) * scale_y, tf.cos(angle) * scale_y
    elastic_x = _upsample(uniform[:, 7 : 7 + ELASTIC_GRID**2], shape) * limits[4]
    elastic_y = _upsample(uniform[:, 7 + ELASTIC_GRID**2 :], shape) * limits[4]
    shift_x, shift_y = column(0) * limits[0], column(1) * limits[0]
    # The rows are resampled first: at (x, y) they are read where the whole map will need them
    # after the columns have been moved, hence the division by d.
    from_y = c * x + d * y + shift_y + elastic_y
    from_x = a * x + b * ((y - c * x - shift_y) / d) + shift_x + elastic_x
    return from_x, from_y


def _resample_rows(rows: Any, positions: Any, length: int) -> Any:
    """Sample each row ``[n, m, length]`` at its own fractional `positions` ``[n, m, k]``."""
    pixels = tf.reshape(tf.range(length, dtype=tf.float32), (1, 1, length, 1))
    weights = tf.nn.relu(1 - tf.abs(pixels - tf.expand_dims(positions, 2)))
    return tf.squeeze(tf.matmul(tf.expand_dims(rows, 2), weights), 2)


def _upsample(values: Any, shape: tuple[int, int, int]) -> Any:
    """Interpolate coarse grids ``[n, ELASTIC_GRID**2]`` smoothly to ``[n, height, width]``."""
    n, height, width = shape
    grid = tf.reshape(values, (n, ELASTIC_GRID, ELASTIC_GRID))
    tall = tf.linalg.matmul(_blend(height), grid)
    return tf.linalg.matmul(tall, _blend(width), transpose_b=True)


def _blend(length: int) -> Any:
    """``[length, ELASTIC_GRID]``: the weight of each control point at each pixel; rows sum to 1."""
    positions = tf.range(length, dtype=tf.float32) * ((ELASTIC_GRID - 1) / (length - 1))
    points = tf.range(ELASTIC_GRID, dtype=tf.float32)
    weights = tf.exp(-2.0 * (positions[:, None] - points[None, :]) ** 2)
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)
