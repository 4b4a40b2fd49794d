"""The network and its optimizer in TensorFlow and Keras."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.network.architecture import (
    BIASES,
    GAMMA,
    MEAN,
    STATISTICS,
    VARIANCE,
    WEIGHTS,
    Architecture,
    Shape,
    Stage,
)
from core.network.keras_layers import RELU_GAIN
from core.network.network import NORM_EPSILON, NORM_MOMENTUM
from core.run.hparams import HyperParameters
from core.run.layers import BatchNorm, Conv, Dense, Dropout, GlobalPool, Pool
from core.training import rng_tf
from core.training.own_values import OwnValues
from core.training.rng import initial_weights


class Model:
    """The network of an architecture: its variables and its forward pass."""

    def __init__(self, architecture: Architecture, hparams: HyperParameters) -> None:
        """Make the variables, with the initial values that the seed gives."""
        self._architecture = architecture
        self.trained: dict[str, Any] = self._make(hparams.seed, trained=True)
        """Variables that the optimizer changes, by their names in a checkpoint."""
        self.statistics: dict[str, Any] = self._make(hparams.seed, trained=False)
        """Variables that a step changes otherwise."""

    optimizer = None
    """It has no optimizer of its own: the hyperparameters name one."""
    own_values = OwnValues()
    """It asks for no values of its own."""
    notices: Sequence[str] = ()
    """There is nothing to say of it."""
    has_classes, has_metrics = True, False
    """It gives classes, and has no metrics besides."""

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return self._architecture.parameters

    @property
    def has_convolutions(self) -> bool:
        """Whether any layer is a convolution."""
        return self._architecture.has_convolutions

    @property
    def drops(self) -> bool:
        """Whether the hyperparameter `dropout` has an effect."""
        return self._architecture.drops

    @property
    def has_dropout_rates(self) -> bool:
        """Whether a dropout layer has a rate of its own."""
        return self._architecture.has_dropout_rates

    def gains_from_xla(self, tf_device: str) -> bool:
        """Whether XLA makes its steps faster on this device."""
        return "GPU" in tf_device or not self.has_convolutions

    @property
    def variables(self) -> dict[str, Any]:
        """All variables, layer after layer."""
        both = self.trained | self.statistics
        return dict(sorted(both.items(), key=lambda entry: _layer_number(entry[0])))

    def _make(self, seed: int, *, trained: bool) -> dict[str, Any]:
        zero = not self._architecture.layers
        gain = RELU_GAIN if self._architecture.has_convolutions else 1.0
        return {
            name: keras.Variable(
                _initial_value(name, shape, seed, zero=zero, gain=gain),
                name=name.replace("/", "_"),
                trainable=trained,
                aggregation="none" if trained else "mean",
            )
            for name, shape in self._architecture.arrays(trained=trained).items()
        }

    def logits(
        self, images: Any, dropout: rng_tf.Dropout | None = None, *, training: bool = False
    ) -> Any:
        """Logits ``[n, classes]`` of images ``[n, pixels]`` in 0..1.

        While `training`, batch normalizations use the batch's statistics and update their own.
        """
        values = images
        for place, stage in enumerate(self._architecture.stages):
            values = self._apply(stage, values, training=training)
            if stage.relu:
                values = tf.nn.relu(values)
            if dropout is not None and isinstance(stage.layer, Dropout):
                values = dropout.layer(values, stage.layer.rate, place)
            elif dropout is not None and stage.drops and stage.number is not None:
                values = dropout(values, stage.number)
        return values

    def losses(self, outputs: Any, given: Any) -> None:
        """It has no loss of its own: the cross-entropy is taken."""

    def scores(self, outputs: Any) -> Any:
        """A number for each class: its logits."""
        return outputs

    def reset_metrics(self) -> None:
        """It has no metrics besides the loss and the matrix."""

    def add_to_metrics(self, images: Any, more: Any, given: Any) -> dict[str, Any]:  # noqa: ARG002
        """It has no metrics besides the loss and the matrix."""
        return {}

    def penalty(self) -> Any:
        """The losses that its layers add: none."""
        return 0.0

    def squares(self) -> Any:
        """The sum of the squares of all weights, without biases: what L2 penalizes."""
        weights = [
            variable.value for name, variable in self.trained.items() if name.endswith(WEIGHTS)
        ]
        return tf.add_n([tf.reduce_sum(values * values) for values in weights])

    def _apply(self, stage: Stage, values: Any, *, training: bool) -> Any:
        """The output of one stage, before its ReLU; dropout comes later."""
        if len(values.shape) == 2 and len(stage.inputs) == 3 and not isinstance(stage.layer, Dense):
            values = tf.reshape(values, (values.shape[0], *stage.inputs))
        match stage.layer:
            case Conv(stride=stride, valid=valid):
                values = tf.nn.conv2d(
                    values, self._array(stage, WEIGHTS), stride, "VALID" if valid else "SAME"
                )
            case Dense():
                if len(values.shape) > 2:
                    values = tf.reshape(values, (values.shape[0], -1))
                values = tf.matmul(values, self._array(stage, WEIGHTS))
            case Pool(height=height, width=width):
                return tf.nn.max_pool2d(values, (height, width), (height, width), "VALID")
            case GlobalPool():
                return tf.reduce_mean(values, axis=(1, 2))
            case BatchNorm() if len(values.shape) == 4:
                return self._normalized_pixels(stage, values, training=training)
            case BatchNorm():
                values = self._normalized(stage, values, training=training)
            case _:
                return tf.reshape(values, (values.shape[0], *stage.outputs))
        return values + self._array(stage, BIASES) if BIASES in stage.arrays else values

    def _normalized(self, stage: Stage, values: Any, *, training: bool) -> Any:
        mean, variance = self._array(stage, MEAN), self._array(stage, VARIANCE)
        if training:
            mean, variance = tf.nn.moments(values, [0])
            self._update_statistics(stage, mean, variance)
        scale = self._array(stage, GAMMA) * tf.math.rsqrt(variance + NORM_EPSILON)
        return (values - mean) * scale

    def _normalized_pixels(self, stage: Stage, values: Any, *, training: bool) -> Any:
        """Normalize ``[n, height, width, channels]`` and add the biases, as one operation.

        On a CPU it takes a third of the time of several.
        """
        none = tf.zeros(0)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=values,
            scale=self._array(stage, GAMMA),
            offset=self._array(stage, BIASES),
            mean=none if training else self._array(stage, MEAN),
            variance=none if training else self._array(stage, VARIANCE),
            epsilon=NORM_EPSILON,
            is_training=training,
        )
        if training:
            count = math.prod(values.shape[:3])
            # It estimates that of all images, with a divisor of one less.
            self._update_statistics(stage, mean, variance * (max(1, count - 1) / count))
        return outputs

    def _update_statistics(self, stage: Stage, *of_batch: Any) -> None:
        """Move mean and variance ``[channels]`` towards those of a batch."""
        for name, new in zip((MEAN, VARIANCE), of_batch, strict=True):
            variable = self._array(stage, name)
            variable.assign(variable * NORM_MOMENTUM + new * (1 - NORM_MOMENTUM))

    def _array(self, stage: Stage, name: str) -> Any:
        """The TensorFlow variable of one of a stage's arrays."""
        variables = self.statistics if name in STATISTICS else self.trained
        return variables[f"layer{stage.number}/{name}"].value


def _initial_value(name: str, shape: Shape, seed: int, *, zero: bool, gain: float) -> Any:
    """Weights as in the lab, where all is fully connected; else larger, for deeper networks."""
    layer, _, kind = name.partition("/")
    if kind == WEIGHTS and not zero:
        return initial_weights(shape, seed, _layer_number(layer), gain=gain)
    return (np.ones if kind in (GAMMA, VARIANCE) else np.zeros)(shape, np.float32)


def _layer_number(name: str) -> int:
    return int(name.partition("/")[0].removeprefix("layer"))


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
