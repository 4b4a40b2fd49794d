"""Detect divergence: the loss is not finite, or its mean stays far above chance.

After too large a learning rate the loss may well stay finite while the hidden units are dead and
only the last layer's biases still change. So the mean over fixed windows of steps is checked too.
Windows start at multiples of their length, so that the result depends on the losses alone and not
on how the steps were divided into chunks.
"""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

WINDOW = 500
"""Steps over which the mean is taken."""
CHANCE_FACTOR = 3.0
"""A mean of more than this many times the chance loss counts as divergence."""


class DivergenceCheck:
    """Checks every loss of a run."""

    def __init__(self, classes: int) -> None:
        self._chance_loss = math.log(classes) if classes else 0.0
        self._limit = 0.0
        self._sum, self._count = 0.0, 0
        self.mean = 0.0

    def state(self) -> dict[str, float]:
        """The state that a resumed run needs to give the same results."""
        return {"limit": self._limit, "sum": self._sum, "count": self._count}

    def restore(self, state: Mapping[str, float]) -> None:
        """Restore what `state` returned."""
        self._limit = float(state.get("limit", 0.0))
        self._sum = float(state.get("sum", 0.0))
        self._count = int(state.get("count", 0))

    @staticmethod
    def steps_until_due(step: int) -> int:
        """Steps until the current window ends; no chunk may cross its end."""
        return WINDOW - step % WINDOW

    def reset(self) -> None:
        """Start again because the loss function changed, as when a penalty does.

        The current window mixes both functions, so its mean is not checked.
        """
        self._limit = 0.0
        self._sum, self._count = 0.0, 0

    def check(self, first: int, losses: npt.NDArray[np.float32]) -> str:
        """Why these losses of the steps from `first` on mean divergence; empty if they do not."""
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
        compared = f"random guessing has {self._chance_loss:.2f}"
        if not self._chance_loss:
            compared = f"the first was {self._limit / CHANCE_FACTOR:.3g}"
        return f"the mean loss of {WINDOW} steps is {self.mean:.3g}; {compared}"
