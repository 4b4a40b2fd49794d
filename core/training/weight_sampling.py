"""Which steps run alone, so that the weights before and after them are known.

From two such copies screens and event files compute how much a step changes the weights.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from core.run.events import Weights

INTERVAL: Final = 0.5
"""Minimum seconds between two samples while training."""
TIME_SHARE: Final = 0.005
"""The largest share of the time that copying the weights may take."""


class WeightSampling:
    """The copy of the weights before the next step, where that step runs alone."""

    def __init__(
        self, weights: Callable[[], Mapping[str, Any]], clock: Callable[[], float]
    ) -> None:
        """`weights` copies them."""
        self._weights, self._clock = weights, clock
        self._before: Mapping[str, Any] = {}
        self._before_step = 0
        self._next_time = float("-inf")

    @property
    def runs_alone(self) -> bool:
        """Whether the next step is to run alone."""
        return bool(self._before)

    def after(self, step: int, *, next_is_evaluated: bool) -> Iterator[Weights]:
        """Yield the weights after `step`, if it ran alone; copy them if the next one is to.

        Those are the last step before an evaluation, and besides one every `INTERVAL`.
        """
        now = self._clock()
        if self._before:
            before = self.take_before(step)
            after = self._weights()
            cost = self._clock() - now
            self._next_time = now + max(INTERVAL, cost / TIME_SHARE)
            yield Weights(step, after, before)
        if now >= self._next_time or next_is_evaluated:
            self._before, self._before_step = self._weights(), step

    def take_before(self, step: int) -> Mapping[str, Any]:
        """Return the weights before `step`, once; empty if they are not known."""
        before, self._before = self._before, {}
        return before if self._before_step == step - 1 else {}
