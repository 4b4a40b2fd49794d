"""The row of `benchmarks.train_speed` for any `--network` in JAX: many steps under `lax.scan`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.network_rows import architecture_of
from core.network.architecture import Architecture
from core.network.network import NORM_EPSILON
from core.run.layers import BatchNorm, Conv, Dense, Dropout, GlobalPool, Pool

STEPS = 25
"""Steps of one call."""


def jax_steps(
    text: str, images: np.ndarray, labels: np.ndarray, batch: int, rate: float
) -> Callable[[], None]:
    """So many steps of plain gradient descent, the images on the device, the losses read after."""
    import jax
    import jax.numpy as jnp

    architecture = architecture_of(text)
    x, y = jnp.asarray(images.reshape(-1, 28, 28)), jnp.asarray(labels.astype(np.int32))
    arrays = _initial(architecture)

    def loss(arrays: Any, chosen: Any, key: Any) -> Any:
        logits = _forward(architecture, arrays, x[chosen].astype(jnp.float32) / 255, key)
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(batch), y[chosen]])

    def one(arrays: Any, given: Any) -> Any:
        value, slope = jax.value_and_grad(loss)(arrays, *given)
        return jax.tree.map(lambda w, s: w - rate * s, arrays, slope), value

    several = jax.jit(lambda arrays, given: jax.lax.scan(one, arrays, given))
    order = np.random.default_rng(0).permutation(len(images))[: STEPS * batch]
    given = jnp.asarray(order.reshape(STEPS, batch)), jax.random.split(jax.random.key(0), STEPS)

    def steps() -> None:
        nonlocal arrays
        arrays, losses = several(arrays, given)
        np.asarray(losses)

    return steps


def _initial(architecture: Architecture) -> dict[str, Any]:
    """Random weights, and zeros and ones for the other arrays that are trained."""
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    arrays = {}
    for name, shape in architecture.arrays(trained=True).items():
        if name.endswith("weights"):
            scale = (2 / np.prod(shape[:-1])) ** 0.5
            arrays[name] = jnp.asarray(rng.normal(0, scale, shape), jnp.float32)
        else:
            arrays[name] = (jnp.ones if name.endswith("gamma") else jnp.zeros)(shape)
    return arrays


def _forward(architecture: Architecture, arrays: dict[str, Any], values: Any, key: Any) -> Any:
    """The logits of a batch, as while training."""
    import jax
    import jax.numpy as jnp

    values = values.reshape(len(values), *architecture.input_shape)
    for place, stage in enumerate(architecture.stages):
        own = f"layer{stage.number}/"
        match stage.layer:
            case Conv(stride=stride, valid=valid):
                values = jax.lax.conv_general_dilated(
                    values, arrays[f"{own}weights"], (stride, stride), "VALID" if valid else "SAME",
                    dimension_numbers=("NHWC", "HWIO", "NHWC"),
                )  # fmt: skip
            case Dense():
                values = values.reshape(len(values), -1) @ arrays[f"{own}weights"]
            case Pool(height=high, width=wide):
                window = (1, high, wide, 1)
                values = jax.lax.reduce_window(
                    values, -jnp.inf, jax.lax.max, window, window, "VALID"
                )
            case GlobalPool():
                values = values.mean(axis=(1, 2))
            case BatchNorm():
                axes = tuple(range(values.ndim - 1))
                mean, variance = values.mean(axes), values.var(axes)
                scale = arrays[f"{own}gamma"] * jax.lax.rsqrt(variance + NORM_EPSILON)
                values = (values - mean) * scale
            case Dropout(rate=dropped) if dropped:
                kept = jax.random.bernoulli(
                    jax.random.fold_in(key, place), 1 - dropped, values.shape
                )
                values = jnp.where(kept, values / (1 - dropped), 0)
        if "biases" in stage.arrays:
            values = values + arrays[f"{own}biases"]
        values = jax.nn.relu(values) if stage.relu else values
    return values
