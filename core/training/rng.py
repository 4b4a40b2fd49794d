"""Random initial weights and shuffles, as pure functions of the seed.

No generator state is kept between steps: weights, each epoch's permutation and each step's dropout
can be computed again from the seed and the step, which makes a resumed run equal to one that never
stopped.
"""

import math

import numpy as np
import numpy.typing as npt

_WEIGHTS, _SHUFFLE = 0, 1


def initial_weights(
    shape: tuple[int, ...], seed: int, number: int, *, gain: float = 1.0
) -> npt.NDArray[np.float32]:
    """Random weights ``[in, out]`` or ``[height, width, in, out]`` of layer `number`.

    As in the lab's `mnist.py` they are from a normal distribution truncated at two standard
    deviations; the standard deviation is ``gain / sqrt(inputs)``.
    """
    fan_in = math.prod(shape[:-1])
    rng = np.random.default_rng((seed, _WEIGHTS, number))
    scaled: npt.NDArray[np.float64] = _truncated_normal(rng, (fan_in, shape[-1])) / np.sqrt(fan_in)
    if gain != 1.0:
        scaled *= gain
    return scaled.astype(np.float32).reshape(shape)


def _truncated_normal(rng: np.random.Generator, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    values = rng.standard_normal(shape)
    while (far := np.abs(values) > 2).any():
        values[far] = rng.standard_normal(int(far.sum()))
    return values


def epoch_permutation(count: int, seed: int, epoch: int) -> npt.NDArray[np.int32]:
    """The order of the `count` examples in one epoch, int32 ``[count]``."""
    return np.random.default_rng((seed, _SHUFFLE, epoch)).permutation(count).astype(np.int32)
