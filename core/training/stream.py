"""Which examples each step sees: a window on an endless stream of shuffled epochs.

The stream is the shuffle of epoch 0, then that of epoch 1, and so on; a step takes the next batch
from it, across the end of an epoch where it must. The window is what lies on the device: a few
whole epochs in one array whose size never changes, so that one compiled loop serves for ever.
"""

import numpy as np
import numpy.typing as npt

from core.training.rng import epoch_permutation

WINDOW_EXAMPLES = 60_000
"""Examples that a window holds at the least, besides the epoch that it may begin in."""


class ExampleWindow:
    """The part of the stream from `start` on, as indices into the training images."""

    def __init__(self, examples: int, seed: int) -> None:
        self._examples = examples
        self._seed = seed
        self._epochs = -(-WINDOW_EXAMPLES // examples) + 1
        self._first = 0
        self.indices: npt.NDArray[np.int32] = self._build()

    @property
    def start(self) -> int:
        """Where in the stream `indices` begins."""
        return self._first * self._examples

    def remaining(self, position: int) -> int:
        """How many examples from `position` on the window holds; never less than an epoch."""
        return self.start + len(self.indices) - position

    def advance_to(self, position: int) -> bool:
        """Make the window hold at least an epoch from `position` on; whether it had to change."""
        if position >= self.start and self.remaining(position) >= self._examples:
            return False
        self._first = position // self._examples
        self.indices = self._build()
        return True

    def _build(self) -> npt.NDArray[np.int32]:
        epochs = range(self._first, self._first + self._epochs)
        return np.concatenate(
            [epoch_permutation(self._examples, self._seed, epoch) for epoch in epochs]
        )
