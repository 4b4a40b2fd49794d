"""The Keras layers of a network: class names and settings, without importing Keras."""

from collections.abc import Iterator, Sequence
from typing import Any

from core.network.architecture import BIASES, Architecture, Stage
from core.network.network import NORM_EPSILON, NORM_MOMENTUM
from core.run.layers import BatchNorm, Conv, Dense, Dropout, Flatten, GlobalPool, Pool

KerasLayer = tuple[str, dict[str, Any]]
"""The name of a class of `keras.layers`, and the arguments that it is made with."""


def keras_layers(architecture: Architecture, names: Sequence[str]) -> list[KerasLayer]:
    """The layers from the images ``[n, height, width]`` to the logits.

    `names` are those of the layers with weights; a batch normalization's ends with ``_norm``.
    """
    return list(_layers(architecture, names))


def _layers(architecture: Architecture, names: Sequence[str]) -> Iterator[KerasLayer]:
    shape = architecture.input_shape
    first = architecture.stages[0].layer
    if len(shape) == 3 and shape[2] == 1 and not isinstance(first, Dense | Flatten):
        yield "Reshape", {"name": "channels", "target_shape": shape}
    for place, stage in enumerate(architecture.stages):
        name = names[stage.number] if stage.number is not None else ""
        yield from _of_stage(stage, place, name)


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
