"""Learning-rate schedules: pure functions of the step.

The product with the current learning rate is computed on the host for each chunk and passed to the
compiled loop as an array, so that no schedule and no change of it ever needs a new trace.
"""

import numpy as np
import numpy.typing as npt

from core.run.hparams import HyperParameters

EXPONENTIAL_END = 0.01
"""The multiplier that the exponential schedule reaches at `max_steps`."""


def learning_rates(hparams: HyperParameters, first: int, count: int) -> npt.NDArray[np.float32]:
    """The learning rates of `count` steps from step `first` on, float32 ``[count]``."""
    steps = np.arange(first, first + count, dtype=np.float64)
    return (hparams.learning_rate * lr_multiplier(hparams, steps)).astype(np.float32)


def lr_multiplier(
    hparams: HyperParameters, steps: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The schedule's multiplier of the learning rate at each of `steps`, in [0, 1]."""
    warmup = hparams.warmup_steps
    ramp = np.minimum((steps + 1) / warmup, 1.0) if warmup else np.ones_like(steps)
    progress = np.clip((steps - warmup) / max(1, hparams.max_steps - warmup), 0.0, 1.0)
    if hparams.schedule == "cosine":
        return np.asarray(ramp * 0.5 * (1 + np.cos(np.pi * progress)))
    if hparams.schedule == "exponential":
        return np.asarray(ramp * EXPONENTIAL_END**progress)
    return np.asarray(ramp)
