"""What to train: hyperparameters, data, device, and where to resume or branch from."""

from dataclasses import dataclass
from typing import Any

from core.run.hparams import HyperParameters
from core.rundir.checkpoint import Checkpoint
from data.dataset import Dataset
from trainpad.errors import UserError


@dataclass(frozen=True, slots=True, eq=False)
class TrainConfig:
    """What to train, on which data and device."""

    hparams: HyperParameters
    dataset: Dataset
    device: str = "auto"
    xla: bool = True
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
