"""Dropout layers with a live value of `hp` as their rate.

Keras asks whether a rate is above 0 while it builds the step, which it cannot of a variable. So
the layer gets a call of its own, which always drops: at the rate 0 nothing.
"""

from functools import partial
from typing import Any

import keras

from trainpad.errors import UserError

KINDS = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)


def follow_live_rates(model: Any) -> None:
    """Let the dropout layers of a model read live rates.

    Raises:
        UserError: another layer has a live value as its rate.
    """
    for layer in model._flatten_layers():  # noqa: SLF001 - Keras has no public way to sublayers
        if not isinstance(vars(layer).get("rate"), keras.Variable):
            continue
        if type(layer) not in KINDS:
            raise UserError(
                f"a layer of type {type(layer).__name__} takes no live rate: give the value "
                "on_change=function, which sets it"
            )
        layer.call = partial(_drop, layer)


def _drop(layer: Any, inputs: Any, training: bool = False) -> Any:
    if not training:
        return inputs
    is_spatial = hasattr(layer, "_get_noise_shape")
    noise = layer._get_noise_shape(inputs) if is_spatial else layer.noise_shape  # noqa: SLF001
    shape = [size or inputs.shape[i] for i, size in enumerate(noise or inputs.shape)]
    rate = keras.ops.cast(layer.rate.value, inputs.dtype)
    drawn = keras.random.uniform(shape, dtype=inputs.dtype, seed=layer.seed_generator)
    return keras.ops.where(drawn >= rate, inputs / (1 - rate), keras.ops.zeros_like(inputs))
