"""Statistics of a person's own Keras model, from its arrays alone: the layers that have kernels.

What a layer computes is not known here, so there are no activations, and no dead units.
"""

import math

import numpy as np

from core.network.architecture import Stage
from core.network.health import Distribution, LayerReport, NetworkReport, update_ratio
from core.network.network import Arrays, Floats
from core.network.own_keras import PREFIX
from core.run.layers import OwnModel
from data.errors import DataError

_BIASES = ("bias", "beta")


def inspect_own_model(step: int, arrays: Arrays, before: Arrays) -> NetworkReport:
    """The report on each layer that has an array of two or more axes, in their order.

    Args:
        step: how many steps it was trained.
        arrays: all its arrays, by the names of a checkpoint.
        before: the same one step earlier; empty if not known.

    Raises:
        DataError: there is no such layer.
    """
    kernels = {name: array for name, array in arrays.items() if array.ndim > 1}
    if not kernels:
        raise DataError("this model has no layer whose weights can be shown")
    reports = []
    for number, (name, kernel) in enumerate(kernels.items()):
        layer = name.rpartition("/")[0]
        biases = [arrays[f"{layer}/{one}"] for one in _BIASES if f"{layer}/{one}" in arrays]
        trained = (array for other, array in arrays.items() if other.rpartition("/")[0] == layer)
        shape = tuple(map(int, kernel.shape))
        short = OwnModel(layer.removeprefix(PREFIX).rpartition("/")[2] or layer)
        reports.append(
            LayerReport(
                stage=Stage(short, shape[:-1], shape[-1:], number),
                hidden=True,
                parameters=sum(math.prod(array.shape) for array in trained),
                weights=Distribution.of(_floats(kernel)),
                biases=Distribution.of(_floats(biases[0]) if biases else np.empty(0, np.float32)),
                activations=None,
                dead=None,
                update_ratio=update_ratio(kernel, before.get(name)),
            )
        )
    measured = None if all(report.update_ratio is None for report in reports) else step
    return NetworkReport(step, tuple(reports), tuple(r.stage for r in reports), measured)


def first_kernels(arrays: Arrays) -> Floats | None:
    """The first convolution's kernels as images ``[height, width, filters]``; None without any."""
    for array in arrays.values():
        if array.ndim == 4:
            return np.asarray(_floats(array).mean(axis=2), np.float32)
    return None


def _floats(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Floats:
    return np.asarray(array, np.float32)
