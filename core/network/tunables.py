"""The values that a person's own model asks for: `hp.Float("width", 8, 64)`, as in KerasTuner.

Each call declares a value and returns its default, or what was given for it on the command line.
The same file runs under KerasTuner: the methods have its signatures.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from trainpad.errors import UserError


class Tunables:
    """The argument `hp` of a function that builds a model."""

    def __init__(self, given: Mapping[str, str]) -> None:
        """Take the values in `given`, as texts, in the place of defaults."""
        self._given = given
        self.values: dict[str, Any] = {}
        """What was asked for so far, by name."""

    def Float(  # noqa: N802 - KerasTuner's name
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str | None = "linear",  # noqa: ARG002 - how a search draws
        default: float | None = None,
        parent_name: str | None = None,  # noqa: ARG002 - of a search, too
        parent_values: Any = None,  # noqa: ARG002
    ) -> float:
        """A number from `min_value` to `max_value`."""
        value = min_value if default is None else default
        return float(self._number(name, value, min_value, max_value, step, float))

    def Int(  # noqa: N802
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str | None = "linear",  # noqa: ARG002
        default: int | None = None,
        parent_name: str | None = None,  # noqa: ARG002
        parent_values: Any = None,  # noqa: ARG002
    ) -> int:
        """A whole number from `min_value` to `max_value`."""
        value = min_value if default is None else default
        return int(self._number(name, value, min_value, max_value, step, int))

    def Choice(  # noqa: N802
        self,
        name: str,
        values: Sequence[Any],
        ordered: bool | None = None,  # noqa: ARG002
        default: Any = None,
        parent_name: str | None = None,  # noqa: ARG002
        parent_values: Any = None,  # noqa: ARG002
    ) -> Any:
        """One of these values; the first by default."""
        value = values[0] if default is None else default
        if name in self._given:
            matching = [one for one in values if str(one) == self._given[name]]
            if not matching:
                choices = ", ".join(map(str, values))
                raise UserError(f"hp {name} must be one of {choices}, not {self._given[name]!r}")
            value = matching[0]
        return self.values.setdefault(name, value)

    def Boolean(  # noqa: N802
        self,
        name: str,
        default: bool = False,
        parent_name: str | None = None,  # noqa: ARG002
        parent_values: Any = None,  # noqa: ARG002
    ) -> bool:
        """True or false."""
        text = self._given.get(name, str(default)).lower()
        if text not in ("true", "false"):
            raise UserError(f"hp {name} must be true or false, not {self._given[name]!r}")
        return bool(self.values.setdefault(name, text == "true"))

    def Fixed(  # noqa: N802
        self,
        name: str,
        value: Any,
        parent_name: str | None = None,  # noqa: ARG002
        parent_values: Any = None,  # noqa: ARG002
    ) -> Any:
        """This value: it cannot be given another."""
        if name in self._given:
            raise UserError(f"hp {name} is fixed at {value} in the file")
        return self.values.setdefault(name, value)

    def get(self, name: str) -> Any:
        """The value that was asked for before under this name."""
        return self.values[name]

    @contextmanager
    def conditional_scope(self, parent_name: str, parent_values: Any) -> Iterator[None]:  # noqa: ARG002
        """Values within are asked for only if the parent has one of its values."""
        yield

    def check_all_used(self) -> None:
        """Raise a `UserError` where a value was given that the model does not ask for."""
        unknown = [name for name in self._given if name not in self.values]
        if unknown:
            known = ", ".join(self.values) or "none"
            raise UserError(f"the model asks for no hp called {unknown[0]}; it asks for: {known}")

    def _number(
        self,
        name: str,
        value: float,
        low: float,
        high: float,
        step: float | None,
        kind: type[int] | type[float],
    ) -> Any:
        text = self._given.get(name)
        if text is not None:
            try:
                value = kind(text)
            except ValueError:
                value = math.nan
            if not low <= value <= high:
                noun = "a whole number" if kind is int else "a number"
                raise UserError(f"hp {name} must be {noun} from {low} to {high}, not {text!r}")
        if step and kind is int and (value - low) % step:
            raise UserError(f"hp {name} must be {low}, {low + step}, ... up to {high}, not {value}")
        return self.values.setdefault(name, value)
