"""Where the pictures of mistakes come from: the data, the weights of an evaluation, a reading.

`Wanted.read` runs in a thread and gives a `Pictures`, which is whole and never changes; what
cannot be had is a sentence. The weights of an earlier evaluation are those of its checkpoint, if
that was kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.network.network import Floats, Network, as_input
from core.network.predictions import (
    Integers,
    SplitPredictions,
    open_dataset,
    predict_split,
)
from core.run.events import NamedArrays
from core.run.state import Run
from core.rundir import checkpoint
from data.dataset import Dataset
from trainpad.errors import UserError
from tui.dashboard.selection import PickedImage
from tui.evaluate.report import EvaluationSlice
from tui.widgets.gallery import CaptionedImage

Cell = tuple[int, int]
MAX_SHORT_NAMES = 4
"""Characters that two names may have to stand under a small picture."""


@dataclass(frozen=True, slots=True, eq=False)
class PredictedImages:
    """A split as a network read it, and some of its images in some order."""

    step: int
    split: str
    names: tuple[str, ...]
    dataset: Dataset
    predictions: SplitPredictions
    order: Integers
    """Which of the reading's images, the greatest loss first."""
    cell: Cell | None = None
    """What they were chosen by: (shown, read); None for all mistakes."""

    def select(self, cell: Cell | None) -> "PredictedImages":
        """The same reading, with the images of one cell of the matrix, or all mistakes."""
        chosen = self.predictions.misclassified() if cell is None else self.predictions.cell(*cell)
        return replace(self, order=chosen, cell=cell)

    def captioned(self, place: int) -> CaptionedImage:
        """A picture and what to say of it."""
        i = self.order[place]
        label, answer = int(self.predictions.labels[i]), int(self.predictions.predicted[i])
        shown, read = self.names[label], self.names[answer]
        sure, loss = f"{self.predictions.confidence[i]:.0%}", self.predictions.loss[i]
        caption = f"{shown} read as {read}, {sure}  loss {loss:.1f}"
        short = f"{shown} → {read}  {sure}"
        if len(shown) + len(read) > MAX_SHORT_NAMES:
            short = f"{label} → {answer}  {sure}"
        return CaptionedImage(self._image(place), caption, short)

    def picked_image(self, place: int) -> PickedImage:
        """A picture, to be taken to another screen."""
        i = self.order[place]
        label = int(self.predictions.labels[i])
        origin = f"{self.split} image {self.predictions.indices[i]:,}, a {self.names[label]}"
        return PickedImage(self._image(place), origin, label)

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of a picture, in pixels."""
        return self.dataset.image_shape

    def _image(self, place: int) -> Floats:
        i = self.predictions.indices[self.order[place]]
        return as_input(self.dataset.split(self.split).images[i : i + 1]).reshape(self.image_shape)


@dataclass(frozen=True, slots=True, eq=False)
class PredictionRequest:
    """What to read: a split, by the weights that an evaluation was made with."""

    step: int
    split: str
    names: tuple[str, ...]
    info: Mapping[str, Any]
    dataset: Dataset | None
    """The data, where it is at hand; else it is looked for on this machine."""
    arrays: NamedArrays
    """The weights, where they are at hand."""
    checkpoint_file: Path
    """Else the checkpoint that has them."""

    @classmethod
    def of(cls, run: Run, look: EvaluationSlice, dataset: Dataset | None) -> "PredictionRequest":
        """The pictures that belong to what is looked at, or to weights as near as there are."""
        step, arrays = look.evaluation.step, run.evaluated_weights if look.is_newest else {}
        if look.is_newest and not arrays and run.weights:
            step, arrays = run.weights_step, run.weights
        file = Path(run.directory) / checkpoint.FOLDER / checkpoint.file_name(step)
        return cls(step, look.split, look.names, run.info, dataset, arrays, file)

    def predict(self) -> PredictedImages:
        """The pictures; takes a second or so.

        Raises:
            UserError: the data or the weights cannot be had.
        """
        if not self.arrays and not self.checkpoint_file.exists():
            raise UserError("these weights were not kept")
        arrays = self.arrays or checkpoint.read(self.checkpoint_file).layers
        dataset = self.dataset or open_dataset(self.info)
        network = Network.from_arrays(arrays)
        reading = predict_split(network, dataset.split(self.split))
        names = tuple(
            self.names[i] if i < len(self.names) else str(i) for i in range(reading.classes)
        )
        return PredictedImages(
            self.step, self.split, names, dataset, reading, reading.misclassified()
        )
