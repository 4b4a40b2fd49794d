"""When training is beyond hope: the loss is not finite, or stays far above guessing.

A network that a large learning rate has wrecked may well keep a finite loss: its hidden units are
dead and the last layer throws its biases about. So the mean over fixed windows of steps is watched
too. The windows lie at multiples of their length, so that the verdict is a function of the losses
alone and not of how the steps were cut into chunks.
"""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

WINDOW = 500
"""Steps over which the mean is taken."""
CHANCE_FACTOR = 3.0
"""A mean of this many times the loss of guessing is beyond hope."""


class DivergenceCheck:
    """Looks at every loss of a run."""

    def __init__(self, classes: int) -> None:
        self._chance_loss = math.log(classes)
        self._limit = 0.0
        self._sum, self._count = 0.0, 0
        self.mean = 0.0

    def state(self) -> dict[str, float]:
        """What a resumed run needs to judge as this one would have."""
        return {"limit": self._limit, "sum": self._sum, "count": self._count}

    def restore(self, state: Mapping[str, float]) -> None:
        """Go on from what `state` gave."""
        self._limit = float(state.get("limit", 0.0))
        self._sum = float(state.get("sum", 0.0))
        self._count = int(state.get("count", 0))

    @staticmethod
    def steps_until_due(step: int) -> int:
        """Steps until a window ends; no chunk may go beyond."""
        return WINDOW - step % WINDOW

    def reset(self) -> None:
        """The loss is another function from here on, as when a penalty changes.

        The window under way mixes both, so it is not judged.
        """
        self._limit = 0.0
        self._sum, self._count = 0.0, 0

    def check(self, first: int, losses: npt.NDArray[np.float32]) -> str:
        """Why these losses, those of steps from `first` on, are beyond hope; nothing if not."""
        last = float(losses[-1])
        if not math.isfinite(last):
            self.mean = last
            return f"the loss of step {first + len(losses) - 1:,} is {last}"
        self._limit = self._limit or CHANCE_FACTOR * max(self._chance_loss, float(losses[0]))
        if first % WINDOW == 0:
            self._sum, self._count = 0.0, 0
        self._sum += float(losses.sum(dtype=np.float64))
        self._count += len(losses)
        ended = (first + len(losses)) % WINDOW == 0 and self._count == WINDOW
        self.mean = self._sum / self._count
        if not ended or self.mean <= self._limit:
            return ""
        return (
            f"the mean loss of {WINDOW} steps is {self.mean:.3g}, and guessing would have "
            f"{self._chance_loss:.2f}"
        )
