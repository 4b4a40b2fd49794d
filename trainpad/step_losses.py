"""Each step's own loss, out of the running means of an epoch that Keras gives its callbacks.

The loss in the `logs` of a batch is the mean over all examples since the epoch began. With means
m and numbers of examples N, the mean loss of the examples between two batches is
``(m2 * N2 - m1 * N1) / (N2 - N1)``. All batches have the same size except for the last one of an
epoch, so that one waits until the epoch has ended and its number of examples is known. Keras adds
up in float32: the error is about 1e-7 of the mean for each batch since the epoch began.
"""

import math
import threading
from collections.abc import Mapping
from typing import Any

Step = tuple[int, dict[str, Any]]
"""The index of the last batch, and the values to be recorded for it."""


class StepLosses:
    """Puts the batches of one epoch into order and recovers their losses.

    Keras may deliver the ends of batches from several threads and out of order; their beginnings
    come in order from the thread that trains.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: list[int] = []
        self._ended: dict[int, Mapping[str, Any]] = {}
        self._held: tuple[int, int, Mapping[str, Any]] | None = None
        self._done = 0
        self._mean = 0.0

    def begin(self, batch: int) -> None:
        """Note that a batch begins, or several that are executed together."""
        with self._lock:
            self._begun.append(batch)

    def end(self, batch: int, logs: Mapping[str, Any]) -> list[Step]:
        """Note that everything up to `batch` has ended; return the steps before it."""
        ready: list[Step] = []
        with self._lock:
            self._ended[batch] = logs
            while self._begun and self._ended:
                first = min(self._ended)
                follows = self._begun[1] if len(self._begun) > 1 else first + 1
                if not self._begun[0] <= first < follows:
                    break  # an earlier one has not arrived yet
                del self._begun[0]
                if self._held is not None:
                    ready.append(self._recover(*self._held, None))
                self._held = first, first + 1, self._ended.pop(first)
        return ready

    def finish(self, batch_size: float | None, examples: float | None) -> list[Step]:
        """Return the last step of the epoch.

        Args:
            batch_size: Examples of each batch but the last, where they are known.
            examples: Examples of the whole epoch.
        """
        with self._lock:
            held, self._held = self._held, None
            share = None
            if held is not None and batch_size and examples:
                rest = examples / batch_size - self._done
                if 0 < rest <= held[1] - self._done:
                    share = rest
                    done = self._done + math.ceil(round(rest, 6))
                    held = done - 1, done, held[2]  # fewer steps than in other executions
            return [] if held is None else [self._recover(*held, share)]

    def _recover(self, batch: int, done: int, logs: Mapping[str, Any], share: float | None) -> Step:
        """Return the step with its own loss; `share` is its size in batches, by default whole."""
        values = dict(logs)
        if isinstance(mean := values.get("loss"), float | int):
            size = done - self._done if share is None else share
            if self._done:
                values["loss"] = mean + (mean - self._mean) * self._done / size
            self._mean = mean
        self._done = done
        return batch, values
