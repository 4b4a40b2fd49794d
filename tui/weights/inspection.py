"""Inspect a network in the background: reports on its layers, and a sample of images.

The sample comes from the validation split, which is not trained on. Without the data set there are
no activations; the rest is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.network.health import NetworkReport, evenly_spaced, inspect_network
from core.network.network import Arrays, Floats, as_input
from core.network.predictions import Integers, open_dataset
from core.network.recorded import is_own_model, network_of
from core.own.network import AnyNetwork, OwnNetwork, own_process
from core.own.report import first_kernels, inspect_own_model
from core.run.state import RunState
from core.rundir import checkpoint
from core.rundir.errors import CheckpointError
from data.dataset import Dataset
from trainpad.errors import UserError

SAMPLE_SIZE = 500
"""Images on which a unit must activate at least once; otherwise it counts as dead."""
OWN_SAMPLE_SIZE = 200
"""The same for a model of a person's own, which Keras computes."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageSample:
    """Images, float32 ``[n, pixels]``, their labels, and their indices in the split."""

    images: Floats
    labels: Integers
    indices: Integers
    error: str = ""
    """Why there are no images."""

    @classmethod
    def evenly_spaced(cls, dataset: Dataset) -> "ImageSample":
        """Evenly spaced images of the validation split."""
        split = dataset.validation
        indices = evenly_spaced(len(split), SAMPLE_SIZE)
        labels = split.labels[indices].astype(np.int64)
        return cls(as_input(split.images[indices]), labels, indices)

    @classmethod
    def unavailable(cls, problem: str) -> "ImageSample":
        """An empty sample, and the reason."""
        no_labels = np.empty(0, np.int64)
        return cls(np.empty((0, 0), np.float32), no_labels, no_labels, problem)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """A report on the newest weights and, the first time, those on earlier checkpoints."""

    report: NetworkReport
    earlier: list[NetworkReport]
    network: AnyNetwork
    """A model of a person's own may not be loaded yet: then its layers are not known."""
    sample: ImageSample
    kernels: Floats | None = None
    """The first kernels of a model of a person's own; see `first_kernels`."""

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.network.sizes[-1]

    @property
    def waits_for_keras(self) -> bool:
        """Whether Keras has to load the model before more can be said."""
        return isinstance(self.network, OwnNetwork) and not self.network.is_loaded


@dataclass(frozen=True, slots=True, eq=False)
class InspectionRequest:
    """The weights to inspect."""

    step: int
    arrays: Arrays
    previous: Arrays
    info: Mapping[str, Any]
    dataset: Dataset | None
    sample: ImageSample | None
    """The sample taken earlier; None the first time."""
    directory: Path
    with_keras: bool = False
    """Whether to load a model of a person's own, which takes seconds."""

    @classmethod
    def of(
        cls, run: RunState, sample: ImageSample | None, *, with_keras: bool = False
    ) -> "InspectionRequest":
        """A request for the newest weights of a run."""
        return cls(
            run.weights_step,
            run.weights,
            run.previous_weights,
            run.info,
            run.dataset,
            sample,
            Path(run.directory),
            with_keras,
        )

    def inspect(self) -> Inspection:
        """Inspect the network; takes about 20 ms, except for the first time.

        Raises:
            DataError: the arrays are not a network.
        """
        if is_own_model(self.info):
            return self._inspect_own()
        sample = self._sample() if self.sample is None else self.sample
        images = sample.images if len(sample) else None
        earlier = self._inspect_checkpoints(images) if self.sample is None else []
        network = network_of(self.arrays, self.info)
        report = inspect_network(self.step, network, self.previous, images)
        return Inspection(report, earlier, network, sample)

    def _inspect_own(self) -> Inspection:
        """A model of a person's own: with what its layers give once Keras has loaded it."""
        sample = self._sample() if self.sample is None else self.sample
        network = OwnNetwork(own_process(self.info, self.directory), self.arrays)
        inspected = None
        if self.with_keras or network.is_loaded:
            images = sample.images if len(sample) else network.noise()
            inspected = network.inspect(images[:OWN_SAMPLE_SIZE])
            inspected = inspected if len(sample) else None
        report = inspect_own_model(self.step, self.arrays, self.previous, network.layers, inspected)
        return Inspection(report, [], network, sample, first_kernels(self.arrays))

    def _sample(self) -> ImageSample:
        try:
            return ImageSample.evenly_spaced(self.dataset or open_dataset(self.info))
        except UserError as error:
            return ImageSample.unavailable(str(error))

    def _inspect_checkpoints(self, images: Floats | None) -> list[NetworkReport]:
        """Reports on the checkpoints before this step."""
        reports = []
        for path in checkpoint.list_checkpoints(self.directory / checkpoint.FOLDER):
            try:
                saved = checkpoint.read(path)
                if saved.step < self.step:
                    network = network_of(saved.layers, self.info)
                    reports.append(inspect_network(saved.step, network, None, images))
            except (CheckpointError, UserError):
                continue
        return reports
