"""A person's own Keras model in the place of ours: its variables, forward pass, loss and optimizer.

A compiled model brings its optimizer and its loss; any other trains with ours. Its variables are
in the checkpoint by their paths in the model, those of random generators included, so that a
resumed run draws what it would have drawn.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.network.model_file import ModelFile, build_with, guarded
from core.network.own_keras import named_variables, try_model
from core.run.hparams import HyperParameters
from core.run.own_hparams import PREFIX
from core.training.live_dropout import follow_live_rates
from core.training.own_task import task_of
from core.training.own_values import OwnValues
from data.dataset import PIXEL_SCALE, Dataset
from trainpad.errors import UserError

SAMPLE = 8
"""Images that the model is tried out with."""


class OwnModel:
    """A Keras model that gives a number for each class of an image, or values."""

    drops = has_dropout_rates = False
    """The hyperparameter `dropout` has no effect on it."""

    def __init__(self, file: ModelFile, dataset: Dataset, hparams: HyperParameters) -> None:
        """Build the model of a file, with initial weights from the seed.

        Raises:
            UserError: the file is wrong, or the model does not fit the data.
        """
        keras.utils.clear_session()  # names are numbered from the beginning, in every process
        keras.utils.set_random_seed(hparams.seed)
        self._file = file
        self.own_values = OwnValues()
        tunables = self.own_values.tunables(file)
        self._model = build_with(file, tunables)
        self.own_values.declare(tunables.declared)
        self._asked_for = tunables.values
        if not isinstance(self._model, keras.Model):
            kind = type(self._model).__name__
            raise UserError(
                f"{file.name} must give a Keras model, and gives a value of type {kind}"
            )
        self._inputs = dataset.inputs
        sample = dataset.train.images[:SAMPLE].astype(np.float32)
        if dataset.train.images.dtype == np.uint8:
            sample *= PIXEL_SCALE
        more = [array[:SAMPLE] for array in dataset.train.more]
        self._shape, outputs = try_model(file, self._model, sample, more, dataset.inputs)
        follow_live_rates(self._model)
        self._task = guarded(file, lambda: task_of(file.name, self._model, dataset, outputs))
        self._try_loss(dataset, sample, outputs)
        self.trained = named_variables(self._model.trainable_variables)
        self.statistics = named_variables(self._model.non_trainable_variables)
        self.optimizer = self._model.optimizer if self._model.compiled else None
        """The optimizer that it was compiled with; None if it was not."""
        if not self.trained:
            raise UserError(f"{file.name}: its model has nothing to train")

    def _try_loss(self, dataset: Dataset, images: Any, outputs: Any) -> None:
        """Compute the loss of a few examples.

        Raises:
            UserError: the model's loss fails, or gives something else.
        """
        values = dataset.train.values
        given = images if values is None else values[: len(images)]
        if self.has_classes:
            labels = dataset.train.labels[: len(images)].astype(np.int32)
            given = np.where(labels < len(dataset.classes), labels, 0)
        losses = guarded(
            self._file, lambda: self._task.losses(tf.constant(outputs), tf.constant(given))
        )
        if losses is not None and losses.shape != (len(images),):
            raise UserError(
                f"{self._file.name}: its loss gives {losses.shape[0]} numbers for {len(images)} "
                "images; it may give one for each image, or their mean"
            )

    @property
    def variables(self) -> dict[str, Any]:
        """All variables by their names in a checkpoint."""
        return self.trained | self.statistics

    @property
    def notices(self) -> list[str]:
        """What its function has asked for, as it is now, and what is trained, a sentence each."""
        live = {name.removeprefix(PREFIX): value for name, value in self.own_values.live.items()}
        now = self._asked_for | live
        shown = ", ".join(f"{name} = {value}" for name, value in now.items())
        said = [f"hp: {shown}"] if shown else []
        if self.optimizer is not None:
            # Keras puts an optimizer that scales the loss around one with half precision.
            kind = type(getattr(self.optimizer, "inner_optimizer", self.optimizer)).__name__
            said.append(f"the model is compiled with {kind}: the panel's optimizer has no effect")
        if not self.has_classes and self._model.loss is None:
            said.append("the model is not compiled: it trains with the mean squared error")
        return said

    @property
    def has_classes(self) -> bool:
        """Whether it gives classes, and not values."""
        return bool(self._task.classes)

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(int(np.prod(variable.shape)) for variable in self.trained.values())

    @property
    def has_convolutions(self) -> bool:
        """Whether any layer is a convolution."""
        layers = self._model._flatten_layers()  # noqa: SLF001 - Keras has no public way to sublayers
        return any("Conv" in type(layer).__name__ for layer in layers)

    def gains_from_xla(self, tf_device: str) -> bool:
        """Whether XLA makes its steps faster on this device."""
        draws = any("seed" in name for name in self.statistics)
        return "GPU" in tf_device or not (self.has_convolutions or draws)

    def logits(
        self,
        images: Any,
        dropout: Any = None,  # noqa: ARG002
        *,
        training: bool = False,
        more: Any = (),
    ) -> Any:
        """Logits ``[n, classes]`` of images ``[n, pixels]`` in 0..1; its outputs, with own loss."""
        outputs = self._outputs(images, more, training=training)
        if self._task.gives_probabilities and self._task.loss is None:
            return tf.math.log(tf.clip_by_value(outputs, 1e-7, 1.0))
        return outputs

    def _outputs(self, images: Any, more: Any, *, training: bool) -> Any:
        inputs = tf.reshape(images, (images.shape[0], *self._shape))
        if more:
            every = [inputs, *more]
            inputs = dict(zip(self._inputs, every, strict=True)) if self._inputs else every
        outputs = self._model(inputs, training=training)
        return tf.cast(outputs, tf.float32)  # a policy of Keras may halve or double the precision

    def losses(self, outputs: Any, given: Any) -> Any:
        """The loss of each example ``[n]`` of labels or values.

        Without a loss of its own it is None, and the cross-entropy is taken.
        """
        return self._task.losses(outputs, given)

    def scores(self, outputs: Any) -> Any:
        """A number for each class ``[n, classes]``, the largest for the predicted one."""
        return self._task.scores(outputs)

    @property
    def has_metrics(self) -> bool:
        """Whether it was compiled with metrics."""
        return any(metric.name != "loss" for metric in self._model.metrics)

    def reset_metrics(self) -> None:
        """Begin the metrics of another split."""
        self._model.reset_metrics()

    def add_to_metrics(self, images: Any, more: Any, given: Any) -> dict[str, Any]:
        """The metrics of all batches since the reset, with this one of labels or values."""
        outputs = self._outputs(images, more, training=False)
        targets = self._task.targets(outputs, given)
        found: dict[str, Any] = self._model.compute_metrics(None, targets, outputs)
        return {name: value for name, value in found.items() if name != "loss"}

    def penalty(self) -> Any:
        """The losses that its layers add; 0 without any."""
        added = [tf.cast(loss, tf.float32) for loss in self._model.losses]
        return tf.add_n(added) if added else tf.constant(0.0)

    def squares(self) -> Any:
        """The sum of the squares of all kernels: what L2 penalizes."""
        kernels = [v.value for name, v in self.trained.items() if name.endswith("kernel")]
        squares = [tf.cast(tf.reduce_sum(k * k), tf.float32) for k in kernels]
        return tf.add_n(squares) if squares else tf.constant(0.0)
