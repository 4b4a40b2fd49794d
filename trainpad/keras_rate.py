"""The learning rate of a Keras optimizer as a knob, also where a schedule sets it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trainpad.attached import Run


class LearningRate:
    """Declares ``lr``; with a schedule ``lr_scale``, by which the schedule's rate is multiplied.

    A rate cannot be assigned over a schedule, so the schedule is put into one that multiplies it,
    while the model trains.
    """

    def __init__(self, model: Any, run: Run) -> None:
        """Declare the rate of the optimizer of `model`."""
        self._model = model
        self._optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        self._schedule: Any = None
        rate = self._optimizer._learning_rate  # noqa: SLF001 - what it is, not what it yields
        if hasattr(rate, "assign"):
            run.live("lr", float(rate.numpy()), low=0.0, on_change=self._assign)
            return
        keras = sys.modules["keras"]
        if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) and not _is_jax():
            scale = keras.Variable(1.0, trainable=False, name="lr_scale")
            self._wrap(keras, rate, scale)
            run.live("lr_scale", 1.0, low=0.0, on_change=scale.assign)

    def now(self) -> float:
        """Return the present rate."""
        sync(self._model)
        rate = self._optimizer.learning_rate
        return float(rate.numpy() if hasattr(rate, "assign") else rate)

    def restore(self) -> None:
        """Give the optimizer its own schedule back."""
        if self._schedule is not None:
            self._optimizer.learning_rate = self._schedule
            self._schedule = None

    @contextmanager
    def unwrapped(self) -> Iterator[None]:
        """Let the optimizer have its own schedule, as a saved model should."""
        wrapped = self._optimizer.learning_rate if self._schedule is None else self._scaled
        if self._schedule is not None:
            self._optimizer.learning_rate = self._schedule
        try:
            yield
        finally:
            if self._schedule is not None:
                self._optimizer.learning_rate = wrapped

    def _assign(self, value: float) -> None:
        sync(self._model)
        self._optimizer.learning_rate = value

    def _wrap(self, keras: Any, schedule: Any, scale: Any) -> None:
        class Scaled(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
            def __call__(self, step: Any) -> Any:
                return schedule(step) * keras.ops.cast(scale, "float32")

            def get_config(self) -> dict[str, Any]:
                config: dict[str, Any] = schedule.get_config()
                return config

        self._schedule, self._scaled = schedule, Scaled()
        self._optimizer.learning_rate = self._scaled
        # One that was traced in an earlier fit would go on with the schedule it knows.
        self._model.make_train_function(force=True)


def _is_jax() -> bool:
    return bool(sys.modules["keras"].backend.backend() == "jax")


def sync(model: Any) -> None:
    """Let the variables of a model have their present values: on JAX they are elsewhere."""
    if callable(found := getattr(model, "jax_state_sync", None)):
        found()
