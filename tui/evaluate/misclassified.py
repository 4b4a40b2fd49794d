"""Where the pictures of mistakes come from: the data, the weights of an evaluation, a reading.

`Wanted.read` runs in a thread and gives a `Pictures`, which is whole and never changes; what
cannot be had is a sentence. The weights of an earlier evaluation are those of its checkpoint, if
that was kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.network.network import Floats, Network
from core.network.predictions import Integers, Reading, as_input, open_dataset, read_split
from core.run.events import Arrays
from core.run.state import Run
from core.rundir import checkpoint
from data.dataset import Dataset
from trainpad.errors import UserError
from tui.dashboard.selection import Subject
from tui.evaluate.report import Look
from tui.widgets.gallery import Framed

Cell = tuple[int, int]
SHORT = 4
"""Characters that two names may have to stand under a small picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """A split as a network read it, and some of its images in some order."""

    step: int
    split: str
    names: tuple[str, ...]
    dataset: Dataset
    reading: Reading
    order: Integers
    """Which of the reading's images, the greatest loss first."""
    cell: Cell | None = None
    """What they were chosen by: (shown, read); None for all mistakes."""

    def of_cell(self, cell: Cell | None) -> "Pictures":
        """The same reading, with the images of one cell of the matrix, or all mistakes."""
        chosen = self.reading.mistakes() if cell is None else self.reading.cell(*cell)
        return replace(self, order=chosen, cell=cell)

    def framed(self, place: int) -> Framed:
        """A picture and what to say of it."""
        i = self.order[place]
        label, answer = int(self.reading.labels[i]), int(self.reading.read[i])
        shown, read = self.names[label], self.names[answer]
        sure, loss = f"{self.reading.confidence[i]:.0%}", self.reading.loss[i]
        caption = f"{shown} read as {read}, {sure}  loss {loss:.1f}"
        short = f"{shown} → {read}  {sure}"
        if len(shown) + len(read) > SHORT:
            short = f"{label} → {answer}  {sure}"
        return Framed(self._image(place), caption, short)

    def subject(self, place: int) -> Subject:
        """A picture, to be taken to another screen."""
        i = self.order[place]
        label = int(self.reading.labels[i])
        origin = f"{self.split} image {self.reading.places[i]:,}, a {self.names[label]}"
        return Subject(self._image(place), origin, label)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of a picture, in pixels."""
        return self.dataset.image_shape

    def _image(self, place: int) -> Floats:
        i = self.reading.places[self.order[place]]
        return as_input(self.dataset.split(self.split).images[i : i + 1]).reshape(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What to read: a split, by the weights that an evaluation was made with."""

    step: int
    split: str
    names: tuple[str, ...]
    info: Mapping[str, Any]
    dataset: Dataset | None
    """The data, where it is at hand; else it is looked for on this machine."""
    arrays: Arrays
    """The weights, where they are at hand."""
    file: Path
    """Else the checkpoint that has them."""

    @classmethod
    def of(cls, run: Run, look: Look, dataset: Dataset | None) -> "Wanted":
        """The pictures that belong to what is looked at, or to weights as near as there are."""
        step, arrays = look.evaluation.step, run.evaluated_weights if look.newest else {}
        if look.newest and not arrays and run.weights:
            step, arrays = run.weights_step, run.weights
        file = Path(run.directory) / checkpoint.FOLDER / checkpoint.file_name(step)
        return cls(step, look.split, look.names, run.info, dataset, arrays, file)

    def read(self) -> Pictures:
        """The pictures; takes a second or so.

        Raises:
            UserError: the data or the weights cannot be had.
        """
        if not self.arrays and not self.file.exists():
            raise UserError("these weights were not kept")
        arrays = self.arrays or checkpoint.read(self.file).layers
        dataset = self.dataset or open_dataset(self.info)
        network = Network.from_arrays(arrays)
        reading = read_split(network, dataset.split(self.split))
        names = tuple(
            self.names[i] if i < len(self.names) else str(i) for i in range(reading.classes)
        )
        return Pictures(self.step, self.split, names, dataset, reading, reading.mistakes())
