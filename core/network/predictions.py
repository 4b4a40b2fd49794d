"""Which images of a split a network reads worst: one forward pass in numpy, ranked by loss.

The loss ranks better than the confidence alone: it is large exactly where the network was sure of
something else. A pass over ten thousand images takes a tenth of a second or so and belongs in a
thread; it works in batches, which keeps memory small.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.network.network import Network, softmax
from core.run.metrics import Int64s
from core.rundir.data_source import DataSource
from data.dataset import NO_CLASS, Dataset, Split
from data.errors import DataError

BATCH = 1000
"""Images that a pass looks at together."""
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SplitPredictions:
    """How a network read every image of a split: arrays ``[n]`` in the split's order.

    Images that show none of the classes are left out; `places` says where the others stand.
    """

    indices: Integers
    labels: Integers
    predicted: Integers
    confidence: Floats
    """The probability of what was read."""
    loss: Floats
    """Cross-entropy in nats: minus the logarithm of the label's probability."""
    classes: int

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def confusion(self) -> Int64s:
        """The confusion matrix of this reading."""
        cells = np.bincount(self.labels * self.classes + self.predicted, minlength=self.classes**2)
        return cells.reshape(self.classes, self.classes).astype(np.int64)

    def misclassified(self) -> Integers:
        """The indices of what was misread, the greatest loss first."""
        return self._worst(self.labels != self.predicted)

    def cell(self, label: int, predicted: int) -> Integers:
        """The indices of what is `label` and was read as `read`, the greatest loss first."""
        return self._worst((self.labels == label) & (self.predicted == predicted))

    def _worst(self, chosen: npt.NDArray[np.bool_]) -> Integers:
        found = np.flatnonzero(chosen)
        return found[np.argsort(-self.loss[found], kind="stable")]


def predict_split(network: Network, split: Split) -> SplitPredictions:
    """Read a whole split.

    Raises:
        DataError: the images or the labels are not those of the network.
    """
    images = split.images.reshape(len(split), -1)
    inputs, classes = network.sizes[0], network.sizes[-1]
    places = np.flatnonzero(split.labels != NO_CLASS)
    labels = split.labels[places].astype(np.int64)
    if images.shape[1] != inputs or labels.max(initial=0) >= classes:
        raise DataError(
            f"the images have {images.shape[1]:,} pixels and {labels.max(initial=0) + 1} classes; "
            f"the network takes {inputs:,} and knows {classes}"
        )
    read, confidence, loss = np.empty_like(labels), *np.empty((2, len(labels)), np.float32)
    for start in range(0, len(labels), BATCH):
        part = slice(start, start + BATCH)
        logits = network.logits(as_input(images[places[part]]))
        read[part], confidence[part], loss[part] = _score(logits, labels[part])
    return SplitPredictions(places, labels, read, confidence, loss, classes)


def as_input(images: npt.NDArray[np.uint8]) -> Floats:
    """Images uint8 ``[n, ...]`` as a network takes them: float32 ``[n, pixels]``, 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) * np.float32(1 / 255)


def _score(logits: Floats, labels: Integers) -> tuple[Integers, Floats, Floats]:
    """What is read, how surely, and the loss, for logits ``[n, classes]``.

    Where a logit is not finite, class 0 counts as read and the loss is infinite.
    """
    finite: npt.NDArray[np.bool_] = np.isfinite(logits).min(axis=1)
    safe = np.where(finite[:, None], logits, np.float32(0))
    read = safe.argmax(axis=1)
    row = np.arange(len(labels))
    shifted = safe - safe.max(axis=1, keepdims=True)
    loss = np.log(np.exp(shifted).sum(axis=1)) - shifted[row, labels]
    loss = np.where(finite, loss, np.float32(np.inf))
    return read, softmax(logits)[row, read], loss


def open_dataset(info: Mapping[str, Any]) -> Dataset:
    """The data that a run's `run.json` says it was trained on, found again on this machine.

    Nothing is downloaded.

    Raises:
        DataError: it is not here, or it is other data by now.
    """
    fingerprint = info.get("dataset", {}).get("fingerprint")
    if not fingerprint:
        raise DataError("this run does not say on which data it was trained")
    dataset = DataSource.from_run_info(info).load(offline=True)
    if dataset.fingerprint != fingerprint:
        raise DataError(f"{dataset.source} is not the data that this run was trained on")
    return dataset
