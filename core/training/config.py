"""What to train: hyperparameters, data, device, and where to resume or branch from."""

from dataclasses import dataclass
from typing import Any

from core.network.architecture import Architecture, build_architecture
from core.network.model_file import ModelFile
from core.run.hparams import HyperParameters
from core.run.layers import is_own, parse_layers
from core.rundir.checkpoint import Checkpoint
from data.dataset import Dataset
from trainpad.errors import UserError

NO_DROPOUT = "no layer follows it; write `dropout` without a number as a layer"
"""Why the hyperparameter `dropout` cannot change the network."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainConfig:
    """What to train, on which data and device."""

    hparams: HyperParameters
    dataset: Dataset
    device: str = "auto"
    xla: bool | None = None
    """Whether to compile with XLA; None: where it gains."""
    own: ModelFile | None = None
    """The file of a model of a person's own."""
    rate_given: bool = True
    """Whether the learning rate was chosen, so that a compiled model's own is not taken."""
    strategy: str = "none"
    """The distribution strategy; see `core.training.distributed`."""
    resume: Checkpoint | None = None
    """Resume exactly from here; with `branch`, start a new run from these weights instead."""
    branch: bool = False
    planned_changes: tuple[tuple[int, str, Any], ...] = ()
    """Changes known in advance: (step, hyperparameter, value), effective from that step on."""
    profile_steps: int = 0
    """How many steps to trace with TensorFlow's profiler."""
    profile_dir: str = ""
    """Where the profile is written: the run directory."""


def check_batch_size(hparams: HyperParameters, dataset: Dataset) -> None:
    """Raise a `UserError` if a batch is larger than the training split."""
    examples, batch = len(dataset.train), hparams.batch_size
    if batch > examples:
        raise UserError(
            f"batch_size must be at most {examples:,}, the number of training images, not {batch:,}"
        )


def architecture_for(hparams: HyperParameters, dataset: Dataset) -> Architecture:
    """The network that the hyperparameters describe, for these images and classes.

    Raises:
        UserError: the images are too small for it, or it is too large.
    """
    try:
        layers = parse_layers(hparams.network)
        return build_architecture(layers, dataset.image_shape, len(dataset.classes))
    except UserError as error:
        raise UserError(f"network: {error}") from None


def check_network(hparams: HyperParameters, dataset: Dataset) -> None:
    """Raise a `UserError` if the network does not fit the data, or `dropout` has no effect."""
    if is_own(parse_layers(hparams.network)):
        return  # whether it fits is known once Keras has built it
    architecture = architecture_for(hparams, dataset)
    if hparams.dropout and architecture.layers and not architecture.drops:
        raise UserError(f"dropout has no effect on the network {hparams.network}: {NO_DROPOUT}")
