"""The learning rate of a Keras optimizer as a knob, also where a schedule sets it."""

import sys
from collections.abc import Callable
from typing import Any

from trainpad.attached import Run

_GETTER = "_get_current_learning_rate"
"""The optimizer's method by which its rate is computed in each step."""


class LearningRate:
    """Declares ``lr``; with a schedule ``lr_scale``, by which the schedule's rate is multiplied.

    A rate cannot be assigned over a schedule. The schedule stays where it is, so that a model that
    is saved meanwhile is saved as it should be; what the optimizer computes from it is multiplied.
    """

    def __init__(self, model: Any, run: Run) -> None:
        """Declare the rate of the optimizer of `model`."""
        self._model = model
        self._optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        self._scale: Any = None
        rate = self._optimizer._learning_rate  # noqa: SLF001 - what it is, not what it yields
        if hasattr(rate, "assign"):
            value = as_decimal(rate.numpy())
            if (known := run.knob("lr")) is not None:
                known.value = value  # as the program has left it
            run.live("lr", value, low=0.0, on_change=self._assign).track(self.now)
        elif callable(rate) and callable(getattr(self._optimizer, _GETTER, None)):
            keras = sys.modules["keras"]
            if keras.backend.backend() != "jax":  # a compiled step would never see a change
                self._scale = _scale_of(self._optimizer, model, keras)
                run.live("lr_scale", 1.0, low=0.0, on_change=self._scale.assign)

    def now(self) -> float:
        """Return the present rate."""
        sync(self._model)
        rate = self._optimizer.learning_rate
        return as_decimal(rate.numpy() if hasattr(rate, "assign") else rate)

    def restore(self) -> None:
        """Let the optimizer have its schedule's own rate again."""
        if self._scale is not None:
            self._scale.assign(1.0)

    def _assign(self, value: float) -> None:
        sync(self._model)
        self._optimizer.learning_rate = value


def _scale_of(optimizer: Any, model: Any, keras: Any) -> Any:
    """Return the variable that multiplies the rate of `optimizer`; it is made once."""
    found = getattr(getattr(optimizer, _GETTER), "scale", None)
    if found is not None:
        return found
    scale = keras.Variable(1.0, trainable=False, name="lr_scale")
    compute: Callable[[], Any] = getattr(optimizer, _GETTER)

    def scaled() -> Any:
        return compute() * keras.ops.cast(scale, "float32")

    scaled.scale = scale  # type: ignore[attr-defined]
    setattr(optimizer, _GETTER, scaled)
    # One that was traced in an earlier fit would go on with the rate it knows.
    model.make_train_function(force=True)
    return scale


def as_decimal(value: Any) -> float:
    """Return a number with the digits of its type: 0.0003 of a float32, not 0.00030000001425."""
    try:
        return float(str(value))
    except ValueError:  # a tensor, of which the text says more
        return float(value)


def sync(model: Any) -> None:
    """Let the variables of a model have their present values: on JAX they are elsewhere."""
    if callable(found := getattr(model, "jax_state_sync", None)):
        found()
