"""The Keras layers of a network: class names and settings, without importing Keras."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from core.network.architecture import BIASES, WEIGHTS, Architecture, Stage
from core.network.network import NORM_EPSILON, NORM_MOMENTUM
from core.run.layers import BatchNorm, Conv, Dense, Dropout, Flatten, GlobalPool, Pool

RELU_GAIN = 2**0.5
"""Makes up for what a ReLU takes away (He et al., ICCV 2015)."""

KerasLayer = tuple[str, dict[str, Any]]
"""The name of a class of `keras.layers`, and the arguments that it is made with."""


def keras_layers(architecture: Architecture, names: Sequence[str]) -> list[KerasLayer]:
    """The layers from the images ``[n, height, width]`` to the logits.

    `names` are those of the layers with weights; a batch normalization's ends with ``_norm``.
    """
    return list(_layers(architecture, names))


def training_layers(
    architecture: Architecture, names: Sequence[str], dropout: float
) -> list[KerasLayer]:
    """The same layers as they are trained: with first weights, and with dropout after units.

    The layers that drop the fraction `dropout`, which may change, have names that begin with
    ``live``.
    """
    return list(_layers(architecture, names, dropout))


def _layers(
    architecture: Architecture, names: Sequence[str], dropout: float | None = None
) -> Iterator[KerasLayer]:
    shape = architecture.input_shape
    first = architecture.stages[0].layer
    if len(shape) == 3 and shape[2] == 1 and not isinstance(first, Dense | Flatten):
        yield "Reshape", {"name": "channels", "target_shape": shape}
    for place, stage in enumerate(architecture.stages):
        name = names[stage.number] if stage.number is not None else ""
        of_stage = _of_stage(stage, place, name)
        if dropout is None:
            yield from of_stage
            continue
        gain = RELU_GAIN if architecture.has_convolutions else 1.0
        gain = gain if architecture.layers else 0.0
        yield from _trained(of_stage, stage, place, gain, dropout)
        if dropout and stage.drops and stage.number is not None:
            yield "Dropout", {"rate": dropout, "name": f"live{place}"}


def _trained(
    layers: Iterator[KerasLayer], stage: Stage, place: int, gain: float, dropout: float
) -> Iterator[KerasLayer]:
    """The layers of a stage with the distribution of their first weights, and without names."""
    for kind, arguments in layers:
        settings = {key: value for key, value in arguments.items() if key != "name"}
        if kind in ("Conv2D", "Dense"):
            inputs = math.prod(stage.arrays[WEIGHTS][:-1])
            settings["kernel_initializer"] = Normal(gain / math.sqrt(inputs))
        if kind == "Dropout" and not arguments["rate"]:
            settings |= {"rate": dropout, "name": f"live{place}"}
        yield kind, settings


class Normal(float):
    """The standard deviation of a normal distribution that is cut off at two of them."""

    def __repr__(self) -> str:
        """Return it as Keras's initializer."""
        if not self:
            return '"zeros"'
        return f"keras.initializers.TruncatedNormal(stddev={self:.4g})"


def _of_stage(stage: Stage, place: int, name: str) -> Iterator[KerasLayer]:
    activation = "relu" if stage.relu else "linear"
    fused = {"activation": activation, "use_bias": BIASES in stage.arrays}
    if stage.is_flattened:
        yield "Flatten", {"name": "pixels" if not place else f"flatten{place}"}
    match stage.layer:
        case Conv() as conv:
            yield "Conv2D", {
                "name": name, "filters": conv.filters, "kernel_size": (conv.height, conv.width),
                "strides": conv.stride, "padding": "valid" if conv.valid else "same", **fused,
            }  # fmt: skip
        case Dense(units=units):
            yield "Dense", {"name": name, "units": units, **fused}
        case BatchNorm():
            yield "BatchNormalization", {
                "name": f"{name}_norm", "momentum": NORM_MOMENTUM, "epsilon": NORM_EPSILON,
            }  # fmt: skip
            if stage.relu:
                yield "ReLU", {"name": f"{name}_relu"}
        case Pool(height=height, width=width):
            yield "MaxPooling2D", {"name": f"pool{place}", "pool_size": (height, width)}
        case GlobalPool():
            yield "GlobalAveragePooling2D", {"name": f"pool{place}"}
        case Dropout(rate=rate):
            yield "Dropout", {"name": f"dropout{place}", "rate": rate or 0.0}
