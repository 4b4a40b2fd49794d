"""Stateless random numbers inside the compiled step, by the lowbias32 hash.

TensorFlow's counter-based generator inside the compiled loop makes a step several times slower on a
CPU. A hash of a few integer operations per number is good enough for dropout and augmentation, and
depends on its inputs alone, so that a resumed run draws the same numbers. The mixing steps and
constants are Chris Wellons's ``lowbias32``.
"""

import math
from typing import Any

import tensorflow as tf

DROPOUT = 16
"""The purpose of the first layer's dropout; later layers follow, smaller numbers are others."""
DROPOUT_LAYERS = 1 << 16
"""The purpose of the first dropout layer of a network given as text; later ones follow."""


class StatelessUniform:
    """The random numbers of one step."""

    def __init__(self, step: Any, seed: Any, first_row: Any = 0) -> None:
        """The numbers of step `step`; `first_row` is where this replica's share of it starts."""
        self._first_row = first_row
        self._key = _hash(tf.cast(step, tf.uint32) ^ _hash(tf.cast(seed, tf.uint32)))

    def uniform01(self, shape: tuple[int, int], purpose: int) -> Any:
        """Float32 of this shape in [0, 1); each purpose has its own numbers."""
        positions = tf.reshape(tf.range(shape[0] * shape[1], dtype=tf.int32), shape)
        positions += self._first_row * shape[1]
        salt = _u32(0x9E3779B9 * (purpose + 1) % 2**32)
        bits = _hash(tf.cast(positions, tf.uint32) ^ _hash(self._key ^ salt))
        return tf.cast(tf.bitwise.right_shift(bits, _u32(8)), tf.float32) * 2.0**-24

    def uniform_signed(self, shape: tuple[int, int], purpose: int) -> Any:
        """Float32 of this shape in [-1, 1)."""
        return self.uniform01(shape, purpose) * 2 - 1


class Dropout:
    """Drops a fraction of the hidden units in one step, and scales up the others."""

    def __init__(self, rate: Any, random: StatelessUniform) -> None:
        self._rate = rate
        self._random = random

    def __call__(self, values: Any, layer: int) -> Any:
        """`values` ``[n, units]`` of hidden layer number `layer`, with dropped units set to 0."""
        return self._drop(values, self._rate, DROPOUT + layer)

    def layer(self, values: Any, rate: float | None, place: int) -> Any:
        """`values` ``[n, ...]`` with dropped ones set to 0, by the dropout layer at `place`.

        Without a rate of its own it has that of the hyperparameter.
        """
        return self._drop(values, self._rate if rate is None else rate, DROPOUT_LAYERS + place)

    def _drop(self, values: Any, rate: Any, purpose: int) -> Any:
        rows, *shape = values.shape
        uniform = self._random.uniform01((rows, math.prod(shape)), purpose)
        uniform = tf.reshape(uniform, values.shape)
        return tf.where(uniform >= rate, values / (1 - rate), 0.0)


def _hash(bits: Any) -> Any:
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _u32(shift)))
        bits = bits * _u32(factor)
    return tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _u32(16)))


def _u32(value: int) -> Any:
    return tf.constant(value, tf.uint32)
