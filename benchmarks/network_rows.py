"""Rows of `benchmarks.train_speed` for any `--network`: Keras, a `tf.function`, PyTorch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from core.network.architecture import BIASES, Architecture, build_architecture
from core.network.keras_layers import keras_layers
from core.run.layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalPool,
    Pool,
    parse_layers,
)

Timed = Callable[[Callable[[], object], int, int], dict[str, float]]


def architecture_of(text: str) -> Architecture:
    return build_architecture(parse_layers(text), (28, 28), 10)


def keras_model(text: str, rate: float) -> Any:
    import keras

    architecture = architecture_of(text)
    names = [f"layer{number}" for number in range(len(architecture.weighted))]
    layers = [getattr(keras.layers, kind)(**a) for kind, a in keras_layers(architecture, names)]
    model = keras.Sequential([keras.Input((28, 28)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate), loss)
    return model


def keras_fit(
    text: str, images: np.ndarray, labels: np.ndarray, batch: int, rate: float, steps: int
) -> Callable[[], None]:
    """An epoch of so many steps of `fit`, nothing printed."""
    model = keras_model(text, rate)
    rows = min(len(images), steps * batch)
    floats = images[:rows].astype(np.float32).reshape(-1, 28, 28) / 255

    def epoch() -> None:
        model.fit(floats, labels[:rows], batch_size=batch, epochs=1, verbose=0)

    return epoch


def function_step(
    text: str, images: np.ndarray, labels: np.ndarray, batch: int, rate: float
) -> Callable[[], None]:
    """One step as a `tf.function`, the images on the device, the loss read after each."""
    import tensorflow as tf

    model = keras_model(text, rate)
    x, y = tf.constant(images.reshape(-1, 28, 28)), tf.constant(labels.astype(np.int32))
    has_convolutions = architecture_of(text).has_convolutions

    @tf.function(jit_compile=not has_convolutions)
    def one(chosen: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(tf.cast(tf.gather(x, chosen), tf.float32) / 255, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather(y, chosen), logits)
            loss = tf.reduce_mean(losses)
        slopes = tape.gradient(loss, [v.value for v in model.trainable_variables])
        model.optimizer.apply(slopes, model.trainable_variables)
        return loss

    order = np.random.default_rng(0).permutation(len(images)).astype(np.int32)
    place = 0

    def step() -> None:
        nonlocal place
        chosen = order[place : place + batch]
        place = (place + batch) % (len(order) - batch)
        float(one(tf.constant(chosen)))

    return step


def torch_step(
    text: str, images: np.ndarray, labels: np.ndarray, batch: int, rate: float
) -> Callable[[], None]:
    """PyTorch's eager loop on indexed tensors."""
    import torch

    model = torch.nn.Sequential(*_torch_layers(text))
    x = torch.tensor(images.reshape(-1, 1, 28, 28), dtype=torch.uint8)
    y = torch.tensor(labels, dtype=torch.long)
    optimizer = torch.optim.SGD(model.parameters(), rate)
    order = torch.randperm(len(x))
    place = 0

    def step() -> None:
        nonlocal place
        chosen = order[place : place + batch]
        place = (place + batch) % (len(order) - batch)
        value = torch.nn.functional.cross_entropy(model(x[chosen].float() / 255), y[chosen])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        float(value.detach())

    return step


def _torch_layers(text: str) -> list[Any]:
    from torch import nn

    made: list[Any] = []
    for stage in architecture_of(text).stages:
        if stage.is_flattened:
            made.append(nn.Flatten())
        has_bias = BIASES in stage.arrays
        match stage.layer:
            case Conv(filters=filters, height=high, width=wide, stride=stride, valid=valid):
                padding = (0, 0) if valid else (high // 2, wide // 2)
                kernel, channels = (high, wide), stage.inputs[2]
                made.append(nn.Conv2d(channels, filters, kernel, stride, padding, bias=has_bias))
            case Dense(units=units):
                made.append(nn.Linear(int(np.prod(stage.inputs)), units, bias=has_bias))
            case BatchNorm():
                flat = len(stage.inputs) == 1
                made.append((nn.BatchNorm1d if flat else nn.BatchNorm2d)(stage.inputs[-1]))
            case Pool(height=high, width=wide):
                made.append(nn.MaxPool2d((high, wide)))
            case GlobalPool():
                made += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            case Dropout(rate=dropped):
                made.append(nn.Dropout(dropped or 0.0))
            case Flatten():
                pass
        if stage.relu:
            made.append(nn.ReLU())
    return made
