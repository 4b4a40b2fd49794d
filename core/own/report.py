"""Statistics of a person's own Keras model, a layer at a time.

Until Keras has loaded it only its arrays are known: the layers that have kernels, their weights and
biases. Then the layers come in the order in which they are computed, with what they give.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.network.architecture import Shape, Stage
from core.network.health import (
    Distribution,
    LayerReport,
    NetworkReport,
    TaggedDistribution,
    update_ratio,
)
from core.network.network import Arrays, Floats
from core.network.own_keras import PREFIX
from core.own.layer import OwnLayer
from core.run.layers import OpaqueLayer
from data.errors import DataError

BIASES = ("bias", "beta")
NOTHING = np.empty(0, np.float32)
Inspected = Mapping[str, tuple[Distribution, int]]
"""The activations and the dead channels of layers, by name."""


def inspect_own_model(
    step: int,
    arrays: Arrays,
    before: Arrays,
    layers: Sequence[OwnLayer] = (),
    inspected: Inspected | None = None,
) -> NetworkReport:
    """The report on each layer with a kernel, and all layers in their order.

    Args:
        step: how many steps it was trained.
        arrays: all its arrays, by the names of a checkpoint.
        before: the same one step earlier; empty if not known.
        layers: its layers, once Keras has loaded it.
        inspected: what they give for a sample of images.

    Raises:
        DataError: there is no layer with a kernel.
    """
    known = layers or layers_of_arrays(arrays)
    last = next((one for one in reversed(known) if kernel_name(one, arrays)), None)
    reports: list[LayerReport] = []
    stages: list[Stage] = []
    for layer in known:
        kernel = kernel_name(layer, arrays)
        number = len(reports) if kernel else None
        stages.append(Stage(OpaqueLayer(layer.name), layer.inputs, layer.outputs, number))
        if kernel:
            is_last = layer is last
            found = (inspected or {}).get(layer.name)
            reports.append(_report(layer, stages[-1], kernel, arrays, before, found, is_last))
        elif reports:
            reports[-1] = _with_variables(reports[-1], layer, arrays)
    if not reports:
        raise DataError("this model has no layer with weights that can be shown")
    measured = None if all(report.update_ratio is None for report in reports) else step
    return NetworkReport(step, tuple(reports), tuple(stages), measured)


def layers_of_arrays(arrays: Arrays) -> list[OwnLayer]:
    """The layers that have kernels, as far as arrays say; shapes are those of the kernels."""
    found = []
    for name, kernel in arrays.items():
        if kernel.ndim > 1:
            layer = name.rpartition("/")[0]
            own = tuple(other for other in arrays if other.rpartition("/")[0] == layer)
            shape: Shape = tuple(map(int, kernel.shape))
            short = layer.removeprefix(PREFIX).rpartition("/")[2] or layer
            parameters = sum(math.prod(arrays[other].shape) for other in own)
            found.append(OwnLayer(short, "", shape[:-1], shape[-1:], parameters, 0, own))
    return found


def kernel_name(layer: OwnLayer, arrays: Arrays) -> str:
    """The name of the array that a layer multiplies its inputs with; empty without one."""
    return next((n for n in layer.variables if n in arrays and arrays[n].ndim > 1), "")


def first_kernels(arrays: Arrays) -> Floats | None:
    """The kernels of the first convolution as images, of one channel or of three colours.

    ``[height, width, filters]`` or ``[height, width, 3, filters]``; None without a convolution.
    """
    for array in arrays.values():
        if array.ndim == 4:
            kernels = _floats(array)
            return kernels if kernels.shape[2] == 3 else np.asarray(kernels.mean(axis=2))
    return None


def _report(
    layer: OwnLayer,
    stage: Stage,
    kernel: str,
    arrays: Arrays,
    before: Arrays,
    found: tuple[Distribution, int] | None,
    is_last: bool,
) -> LayerReport:
    named = {n: Distribution.of(_floats(arrays[n])) for n in layer.variables if n in arrays}
    biases = next((n for n in named if n.rpartition("/")[2] in BIASES), None)
    activations, dead = found or (None, None)
    shown = {"weights": TaggedDistribution(kernel, named[kernel])}
    if biases is not None:
        shown["biases"] = TaggedDistribution(biases, named[biases])
    shown["activations"] = TaggedDistribution("", activations)
    shown |= {
        name.rpartition("/")[2]: TaggedDistribution(name, values)
        for name, values in named.items()
        if name not in (kernel, biases)
    }
    return LayerReport(
        stage=stage,
        hidden=not is_last,
        parameters=layer.parameters,
        multiply_adds=layer.multiply_adds,
        weights=named[kernel],
        biases=named[biases] if biases else Distribution.of(NOTHING),
        activations=activations,
        histograms=shown,
        dead=None if is_last else dead,
        update_ratio=update_ratio(arrays[kernel], before.get(kernel)),
    )


def _with_variables(report: LayerReport, layer: OwnLayer, arrays: Arrays) -> LayerReport:
    """The report with the variables of a layer without a kernel, which follows its layer.

    Those that are trained count as parameters, as for a network given as text.
    """
    more = {
        f"{layer.name} {name.rpartition('/')[2]}": TaggedDistribution(
            name, Distribution.of(_floats(arrays[name]))
        )
        for name in layer.variables
        if name in arrays
    }
    return dataclasses.replace(
        report,
        parameters=report.parameters + layer.parameters,
        histograms={**report.histograms, **more},
    )


def _floats(array: npt.NDArray[np.generic]) -> Floats:
    return np.asarray(array, np.float32)
