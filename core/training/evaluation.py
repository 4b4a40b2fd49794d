"""The forward pass over the examples on a device, and the evaluation of whole splits."""

from typing import Any

import numpy as np
import tensorflow as tf

from core.training.device_data import PADDING, DeviceData
from core.training.model import Model
from core.training.own_model import OwnModel
from core.training.rng_tf import Dropout

CONVOLUTION_BATCH = 200
"""Images in a batch of the compiled evaluation of a network with convolutions."""


class Evaluation:
    """A model with its data: what it gives, what it is to give, and how far these differ."""

    def __init__(self, model: Model | OwnModel, data: DeviceData, classes: int) -> None:
        self._model, self._data = model, data
        self._classes = classes if model.has_classes else 0
        self._batch = CONVOLUTION_BATCH if model.has_convolutions else PADDING
        self.forget()

    def forget(self) -> None:
        """Compile the metrics again when they are next computed."""
        self._add_to_metrics = tf.function(self._metrics_of_batch, autograph=False)

    def forward(
        self, images: Any, batch: Any, dropout: Dropout | None = None, *, training: bool = False
    ) -> Any:
        """What the model gives for the images of the examples `batch`, and its other inputs."""
        inputs = {"more": more} if (more := self._data.more(batch)) else {}
        return self._model.logits(images, dropout, training=training, **inputs)

    def given(self, batch: Any, images: Any) -> Any:
        """What the model is to give for the examples `batch`: labels, values, or the images."""
        if self._model.has_classes:
            return self._data.labels(batch)
        return self._data.values(batch) if self._data.has_values else images

    def loop(self, start: Any, count: Any) -> Any:
        """The confusion matrix and the sum of the losses of `count` examples, to be compiled."""
        size, classes = self._batch, max(1, self._classes)

        def cond(done: Any, _matrix: Any, _total: Any) -> Any:
            return done < count

        def body(done: Any, matrix: Any, total: Any) -> Any:
            indices = start + done + tf.range(size)
            images = self._data.images(indices)
            given = self.given(indices, images)
            counts = tf.cast(tf.range(size) < count - done, tf.float32)
            logits = self.forward(images, indices)
            if self._classes:
                true = tf.one_hot(given, classes) * counts[:, None]
                predicted = tf.argmax(self._model.scores(logits), axis=1)
                matrix += tf.matmul(true, tf.one_hot(predicted, classes), transpose_a=True)
            losses = self._model.losses(logits, given)
            if losses is None:
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(given, logits)
            return done + size, matrix, total + tf.reduce_sum(losses * counts)

        zero = tf.zeros((classes, classes))
        _, matrix, total = tf.while_loop(cond, body, (tf.constant(0), zero, tf.constant(0.0)))
        return matrix, total

    def counts(self, matrix: Any) -> list[list[int]]:
        """The confusion matrix as whole numbers; empty without classes."""
        rows: list[list[int]] = np.rint(matrix.numpy()).astype(int).tolist()
        return rows if self._classes else []

    def metrics(self, start: int, count: int) -> dict[str, float]:
        """The metrics that a model of one's own was compiled with, of `count` examples."""
        if not self._model.has_metrics:
            return {}
        self._model.reset_metrics()
        found: dict[str, Any] = {}
        for first in range(start, start + count, self._batch):
            found = self._add_to_metrics(
                tf.constant(first), min(self._batch, start + count - first)
            )
        return {name: float(value) for name, value in found.items()}

    def _metrics_of_batch(self, first: Any, size: int) -> Any:
        indices = first + tf.range(size)
        images = self._data.images(indices)
        given = self.given(indices, images)
        return self._model.add_to_metrics(images, self._data.more(indices), given)
