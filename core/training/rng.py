"""Random initial weights and shuffles, as pure functions of the seed.

No generator state is kept between steps: weights, each epoch's permutation and each step's dropout
can be computed again from the seed and the step, which makes a resumed run equal to one that never
stopped.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

_WEIGHTS, _SHUFFLE = 0, 1


def initial_layers(
    sizes: tuple[int, ...], seed: int, *, zero: bool = False
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Weights ``[in, out]`` and biases ``[out]`` for layers of these sizes.

    As in the lab's `mnist.py`: weights from a normal distribution truncated at two standard
    deviations, with a standard deviation of ``1 / sqrt(inputs)``; biases zero. `zero` makes the
    weights zero too, as in `mnist_softmax_xla.py`.
    """
    layers = []
    for number, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        rng = np.random.default_rng((seed, _WEIGHTS, number))
        weights = np.zeros((fan_in, fan_out)) if zero else _truncated_normal(rng, (fan_in, fan_out))
        scaled = (weights / np.sqrt(fan_in)).astype(np.float32)
        layers.append((scaled, np.zeros(fan_out, np.float32)))
    return layers


def _truncated_normal(rng: np.random.Generator, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    values = rng.standard_normal(shape)
    while (far := np.abs(values) > 2).any():
        values[far] = rng.standard_normal(int(far.sum()))
    return values


def epoch_permutation(count: int, seed: int, epoch: int) -> npt.NDArray[np.int32]:
    """The order of the `count` examples in one epoch, int32 ``[count]``."""
    return np.random.default_rng((seed, _SHUFFLE, epoch)).permutation(count).astype(np.int32)
