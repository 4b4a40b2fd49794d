"""What the Weights screen has worked out aside: figures, the network, and a sample of images.

The sample comes from the validation split, which training has not seen. Where the data is not on
this machine, everything is shown that needs none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.network.health import Anatomy, Arrays, evenly, examine
from core.network.network import Floats, Network
from core.network.predictions import Integers, as_input, open_dataset
from core.run.state import Run
from core.rundir import checkpoint
from core.rundir.errors import CheckpointError
from data.dataset import Dataset
from trainpad.errors import UserError

SAMPLE = 500
"""Images on which a unit must fire once not to be called dead."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Some images, float32 ``[n, pixels]``, what they show, and where they stand in their split."""

    images: Floats
    labels: Integers
    places: Integers
    problem: str = ""
    """Why there are none."""

    @classmethod
    def of(cls, dataset: Dataset) -> "Sample":
        """Evenly spaced images of the validation split."""
        split = dataset.validation
        places = evenly(len(split), SAMPLE)
        labels = split.labels[places].astype(np.int64)
        return cls(as_input(split.images[places]), labels, places)

    @classmethod
    def none(cls, problem: str) -> "Sample":
        """No images, and why."""
        nothing = np.empty(0, np.int64)
        return cls(np.empty((0, 0), np.float32), nothing, nothing, problem)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """The newest moment and, the first time, those that checkpoints tell of."""

    anatomies: list[Anatomy]
    network: Network
    sample: Sample


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What to examine."""

    step: int
    arrays: Arrays
    before: Arrays
    info: Mapping[str, Any]
    dataset: Dataset | None
    sample: Sample | None
    """The one taken earlier; None the first time."""
    directory: Path

    @classmethod
    def of(cls, run: Run, sample: Sample | None) -> "Wanted":
        """The newest weights of a run."""
        return cls(
            run.weights_step,
            run.weights,
            run.weights_before,
            run.info,
            run.dataset,
            sample,
            Path(run.directory),
        )

    def examine(self) -> Examined:
        """Look at the network; a matter of some 20 ms, but for the first time.

        Raises:
            DataError: the arrays are no network.
        """
        sample = self._sample() if self.sample is None else self.sample
        images = sample.images if len(sample) else None
        past = self._past(images) if self.sample is None else []
        now = examine(self.step, self.arrays, self.before, images)
        return Examined([*past, now], Network.from_arrays(self.arrays), sample)

    def _sample(self) -> Sample:
        try:
            return Sample.of(self.dataset or open_dataset(self.info))
        except UserError as error:
            return Sample.none(str(error))

    def _past(self, images: Floats | None) -> list[Anatomy]:
        """The moments that checkpoints were kept of."""
        found = []
        for path in checkpoint.listed(self.directory / checkpoint.FOLDER):
            try:
                saved = checkpoint.read(path)
                if saved.step < self.step:
                    found.append(examine(saved.step, saved.layers, None, images))
            except (CheckpointError, UserError):
                continue
        return found
