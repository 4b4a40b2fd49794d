"""Values of `hp` that change while a model trains: as Keras variables, or by a function.

Keras is imported by those who call this.
"""

from collections.abc import Callable
from typing import Any

from core.run.hparams import Value
from trainpad.errors import UserError

OnChange = Callable[[Any], object]
"""Called with each new value."""


class LiveValues:
    """The live values of a model that trains, by name."""

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}
        """Keras variables, which compiled steps read."""
        self._zeros: list[Any] = []
        self.on_change: dict[str, OnChange] = {}
        """Functions that change the model, after which its steps are compiled again."""

    def add(self, name: str, value: Value, limit: float, on_change: OnChange | None) -> Any:
        """Return what the model is built with: a variable, or the value itself with a function.

        A variable that is 0 is at its `limit` until `built`: a Dropout layer makes the seed that
        it draws with only for a rate above 0.

        Raises:
            UserError: it is no number, and there is no function.
        """
        if on_change is not None:
            self.on_change[name] = on_change
            return value
        if isinstance(value, bool | str):
            raise UserError(f"hp {name} is no number: with live=True it needs on_change=function")
        if name not in self.variables:
            import keras

            variable = self.variables[name] = keras.Variable(
                value or limit,
                dtype="int32" if isinstance(value, int) else "float32",
                trainable=False,
                name="hp_" + "".join(letter if letter.isalnum() else "_" for letter in name),
            )
            if not value:
                self._zeros.append(variable)
        return self.variables[name]

    def built(self) -> None:
        """Give the variables their values, once the model is built."""
        for variable in self._zeros:
            variable.assign(0)

    def set(self, name: str, value: Any) -> bool:
        """Give a live value another; return whether steps have to be compiled again.

        Raises:
            Exception: as the person's function raises it.
        """
        if name in self.on_change:
            self.on_change[name](value)
            return True
        self.variables[name].assign(value)
        return False
