"""How the learning rate falls by itself: pure functions from a step to a factor.

The product with the live learning rate is computed on the host for each chunk and handed to the
compiled loop as an array, so that no schedule and no change of it ever needs a new trace.
"""

import numpy as np
import numpy.typing as npt

from core.run.hparams import HyperParameters

EXPONENTIAL_END = 0.01
"""What the exponential schedule has fallen to at `max_steps`, as a share of the learning rate."""


def learning_rates(hparams: HyperParameters, first: int, count: int) -> npt.NDArray[np.float32]:
    """The learning rates of `count` steps from step `first` on, float32 ``[count]``."""
    steps = np.arange(first, first + count, dtype=np.float64)
    return (hparams.learning_rate * lr_multiplier(hparams, steps)).astype(np.float32)


def lr_multiplier(
    hparams: HyperParameters, steps: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """What the schedule multiplies the learning rate by at each of `steps`; 1 at most."""
    warm = hparams.warmup_steps
    rise = np.minimum((steps + 1) / warm, 1.0) if warm else np.ones_like(steps)
    done = np.clip((steps - warm) / max(1, hparams.max_steps - warm), 0.0, 1.0)
    if hparams.schedule == "cosine":
        return np.asarray(rise * 0.5 * (1 + np.cos(np.pi * done)))
    if hparams.schedule == "exponential":
        return np.asarray(rise * EXPONENTIAL_END**done)
    return np.asarray(rise)
