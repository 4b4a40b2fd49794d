"""The network and its optimizer in TensorFlow's and Keras's terms: what a step is made of."""

from collections.abc import Callable
from typing import Any

from core.run.hparams import HyperParameters
from core.training.rng import initial_layers
from core.training.rng_tf import Dropout


def forward(
    tf: Any, layers: list[tuple[Any, Any]], images: Any, dropout: Dropout | None = None
) -> Any:
    """Logits ``[n, classes]`` of images ``[n, pixels]`` in 0..1; ReLU between the layers."""
    values = images
    for number, (weights, biases) in enumerate(layers):
        values = tf.matmul(values, weights) + biases
        if number < len(layers) - 1:
            values = tf.nn.relu(values)
            if dropout is not None:
                values = dropout(values, number)
    return values


def init_variables(
    keras: Any, sizes: tuple[int, ...], hparams: HyperParameters
) -> list[tuple[Any, Any]]:
    """Weights ``[inputs, units]`` and biases ``[units]`` of each layer, as a run starts with."""
    layers = initial_layers(sizes, hparams.seed, zero=not hparams.hidden)
    return [
        (
            keras.Variable(weights, name=f"layer{number}_weights"),
            keras.Variable(biases, name=f"layer{number}_biases"),
        )
        for number, (weights, biases) in enumerate(layers)
    ]


def make_optimizer(keras: Any, hparams: HyperParameters) -> Any:
    """Keras's own class for the rule of the steps, with this run's settings."""
    rate, momentum = hparams.learning_rate, hparams.momentum
    kinds: dict[str, Callable[[], Any]] = {
        "sgd": lambda: keras.optimizers.SGD(rate),
        "momentum": lambda: keras.optimizers.SGD(rate, momentum=momentum),
        "nesterov": lambda: keras.optimizers.SGD(rate, momentum=momentum, nesterov=True),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
        "adam": lambda: keras.optimizers.Adam(rate),
        "adamw": lambda: keras.optimizers.AdamW(rate),
    }
    return kinds[hparams.optimizer]()


def slot_name(variable: Any) -> str:
    """``optimizer/...``, without the optimizer's own name, which Keras numbers as it likes."""
    return "optimizer/" + str(variable.path).split("/", 1)[1]
