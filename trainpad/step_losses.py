"""Each step's own loss, out of the running means of an epoch that Keras gives its callbacks.

The loss in the `logs` of a batch is the mean over all examples since the epoch began. With means
m and numbers of examples N, the mean loss of the examples between two batches is
``(m2 * N2 - m1 * N1) / (N2 - N1)``. All batches have the same size except for the last one of an
epoch, so that one waits until the epoch has ended and its number of examples is known. Keras adds
up in float32: the error is about 1e-7 of the mean for each batch since the epoch began.
"""

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from trainpad.writer import Logged

MAX_WAITING = 10_000
"""How many executions may wait for an earlier one that never ends."""


class StepLosses:
    """Puts the batches of one epoch into order and recovers their losses.

    Keras may deliver the ends of batches from several threads and out of order, so that `end` only
    puts them away; the thread that trains takes them out.
    """

    def __init__(self, together: int = 1, steps: int | None = None) -> None:
        """Begin an epoch.

        Args:
            together: How many steps Keras executes together, its ``steps_per_execution``.
            steps: The steps of the epoch, where they are known.
        """
        self._together, self._steps = max(1, together), steps
        self._arrived: deque[tuple[int, float, Mapping[str, Any] | None]] = deque()
        self.end = self._arrived.append
        """Notes that a batch, and all before it, have ended: ``(index, Unix time, logs)``.

        Any thread may call it. It is the deque's own method: it is called in each batch.
        """
        self._waiting: dict[int, tuple[float, Mapping[str, Any]]] = {}
        self._held: tuple[int, float, Mapping[str, Any]] | None = None
        self._next = self._together - 1
        """The index that ends the next execution."""
        self._done = 0
        self._mean = 0.0

    def take(self) -> list[Logged]:
        """Return the steps before the newest that is complete: index, Unix time, values."""
        arrived, waiting = self._arrived, self._waiting
        ready: list[Logged] = []
        while arrived:
            batch, moment, logs = arrived.popleft()
            if batch != self._next:
                waiting[batch] = moment, logs or {}
                continue
            self._follow(batch, moment, logs or {}, ready)
            while waiting and self._next in waiting:
                self._follow(self._next, *waiting.pop(self._next), ready)
        if len(waiting) > MAX_WAITING:
            self._follow_all(ready)
        return ready

    def finish(self, batch_size: float | None, examples: float | None) -> list[Logged]:
        """Return the steps that were not taken, with the last one of the epoch.

        Args:
            batch_size: Examples of each batch but the last, where they are known.
            examples: Examples of the whole epoch.
        """
        ready = self.take()
        self._follow_all(ready)
        if self._held is not None:
            done, moment, logs = self._held
            share = None
            if batch_size and examples:
                rest = examples / batch_size - self._done
                if 0 < rest <= done - self._done:
                    share = rest
                    # There may be fewer steps than in the other executions.
                    done = self._done + math.ceil(round(rest, 6))
            self._held = None
            ready.append(self._recover(done, moment, logs, share))
        return ready

    def _follow(
        self, batch: int, moment: float, logs: Mapping[str, Any], ready: list[Logged]
    ) -> None:
        """Hold an execution that follows, and release the one before."""
        if self._held is not None:
            ready.append(self._recover(*self._held, None))
        done = batch + 1
        if self._steps is not None and done > self._steps:
            done = self._steps
        self._held = max(done, self._done + 1), moment, logs
        self._next = batch + self._together

    def _follow_all(self, ready: list[Logged]) -> None:
        for batch in sorted(self._waiting):
            self._follow(batch, *self._waiting.pop(batch), ready)

    def _recover(
        self, done: int, moment: float, logs: Mapping[str, Any], share: float | None
    ) -> Logged:
        """Return the step with its own loss; `share` is its size in batches, by default whole."""
        values = dict(logs)
        if isinstance(mean := values.get("loss"), float | int):
            size = done - self._done if share is None else share
            if self._done:
                values["loss"] = mean + (mean - self._mean) * self._done / size
            self._mean = mean
        self._done = done
        return done - 1, moment, values
