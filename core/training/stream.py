"""The stream of training examples: a window on an endless sequence of shuffled epochs.

The stream is the permutation of epoch 0, then that of epoch 1, and so on; each step takes the next
batch from it, across the end of an epoch where necessary. The window is the part that is on the
device: a few whole epochs in one array of constant size, so that one compiled loop serves forever.
"""

import numpy as np
import numpy.typing as npt

from core.training.rng import epoch_permutation

WINDOW_EXAMPLES = 60_000
"""Least number of examples in a window, not counting the epoch that it starts in."""


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
        """Position in the stream of the first of `indices`."""
        return self._first * self._examples

    def remaining(self, position: int) -> int:
        """How many examples the window holds from `position` on; at least an epoch."""
        return self.start + len(self.indices) - position

    def advance_to(self, position: int) -> bool:
        """Make the window hold at least an epoch from `position` on; return whether it changed."""
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
