"""The images of a split with their predictions, for the gallery of misclassified ones.

`PredictionRequest.predict` runs on a thread and returns an immutable `PredictedImages`. The weights
of an earlier evaluation come from its checkpoint, if that was kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.network.network import Floats, as_input
from core.network.predictions import (
    Integers,
    SplitPredictions,
    open_dataset,
    predict_split,
)
from core.network.recorded import is_own_model
from core.own.network import any_network
from core.run.events import NamedArrays
from core.run.state import RunState
from core.rundir import checkpoint
from data.dataset import Dataset
from trainpad.errors import UserError
from tui.dashboard.selection import PickedImage
from tui.evaluate.report import EvaluationSlice
from tui.widgets.gallery import CaptionedImage

Cell = tuple[int, int]
MAX_SHORT_NAMES = 4
"""Longest pair of class names, in characters, that the shortest captions spell out."""


@dataclass(frozen=True, slots=True, eq=False)
class PredictedImages:
    """The predictions for a split, and a selection of its images."""

    step: int
    split: str
    names: tuple[str, ...]
    dataset: Dataset
    predictions: SplitPredictions
    order: Integers
    """Indices of the selected images in `predictions`, highest loss first."""
    cell: Cell | None = None
    """The matrix cell (true, predicted) that they are from; None for all misclassified ones."""

    def select(self, cell: Cell | None) -> "PredictedImages":
        """The same predictions with the images of one matrix cell, or all misclassified ones."""
        selected = (
            self.predictions.misclassified() if cell is None else self.predictions.cell(*cell)
        )
        return replace(self, order=selected, cell=cell)

    def captioned(self, index: int) -> CaptionedImage:
        """An image and its captions."""
        i = self.order[index]
        label, predicted = int(self.predictions.labels[i]), int(self.predictions.predicted[i])
        names, numbers = (self.names[label], self.names[predicted]), (str(label), str(predicted))
        confidence, loss = f"{self.predictions.confidence[i]:.0%}", self.predictions.loss[i]
        short = names if sum(map(len, names)) <= MAX_SHORT_NAMES else numbers
        captions = (
            f"{' → '.join(names)}, {confidence}  loss {loss:.1f}",
            f"{' → '.join(names)}, {confidence}",
            f"{' → '.join(short)}, {confidence}",
            f"{'→'.join(short)}, {confidence}",
            " → ".join(short),
        )
        return CaptionedImage(self._image(index), captions)

    def picked_image(self, index: int) -> PickedImage:
        """An image to show on another screen."""
        i = self.order[index]
        label = int(self.predictions.labels[i])
        origin = f"{self.split} image {self.predictions.indices[i]:,}, a {self.names[label]}"
        return PickedImage(self._image(index), origin, label)

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        height, width, *_ = self.dataset.image_shape
        return height, width

    def _image(self, index: int) -> Floats:
        i = self.predictions.indices[self.order[index]]
        image = as_input(self.dataset.split(self.split).images[i : i + 1])
        return image.reshape(self.dataset.image_shape)


@dataclass(frozen=True, slots=True, eq=False)
class PredictionRequest:
    """A split to classify with the weights of an evaluation."""

    step: int
    split: str
    names: tuple[str, ...]
    info: Mapping[str, Any]
    dataset: Dataset | None
    """The data set if it is loaded; otherwise it is opened from this machine's files."""
    arrays: NamedArrays
    """The weights if they are in memory."""
    checkpoint_file: Path
    """The checkpoint that otherwise holds them."""

    @classmethod
    def of(
        cls, run: RunState, evaluation: EvaluationSlice, dataset: Dataset | None
    ) -> "PredictionRequest":
        """The request for an evaluation, with its weights or the newest ones instead."""
        step, arrays = evaluation.event.step, run.evaluated_weights if evaluation.is_newest else {}
        if evaluation.is_newest and not arrays and run.weights:
            step, arrays = run.weights_step, run.weights
        file = Path(run.directory) / checkpoint.FOLDER / checkpoint.file_name(step)
        return cls(step, evaluation.split, evaluation.names, run.info, dataset, arrays, file)

    @property
    def waiting(self) -> str:
        """What is said until the images are classified."""
        if is_own_model(self.info):
            return "loading Keras to classify the images …"
        return "classifying the images …"

    def predict(self) -> PredictedImages:
        """The misclassified images of the split; takes about a second.

        Raises:
            UserError: the data or the weights are not available.
        """
        if not self.arrays and not self.checkpoint_file.exists():
            raise UserError("no checkpoint of this evaluation was kept")
        arrays = self.arrays or checkpoint.read(self.checkpoint_file).layers
        dataset = self.dataset or open_dataset(self.info)
        network = any_network(arrays, self.info, self.checkpoint_file.parent.parent)
        reading = predict_split(network, dataset.split(self.split))
        names = tuple(
            self.names[i] if i < len(self.names) else str(i) for i in range(reading.classes)
        )
        return PredictedImages(
            self.step, self.split, names, dataset, reading, reading.misclassified()
        )
