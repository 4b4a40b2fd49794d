"""Statistics of a Keras model's weights and of a step's update, in 0.25 % of the time."""

import time
from typing import Any

from trainpad.attached import Run
from trainpad.keras_rate import sync

SHARE = 0.0025
"""The share of the time that reading weights may take."""
FIRST = 1e-7
"""Seconds that a weight takes, before that was measured."""
MAX_COPIED = 1 << 30
"""Bytes of weights that are copied for the length of a step."""


def is_built(model: Any) -> bool:
    """Return whether a model has its weights: one that was given no input gets them in a step."""
    return bool(getattr(model, "built", True))


class WeightRecorder:
    """Records the weights of a model now and then.

    The weights are copied before a step and read again after it: the norm of the difference over
    the norm of the weights says how fast they change.
    """

    def __init__(self, model: Any, run: Run) -> None:
        """Prepare to record; the first time is when that will be so."""
        self._model, self._run = model, run
        self._before: dict[str, Any] | None = None
        self._spent = 0.0
        count = model.count_params() if is_built(model) else 0
        self._due = time.monotonic() + count * FIRST / SHARE
        self._is_recorded = False

    @property
    def is_between(self) -> bool:
        """Whether the weights from before a step wait for those after it."""
        return self._before is not None

    def between_steps(self) -> None:
        """Record the weights after a step, and copy them before the next, where it is time to."""
        if self._before is not None:
            self.after_step()
        elif time.monotonic() >= self._due:
            self.before_step()

    def before_step(self) -> None:
        """Copy the weights before a step, where it is time to."""
        began = time.monotonic()
        if began < self._due or self._before is not None or not is_built(self._model):
            return
        sync(self._model)
        copied, size = {}, 0
        for variable in self._model.trainable_weights:
            array = variable.numpy()
            size += array.nbytes
            if size > MAX_COPIED:
                break
            copied[variable.path] = array.copy()  # it may be a view of what the step changes
        self._before = copied
        self._spent = time.monotonic() - began

    def after_step(self) -> None:
        """Record the weights, where they were copied before the step that was done."""
        if self._before is None:
            return
        began = time.monotonic()
        before, self._before = self._before, None
        sync(self._model)
        self._run.log_weights(self._model, before=before)
        self._is_recorded = True
        ended = time.monotonic()
        self._due = ended + (self._spent + ended - began) / SHARE

    def finish(self) -> None:
        """Record the weights at the end of a training that was too short for it."""
        if not self._is_recorded:
            sync(self._model)
            self._run.log_weights(self._model)
