"""The layers of small networks that are not trained, and arrays to compare."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from core.training.rng import initial_weights


def initial_layers(
    sizes: tuple[int, ...], seed: int
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Weights ``[in, out]`` and biases ``[out]`` for layers of these sizes.

    The weights are those that a run with this seed begins with; the biases are zero.
    """
    return [
        (initial_weights(shape, seed, number), np.zeros(shape[1], np.float32))
        for number, shape in enumerate(pairwise(sizes))
    ]


def in_bytes(arrays: Mapping[str, Any]) -> dict[str, bytes]:
    """Arrays as bytes, to be equal to the last bit."""
    return {name: np.asarray(array).tobytes() for name, array in arrays.items()}
