"""What one compiled call takes, and what it has to be compiled again for."""

from typing import Any, NamedTuple

from core.run.hparams import AUGMENTATION, HyperParameters


class ChunkInputs(NamedTuple):
    """The inputs of one compiled call, as tensors."""

    indices: Any
    """Of the examples in the current window of the stream, in order."""
    start: Any
    """Position in the window of the first step's batch."""
    count: Any
    """How many steps to take."""
    learning_rates: Any
    """The learning rate of each step."""
    first: Any
    """The index of the first step."""
    seed: Any
    dropout: Any
    l2: Any
    augmentation: Any
    """The limits of `augment`."""


class TraceKey(NamedTuple):
    """What a step is compiled for; everything else is a tensor."""

    batch: int
    dropout: bool
    l2: bool
    augment: bool


def trace_key(hparams: HyperParameters) -> TraceKey:
    """What the step with these hyperparameters is compiled for."""
    return TraceKey(
        hparams.batch_size, hparams.dropout > 0, hparams.l2 > 0, any(augmentation_amounts(hparams))
    )


def augmentation_amounts(hparams: HyperParameters) -> tuple[float, ...]:
    """The limits of the augmentation, in the order that `augment` takes."""
    return tuple(float(getattr(hparams, name)) for name in AUGMENTATION)
