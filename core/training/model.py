"""The network and its optimizer in TensorFlow and Keras."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from core.run.hparams import HyperParameters
from core.training.rng import initial_layers
from core.training.rng_tf import Dropout


def forward(layers: list[tuple[Any, Any]], images: Any, dropout: Dropout | None = None) -> Any:
    """Logits ``[n, classes]`` of images ``[n, pixels]`` in 0..1; ReLU between the layers."""
    values = images
    for number, (weights, biases) in enumerate(layers):
        values = tf.matmul(values, weights) + biases
        if number < len(layers) - 1:
            values = tf.nn.relu(values)
            if dropout is not None:
                values = dropout(values, number)
    return values


def init_variables(sizes: tuple[int, ...], hparams: HyperParameters) -> list[tuple[Any, Any]]:
    """Initial weights ``[inputs, units]`` and biases ``[units]`` of each layer."""
    layers = initial_layers(sizes, hparams.seed, zero=not hparams.hidden)
    return [
        (
            keras.Variable(weights, name=f"layer{number}_weights"),
            keras.Variable(biases, name=f"layer{number}_biases"),
        )
        for number, (weights, biases) in enumerate(layers)
    ]


def make_optimizer(hparams: HyperParameters) -> Any:
    """The Keras optimizer that the hyperparameters name."""
    rate, momentum = hparams.learning_rate, hparams.momentum
    optimizers: dict[str, Callable[[], Any]] = {
        "sgd": lambda: keras.optimizers.SGD(rate),
        "momentum": lambda: keras.optimizers.SGD(rate, momentum=momentum),
        "nesterov": lambda: keras.optimizers.SGD(rate, momentum=momentum, nesterov=True),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
        "adam": lambda: keras.optimizers.Adam(rate),
        "adamw": lambda: keras.optimizers.AdamW(rate),
    }
    return optimizers[hparams.optimizer]()


def slot_name(variable: Any) -> str:
    """``optimizer/...``, without the optimizer's own name, which Keras numbers arbitrarily."""
    return "optimizer/" + str(variable.path).split("/", 1)[1]
