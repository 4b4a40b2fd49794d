"""Random distortions of images, inside the compiled training step.

A distortion is a field of displacements: shift, rotation, scale and shear about the middle, and a
smooth random field for the elastic part. It is applied in two passes, along the rows and then
along the columns, each a product with a matrix of linear interpolation per line. That is a few
multiplications where gathering four neighbours for every pixel would cost several times the step.

The two-pass method is Catmull and Smith's (SIGGRAPH 1980); the elastic field follows the idea of
Simard, Steinkraus and Platt (ICDAR 2003), with a coarse random grid in place of a blurred one.
"""

from typing import Any

ELASTIC_GRID = 4
"""Control points of the elastic field along each side."""


def augment(tf: Any, images: Any, uniform: Any, amounts: Any) -> Any:
    """`images` distorted at random, each in its own way.

    Args:
        tf: TensorFlow.
        images: float32 ``[n, height, width]``.
        uniform: gives float32 ``[n, k]`` in -1..1 for a number of columns ``k``.
        amounts: float32 ``[5]``: the most shift in pixels, rotation in degrees, scale and shear as
            shares, and elastic displacement in pixels.
    """
    n, height, width = images.shape
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x = tf.reshape(tf.range(width, dtype=tf.float32) - middle_x, (1, 1, width))
    y = tf.reshape(tf.range(height, dtype=tf.float32) - middle_y, (1, height, 1))
    chance = uniform(7 + 2 * ELASTIC_GRID * ELASTIC_GRID)

    def column(number: int) -> Any:
        return tf.reshape(chance[:, number], (n, 1, 1))

    angle = column(2) * amounts[1] * (3.14159265 / 180)
    wide, high = 1 + column(3) * amounts[2], 1 + column(4) * amounts[2]
    lean = column(5) * amounts[3]
    # Where the pixel at (x, y) of the result comes from: [[a, b], [c, d]] (x, y) + shift.
    a, b = tf.cos(angle) * wide, tf.sin(angle) * wide + lean
    c, d = -tf.sin(angle) * high, tf.cos(angle) * high
    wave_x = _upsample(tf, chance[:, 7 : 7 + ELASTIC_GRID**2], (n, height, width)) * amounts[4]
    wave_y = _upsample(tf, chance[:, 7 + ELASTIC_GRID**2 :], (n, height, width)) * amounts[4]
    shift_x, shift_y = column(0) * amounts[0], column(1) * amounts[0]
    # The rows are resampled first: at (x, y) they are read where the whole map will need them
    # after the columns have been moved, hence the product with the inverse of d.
    from_y = c * x + d * y + shift_y + wave_y
    from_x = a * x + b * ((y - c * x - shift_y) / d) + shift_x + wave_x
    rows = _resample_rows(tf, images, from_x + middle_x, width)
    turned = tf.transpose(rows, (0, 2, 1))
    from_y = tf.transpose(from_y, (0, 2, 1))
    return tf.transpose(_resample_rows(tf, turned, from_y + middle_y, height), (0, 2, 1))


def _resample_rows(tf: Any, lines: Any, places: Any, length: int) -> Any:
    """Each line ``[n, m, length]`` read at its own fractional `places` ``[n, m, k]``."""
    pixels = tf.reshape(tf.range(length, dtype=tf.float32), (1, 1, length, 1))
    weights = tf.nn.relu(1 - tf.abs(pixels - tf.expand_dims(places, 2)))
    return tf.squeeze(tf.matmul(tf.expand_dims(lines, 2), weights), 2)


def _upsample(tf: Any, values: Any, shape: tuple[int, int, int]) -> Any:
    """A coarse grid ``[n, GRID * GRID]`` drawn out smoothly to ``[n, height, width]``."""
    n, height, width = shape
    grid = tf.reshape(values, (n, ELASTIC_GRID, ELASTIC_GRID))
    tall = tf.linalg.matmul(_blend(tf, height), grid)
    return tf.linalg.matmul(tall, _blend(tf, width), transpose_b=True)


def _blend(tf: Any, length: int) -> Any:
    """``[length, GRID]``: how much each control point counts at each pixel; rows sum to 1."""
    places = tf.range(length, dtype=tf.float32) * ((ELASTIC_GRID - 1) / (length - 1))
    points = tf.range(ELASTIC_GRID, dtype=tf.float32)
    weights = tf.exp(-2.0 * (places[:, None] - points[None, :]) ** 2)
    return weights / tf.reduce_sum(weights, axis=1, keepdims=True)
