"""Predictions for a whole split, and the misclassified images ranked by loss.

The loss is a better order than the confidence: it is largest where the network was confident in
another class. Ten thousand images take about a tenth of a second, so callers use a thread; the
batches keep memory small.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.network.network import as_input, softmax
from core.run.metrics import Int64s
from core.rundir.data_source import DataSource, same_training_data
from data.dataset import Dataset, Split, no_class
from data.errors import DataError

BATCH = 1000
"""Images in a batch of the forward pass."""
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Classifies(Protocol):
    """What gives logits: a network, or a person's own model."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Pixels first, and the number of classes last."""

    def logits(self, images: Floats) -> Floats:
        """The logits ``[n, classes]`` of images ``[n, pixels]``, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class SplitPredictions:
    """The predictions for a split: arrays ``[n]`` in the split's order.

    Images of the reject class are left out; `indices` are the positions of the others.
    """

    indices: Integers
    labels: Integers
    predicted: Integers
    confidence: Floats
    """The probability of the predicted class."""
    loss: Floats
    """Cross-entropy in nats."""
    rank: Integers
    """How many classes are more likely than the right one; 0 where it is predicted."""
    classes: int

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def confusion(self) -> Int64s:
        """The confusion matrix: a row for each label, a column for each predicted class."""
        cells = np.bincount(self.labels * self.classes + self.predicted, minlength=self.classes**2)
        return cells.reshape(self.classes, self.classes).astype(np.int64)

    def top_accuracy(self, count: int) -> float:
        """The fraction of images with a class among the `count` most likely; 0 without any."""
        return float((self.rank < count).mean()) if len(self) else 0.0

    def misclassified(self) -> Integers:
        """Positions in these arrays of the misclassified images, largest loss first."""
        return self._worst(self.labels != self.predicted)

    def cell(self, label: int, predicted: int) -> Integers:
        """Positions in these arrays of one cell of the confusion matrix, largest loss first."""
        return self._worst((self.labels == label) & (self.predicted == predicted))

    def _worst(self, chosen: npt.NDArray[np.bool_]) -> Integers:
        positions = np.flatnonzero(chosen)
        return positions[np.argsort(-self.loss[positions], kind="stable")]


def predict_split(network: Classifies, split: Split) -> SplitPredictions:
    """Classify a whole split.

    Raises:
        DataError: the images or the labels do not fit the network.
    """
    images = split.images.reshape(len(split), -1)
    inputs, classes = network.sizes[0], network.sizes[-1]
    indices = np.flatnonzero(~no_class(split.labels))
    labels = split.labels[indices].astype(np.int64)
    if images.shape[1] != inputs or labels.max(initial=0) >= classes:
        raise DataError(
            f"the images have {images.shape[1]:,} pixels and {labels.max(initial=0) + 1} classes; "
            f"the network has {inputs:,} inputs and {classes} classes"
        )
    predicted, rank = np.empty((2, len(labels)), np.int64)
    confidence, loss = np.empty((2, len(labels)), np.float32)
    for start in range(0, len(labels), BATCH):
        part = slice(start, start + BATCH)
        logits = network.logits(as_input(images[indices[part]]))
        predicted[part], confidence[part], loss[part], rank[part] = _score(logits, labels[part])
    return SplitPredictions(indices, labels, predicted, confidence, loss, rank, classes)


def _score(logits: Floats, labels: Integers) -> tuple[Integers, Floats, Floats, Integers]:
    """The predicted class, its probability, the loss and the rank, from logits ``[n, classes]``.

    Where a logit is not finite, the prediction is class 0, the loss is infinite and the rank last.
    """
    finite: npt.NDArray[np.bool_] = np.isfinite(logits).min(axis=1)
    safe = np.where(finite[:, None], logits, np.float32(0))
    predicted = safe.argmax(axis=1)
    row = np.arange(len(labels))
    shifted = safe - safe.max(axis=1, keepdims=True)
    loss = np.log(np.exp(shifted).sum(axis=1)) - shifted[row, labels]
    loss = np.where(finite, loss, np.float32(np.inf))
    right = safe[row, labels][:, None]
    first = np.arange(safe.shape[1]) < labels[:, None]  # of equal logits the first is predicted
    rank = ((safe > right) | ((safe == right) & first)).sum(axis=1)
    rank = np.where(finite, rank, logits.shape[1])
    return predicted, softmax(logits)[row, predicted], loss, rank


def open_dataset(info: Mapping[str, Any]) -> Dataset:
    """Load the data that a run was trained on, by its `run.json`; never downloads.

    A test split of the user's own digits is that of now, also where some were added since.

    Raises:
        DataError: it is not on this machine, or its content has changed.
    """
    fingerprint = info.get("dataset", {}).get("fingerprint")
    if not fingerprint:
        raise DataError("run.json does not say which data the run was trained on")
    dataset = DataSource.from_run_info(info).load(offline=True)
    if not same_training_data(dataset.fingerprint, str(fingerprint)):
        raise DataError(
            f"{dataset.source} has changed, or is not the data that this run was trained on"
        )
    return dataset
