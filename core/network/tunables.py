"""The values that a person's own model asks for: `hp.Float("width", 8, 64)`, as in KerasTuner.

Each call declares a value and returns its default, or what was given for it on the command line.
The methods have KerasTuner's signatures: a file without `live` and `on_change` runs under it, too.
What is declared with ``live=True`` changes while the model trains; see `core.network.live_values`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from core.network.live_values import LiveValues, OnChange
from core.run.hparams import HyperparameterSpec, Value
from core.run.own_hparams import OwnHparam, choice_spec, number_spec
from trainpad.errors import UserError

MAX_NAME = 100
"""The most characters of a value's name."""


class Tunables:
    """The argument `hp` of a function that builds a model."""

    def __init__(self, given: Mapping[str, str], live: LiveValues | None = None) -> None:
        """Take the values in `given`, as texts, in the place of defaults.

        Without `live`, for a model that does not train, live values are plain ones.
        """
        self._given = given
        self._live = live
        self.values: dict[str, Any] = {}
        """What was asked for so far, by name."""
        self._specs: dict[str, HyperparameterSpec] = {}

    @property
    def declared(self) -> list[OwnHparam]:
        """Everything that was asked for so far."""
        return [
            OwnHparam(spec, str(self.values[name]) if spec.choices else self.values[name])
            for name, spec in self._specs.items()
        ]

    def Float(  # noqa: N802 - KerasTuner's name
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str | None = "linear",
        default: float | None = None,
        parent_name: str | None = None,  # noqa: ARG002 - of a search
        parent_values: Any = None,  # noqa: ARG002
        *,
        live: bool = False,
        on_change: OnChange | None = None,
    ) -> Any:
        """A number from `min_value` to `max_value`; if it is live, a Keras variable of it."""
        default = float(min_value if default is None else default)
        low, high, log = float(min_value), float(max_value), sampling == "log"
        spec = number_spec(name, float, low, high, default, step=step, log=log, live=live)
        return self._asked(name, spec, self._number(name, spec, None), on_change)

    def Int(  # noqa: N802
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str | None = "linear",
        default: int | None = None,
        parent_name: str | None = None,  # noqa: ARG002
        parent_values: Any = None,  # noqa: ARG002
        *,
        live: bool = False,
        on_change: OnChange | None = None,
    ) -> Any:
        """A whole number from `min_value` to `max_value`; if it is live, a Keras variable of it."""
        default = int(min_value if default is None else default)
        low, high, log = int(min_value), int(max_value), sampling == "log"
        spec = number_spec(name, int, low, high, default, step=step, log=log, live=live)
        return self._asked(name, spec, self._number(name, spec, step), on_change)

    def Choice(  # noqa: N802
        self,
        name: str,
        values: Sequence[Any],
        ordered: bool | None = None,  # noqa: ARG002
        default: Any = None,
        parent_name: str | None = None,  # noqa: ARG002
        parent_values: Any = None,  # noqa: ARG002
        *,
        live: bool = False,
        on_change: OnChange | None = None,
    ) -> Any:
        """One of these values; the first by default."""
        if not len(values):
            raise ValueError(f"hp {name} has no values to choose from")
        spec = choice_spec(name, values, values[0] if default is None else default, live=live)
        value = values[0] if default is None else default
        if name in self._given:
            matching = [one for one in values if str(one) == self._given[name]]
            if not matching:
                choices = ", ".join(map(str, values))
                raise UserError(f"hp {name} must be one of {choices}, not {self._given[name]!r}")
            value = matching[0]
        of_text = dict(zip(spec.choices, values, strict=True))
        called = on_change and (lambda text: on_change(of_text[text]))
        return self._asked(name, spec, value, called)

    def Boolean(  # noqa: N802
        self,
        name: str,
        default: bool = False,
        parent_name: str | None = None,  # noqa: ARG002
        parent_values: Any = None,  # noqa: ARG002
        *,
        live: bool = False,
        on_change: OnChange | None = None,
    ) -> bool:
        """True or false."""
        text = self._given.get(name, str(default)).lower()
        if text not in ("true", "false"):
            raise UserError(f"hp {name} must be true or false, not {self._given[name]!r}")
        spec = choice_spec(name, [False, True], default, live=live)
        called = on_change and (lambda text: on_change(text == "True"))
        return bool(self._asked(name, spec, text == "true", called))

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
        return self._asked(name, choice_spec(name, [value], value), value, None)

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

    def _asked(
        self, name: str, spec: HyperparameterSpec, value: Any, on_change: OnChange | None
    ) -> Any:
        """What the person's function gets for a value that it asks for."""
        if not name.isprintable() or "=" in name or not 0 < len(name) <= MAX_NAME:
            raise ValueError(
                f"the name of an hp has 1 to {MAX_NAME} characters without = and line breaks, "
                f"not {name[:MAX_NAME]!r}"
            )
        if on_change is not None and not spec.live:
            raise UserError(f"hp {name} has on_change and not live=True: nothing would call it")
        self._specs.setdefault(name, spec)
        value = self.values.setdefault(name, value)
        if not spec.live or self._live is None:
            return value
        return self._live.add(name, value, spec.maximum, on_change)

    def _number(self, name: str, spec: HyperparameterSpec, step: int | None) -> Value:
        """The value of a number, from the command line or its default."""
        value, text = spec.default, self._given.get(name)
        if text is not None:
            try:
                value = spec.kind(text)
            except ValueError:
                value = math.nan
        low, high = (spec.kind(limit) for limit in (spec.minimum, spec.maximum))
        if low > high:
            raise ValueError(f"hp {name}: the least value, {low}, is above the greatest, {high}")
        if text is None and not low <= value <= high:
            raise ValueError(f"hp {name}: the default, {value}, is not from {low} to {high}")
        if not low <= value <= high:
            noun = "a whole number" if spec.kind is int else "a number"
            raise UserError(f"hp {name} must be {noun} from {low} to {high}, not {text!r}")
        if step and (value - low) % step:
            raise UserError(f"hp {name} must be {low}, {low + step}, ... up to {high}, not {value}")
        return value
