"""What the Weights screen has worked out aside: figures, the network, and a sample of images.

The sample comes from the validation split, which training has not seen. Where the data is not on
this machine, everything is shown that needs none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.network.health import Arrays, NetworkReport, evenly_spaced, inspect_network
from core.network.network import Floats, Network, as_input
from core.network.predictions import Integers, open_dataset
from core.run.state import Run
from core.rundir import checkpoint
from core.rundir.errors import CheckpointError
from data.dataset import Dataset
from trainpad.errors import UserError

SAMPLE_SIZE = 500
"""Images on which a unit must fire once not to be called dead."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageSample:
    """Some images, float32 ``[n, pixels]``, what they show, and where they stand in their split."""

    images: Floats
    labels: Integers
    indices: Integers
    error: str = ""
    """Why there are none."""

    @classmethod
    def evenly_spaced(cls, dataset: Dataset) -> "ImageSample":
        """Evenly spaced images of the validation split."""
        split = dataset.validation
        places = evenly_spaced(len(split), SAMPLE_SIZE)
        labels = split.labels[places].astype(np.int64)
        return cls(as_input(split.images[places]), labels, places)

    @classmethod
    def unavailable(cls, problem: str) -> "ImageSample":
        """No images, and why."""
        nothing = np.empty(0, np.int64)
        return cls(np.empty((0, 0), np.float32), nothing, nothing, problem)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """The newest moment and, the first time, those that checkpoints tell of."""

    reports: list[NetworkReport]
    network: Network
    sample: ImageSample


@dataclass(frozen=True, slots=True, eq=False)
class InspectionRequest:
    """What to examine."""

    step: int
    arrays: Arrays
    previous: Arrays
    info: Mapping[str, Any]
    dataset: Dataset | None
    sample: ImageSample | None
    """The one taken earlier; None the first time."""
    directory: Path

    @classmethod
    def of(cls, run: Run, sample: ImageSample | None) -> "InspectionRequest":
        """The newest weights of a run."""
        return cls(
            run.weights_step,
            run.weights,
            run.previous_weights,
            run.info,
            run.dataset,
            sample,
            Path(run.directory),
        )

    def inspect(self) -> Inspection:
        """Look at the network; a matter of some 20 ms, but for the first time.

        Raises:
            DataError: the arrays are no network.
        """
        sample = self._sample() if self.sample is None else self.sample
        images = sample.images if len(sample) else None
        past = self._inspect_checkpoints(images) if self.sample is None else []
        now = inspect_network(self.step, self.arrays, self.previous, images)
        return Inspection([*past, now], Network.from_arrays(self.arrays), sample)

    def _sample(self) -> ImageSample:
        try:
            return ImageSample.evenly_spaced(self.dataset or open_dataset(self.info))
        except UserError as error:
            return ImageSample.unavailable(str(error))

    def _inspect_checkpoints(self, images: Floats | None) -> list[NetworkReport]:
        """The moments that checkpoints were kept of."""
        found = []
        for path in checkpoint.list_checkpoints(self.directory / checkpoint.FOLDER):
            try:
                saved = checkpoint.read(path)
                if saved.step < self.step:
                    found.append(inspect_network(saved.step, saved.layers, None, images))
            except (CheckpointError, UserError):
                continue
        return found
