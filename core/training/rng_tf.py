"""Randomness inside the compiled step, as a function of seed, step, purpose and place.

A counter-based generator of TensorFlow's inside the compiled loop makes a step several times dearer
on a CPU. A hash of a few integer operations per number is enough for leaving out units and bending
images, and depends on nothing but its inputs, so that a resumed run draws the same numbers. The
mixing steps and constants are Chris Wellons's ``lowbias32``.
"""

from typing import Any

DROPOUT = 16
"""The first number of a purpose that is a layer's dropout; smaller ones are other purposes."""


class StatelessUniform:
    """The random numbers of one step."""

    def __init__(self, tf: Any, step: Any, seed: Any, first_row: Any = 0) -> None:
        """The numbers of step `step`; `first_row` is where in the batch this share of it begins."""
        self._tf = tf
        self._first_row = first_row
        self._key = self._hash(tf.cast(step, tf.uint32) ^ self._hash(tf.cast(seed, tf.uint32)))

    def uniform01(self, shape: tuple[int, int], purpose: int) -> Any:
        """Float32 of this shape in 0..1, 1 excluded; another purpose gives other numbers."""
        tf = self._tf
        places = tf.reshape(tf.range(shape[0] * shape[1], dtype=tf.int32), shape)
        places += self._first_row * shape[1]
        salt = tf.constant(0x9E3779B9 * (purpose + 1) % 2**32, tf.uint32)
        bits = self._hash(tf.cast(places, tf.uint32) ^ self._hash(self._key ^ salt))
        return tf.cast(tf.bitwise.right_shift(bits, self._u32(8)), tf.float32) * 2.0**-24

    def uniform_signed(self, shape: tuple[int, int], purpose: int) -> Any:
        """Float32 of this shape in -1..1."""
        return self.uniform01(shape, purpose) * 2 - 1

    def _hash(self, bits: Any) -> Any:
        tf = self._tf
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            bits = tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, self._u32(shift)))
            bits = bits * self._u32(factor)
        return tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, self._u32(16)))

    def _u32(self, value: int) -> Any:
        return self._tf.constant(value, self._tf.uint32)


class Dropout:
    """Leaves out a share of the hidden units in one step, and scales up the rest."""

    def __init__(self, tf: Any, rate: Any, noise: StatelessUniform) -> None:
        self._tf = tf
        self._rate = rate
        self._noise = noise

    def __call__(self, values: Any, layer: int) -> Any:
        """`values` ``[n, units]`` of hidden layer number `layer`, some of them 0."""
        rows, units = values.shape
        share = self._noise.uniform01((rows, units), DROPOUT + layer)
        return self._tf.where(share >= self._rate, values / (1 - self._rate), 0.0)
