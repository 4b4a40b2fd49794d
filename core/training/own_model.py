"""A person's own Keras model in the place of ours: its variables, forward pass, loss and optimizer.

A compiled model brings its optimizer and its loss; any other trains with ours. Its variables are
in the checkpoint by their paths in the model, those of random generators included, so that a
resumed run draws what it would have drawn.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from core.network.model_file import ModelFile, build_with
from core.network.own_keras import named_variables, try_model
from core.run.hparams import HyperParameters
from core.training.live_dropout import follow_live_rates
from core.training.own_values import OwnValues
from data.dataset import PIXEL_SCALE, Dataset
from trainpad.errors import UserError

SAMPLE = 8
"""Images that the model is tried out with."""
CROSS_ENTROPIES = ("sparse_categorical_crossentropy", "categorical_crossentropy")


class OwnModel:
    """A Keras model that takes one image and gives a number for each class."""

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
        self._classes = len(dataset.classes)
        images = dataset.train.images[:SAMPLE].astype(np.float32) * PIXEL_SCALE
        self._shape, outputs = try_model(file, self._model, images, self._classes)
        follow_live_rates(self._model)
        sums = outputs.sum(axis=1)
        self._gives_probabilities = bool((outputs >= 0).all() and np.allclose(sums, 1, atol=1e-3))
        self.trained = named_variables(self._model.trainable_variables)
        self.statistics = named_variables(self._model.non_trainable_variables)
        self.optimizer = self._model.optimizer if self._model.compiled else None
        """The optimizer that it was compiled with; None if it was not."""
        self._loss = self._own_loss()
        if not self.trained:
            raise UserError(f"{file.name}: its model has nothing to train")

    @property
    def variables(self) -> dict[str, Any]:
        """All variables by their names in a checkpoint."""
        return self.trained | self.statistics

    @property
    def notices(self) -> list[str]:
        """The values that its function has asked for, as a sentence."""
        shown = ", ".join(f"{name} = {value}" for name, value in self._asked_for.items())
        return [f"hp: {shown}"] if shown else []

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

    def logits(self, images: Any, dropout: Any = None, *, training: bool = False) -> Any:  # noqa: ARG002
        """Logits ``[n, classes]`` of images ``[n, pixels]`` in 0..1; its outputs, with own loss."""
        outputs = self._model(
            tf.reshape(images, (images.shape[0], *self._shape)), training=training
        )
        if self._gives_probabilities and self._loss is None:
            return tf.math.log(tf.clip_by_value(outputs, 1e-7, 1.0))
        return outputs

    def losses(self, outputs: Any, labels: Any) -> Any:
        """The loss of each example ``[n]``, by the loss that it was compiled with.

        Without one, or with a plain cross-entropy, it is None, and the cross-entropy is taken.
        """
        if self._loss is None:
            return None
        targets = labels if self._loss_takes_labels else tf.one_hot(labels, self._classes)
        losses = self._loss(targets, outputs)
        return tf.reshape(losses, (losses.shape[0], -1))[:, 0]

    def penalty(self) -> Any:
        """The losses that its layers add; 0 without any."""
        return tf.add_n(self._model.losses) if self._model.losses else tf.constant(0.0)

    def squares(self) -> Any:
        """The sum of the squares of all kernels: what L2 penalizes."""
        kernels = [v.value for name, v in self.trained.items() if name.endswith("kernel")]
        return tf.add_n([tf.reduce_sum(k * k) for k in kernels]) if kernels else tf.constant(0.0)

    def _own_loss(self) -> Any:
        """The loss that it was compiled with; None for a plain cross-entropy, or without one."""
        loss = self._model.loss if self._model.compiled else None
        if loss is None:
            return None
        found = loss if isinstance(loss, keras.losses.Loss) else keras.losses.get(loss)
        name = str(getattr(found, "name", "") or getattr(found, "__name__", ""))
        smoothing = getattr(found, "_fn_kwargs", {}).get("label_smoothing", 0)
        if name in CROSS_ENTROPIES and not smoothing:
            return None
        self._loss_takes_labels = name.startswith("sparse")
        return found.call if isinstance(found, keras.losses.Loss) else found
