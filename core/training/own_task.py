"""What a person's own model is trained to give: classes, values, or its own input.

A model that gives a number for each class has classes; so has one that gives a single number where
there are two. Values are the targets of its own data; without any, a model that gives as many
numbers as an image has is an autoencoder.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from core.network.own_keras import are_probabilities
from data.dataset import Dataset
from trainpad.errors import UserError

CROSS_ENTROPIES = ("sparse_categorical_crossentropy", "categorical_crossentropy")


@dataclass(frozen=True, slots=True, eq=False)
class OwnTask:
    """What a model gives, and its loss."""

    classes: int
    """How many classes there are; 0 where it gives values."""
    is_single: bool
    """Whether one number says which of two classes it is."""
    threshold: float
    """The single number from which on it is the second class."""
    gives_probabilities: bool
    loss: Any
    """Gives the loss of each example; None for the cross-entropy of classes."""
    takes_labels: bool
    """Whether the loss takes labels as they are, and not as one-hot rows."""

    def targets(self, outputs: Any, given: Any) -> Any:
        """Labels or values in the form that the loss takes, for these outputs."""
        if not self.classes:
            return tf.reshape(given, tf.shape(outputs))
        if self.is_single:
            return tf.cast(given[:, None], outputs.dtype)
        return given if self.takes_labels else tf.one_hot(given, self.classes)

    def losses(self, outputs: Any, given: Any) -> Any:
        """The loss of each example ``[n]``; None where it is the cross-entropy of classes."""
        if self.loss is None:
            return None
        losses = tf.cast(self.loss(self.targets(outputs, given), outputs), tf.float32)
        if not losses.shape.rank:  # the mean of the batch
            return tf.fill((outputs.shape[0],), losses)
        return tf.reduce_mean(tf.reshape(losses, (losses.shape[0], -1)), axis=1)

    def scores(self, outputs: Any) -> Any:
        """A number for each class ``[n, classes]``, the largest for the predicted one."""
        if not self.is_single:
            return outputs
        above = outputs - self.threshold
        return tf.concat([-above, above], axis=1)


def task_of(name: str, model: Any, dataset: Dataset, outputs: npt.NDArray[Any]) -> OwnTask:
    """What the model of the file `name` is trained for, by its outputs for a few examples.

    Raises:
        UserError: the outputs fit nothing in the data.
    """
    found, label = _compiled_loss(model)
    is_fraction, probabilities = are_probabilities(outputs)
    shape, classes = outputs.shape[1:], len(dataset.classes)
    if classes and shape == (classes,):
        loss = None if label in CROSS_ENTROPIES and not _smooths(found) else found
        sparse = label.startswith("sparse")
        return OwnTask(classes, False, 0.0, probabilities, _function(loss), sparse)
    if classes == 2 and shape == (1,):
        loss = found or keras.losses.BinaryCrossentropy(from_logits=not is_fraction)
        return OwnTask(2, True, 0.5 if is_fraction else 0.0, False, _function(loss), False)
    targets = dataset.train.values
    needed = targets.shape[1:] if targets is not None else dataset.image_shape
    if not classes or (found is not None and label not in CROSS_ENTROPIES):
        if np.prod(shape) == np.prod(needed):
            loss = found or keras.losses.MeanSquaredError()
            return OwnTask(0, False, 0.0, False, _function(loss), False)
        expected = f"values of shape {tuple(needed)} as data() has"
        if targets is None:
            expected = f"{classes} numbers, one for each class, or an image of {tuple(needed)}"
        found_shape = f"{tuple(shape)}{_on_labels(targets)}"
        raise UserError(f"{name}: its model must give {expected}, and gives {found_shape}")
    raise UserError(
        f"{name}: its model must give {classes} numbers for an image, one for each class, and "
        f"gives {tuple(shape)}"
    )


def _on_labels(targets: npt.NDArray[Any] | None) -> str:
    """What is said of targets that may be meant as labels; empty of all others."""
    if targets is None or not np.array_equal(targets, np.round(targets)) or targets.min() >= 0:
        return ""
    return f"; labels are whole numbers from 0 on, and the least target is {targets.min():.0f}"


def _compiled_loss(model: Any) -> tuple[Any, str]:
    """The loss that a model was compiled with, and its name; None and empty without one."""
    loss = model.loss if model.compiled else None
    if loss is None:
        return None, ""
    found = loss if isinstance(loss, keras.losses.Loss) else keras.losses.get(loss)
    return found, str(getattr(found, "name", "") or getattr(found, "__name__", ""))


def _smooths(loss: Any) -> bool:
    return bool(getattr(loss, "_fn_kwargs", {}).get("label_smoothing", 0))


def _function(loss: Any) -> Any:
    """What gives the loss of each example, and not their mean."""
    return loss.call if isinstance(loss, keras.losses.Loss) else loss
