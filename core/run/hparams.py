"""Every hyperparameter, declared once.

The command line's flags, the dashboard's panel and the check of `control.json` are all made from
the fields of `HyperParameters`; adding one here adds it everywhere. Values are checked by
`checked`, whoever they come from.
"""

import dataclasses
import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainpad.errors import UserError

OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
AUGMENTATION = ("shift", "rotate", "scale", "shear", "elastic")
SCHEDULES = ("constant", "exponential", "cosine")
Value = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HyperparameterSpec:
    """What is known of one hyperparameter: how it is named, limited, stepped and explained."""

    name: str
    label: str
    help: str
    kind: type
    default: Value
    low: float = -math.inf
    high: float = math.inf
    above_low: bool = False
    """True where `low` itself is not allowed."""
    live: bool = False
    """True where a change takes effect while training; else it waits for the next run."""
    factor: float = 0.0
    """What one key press multiplies by; 0 where it adds `step` instead."""
    step: float = 1.0
    choices: tuple[str, ...] = ()
    minor: bool = False
    """True where few people need it: it is shown after the others."""

    def check(self, value: object) -> Value:
        """`value` as this hyperparameter's type, or a `UserError` that says what it may be."""
        if self.kind is tuple:
            return self._check_layers(value)
        if self.kind is str:
            if value in self.choices:
                return str(value)
            raise UserError(
                f"{self.name} must be one of {', '.join(self.choices)}, not {short_repr(value)}"
            )
        number = self._check_number(value)
        if not self._in_range(number):
            raise UserError(f"{self.name} must be {self.limits}, not {self.format(number)}")
        return number

    def _check_number(self, value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise UserError(f"{self.name} must be a number, not {short_repr(value)}")
        try:
            number = float(value)
            if self.kind is float:
                return number
            if isinstance(value, str):
                return int(value)
            if number == int(number):
                return int(number)
        except (ValueError, OverflowError):
            pass
        noun = "a number" if self.kind is float else "a whole number"
        raise UserError(f"{self.name} must be {noun}, not {short_repr(value)}")

    def _in_range(self, number: float) -> bool:
        above = number > self.low if self.above_low else number >= self.low
        return above and number <= self.high and math.isfinite(number)

    def _check_layers(self, value: object) -> tuple[int, ...]:
        parts = value.replace(" ", "").split(",") if isinstance(value, str) else value
        if parts == [""]:
            parts = []
        if not isinstance(parts, list | tuple) or len(parts) > 16:
            raise UserError(f"{self.name} must be a list of up to 16 layer sizes, such as 128,32")
        try:
            units = tuple(int(part) for part in parts if not isinstance(part, float | bool))
        except (TypeError, ValueError):
            units = ()
        if len(units) != len(parts) or not all(1 <= unit <= 8192 for unit in units):
            raise UserError(f"{self.name} must be whole numbers from 1 to 8192, such as 128,32")
        return units

    @property
    def limits(self) -> str:
        """The allowed values, in words."""
        if self.choices:
            return " or ".join(self.choices)
        low = f"{'above' if self.above_low else 'at least'} {self.low:,.12g}"
        if math.isinf(self.high):
            return low
        return f"{low} and at most {self.high:,.12g}"

    def stepped(self, value: Value, presses: int) -> Value:
        """`value` after so many presses of the up key, or down if negative, within the limits."""
        if self.choices:
            place = self.choices.index(str(value)) + presses
            return self.choices[place % len(self.choices)]
        if not isinstance(value, int | float):
            return value
        moved = value * self.factor**presses if self.factor else value + self.step * presses
        moved = round(moved) if self.kind is int else float(f"{moved:.6g}")
        return moved if self._in_range(moved) else value

    def format(self, value: object) -> str:
        """`value` as people write it: ``0.0125``, ``2,000``, ``128, 32``."""
        if isinstance(value, tuple | list):
            return ", ".join(map(str, value)) or "none"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        if self.kind is int and isinstance(value, int):
            return f"{value:,}" if self.name != "seed" else str(value)
        return f"{value:.6g}"


def _declare(default: Value, label: str, help: str, **more: Any) -> Any:  # noqa: A002 - click's word
    return field(default=default, metadata={"label": label, "help": help, **more})


@dataclass(frozen=True, slots=True)
class HyperParameters:
    """What a run is trained with. The defaults are those of `fully_connected_feed.py`."""

    learning_rate: float = _declare(
        0.01,
        "learning rate",
        "How far each step moves the weights.",
        low=0,
        above_low=True,
        high=1000,
        live=True,
        factor=1.25,
    )
    max_steps: int = _declare(
        2000,
        "max steps",
        "How many steps to train.",
        low=1,
        high=10**9,
        live=True,
        factor=2,
    )
    batch_size: int = _declare(
        100,
        "batch size",
        "How many examples each step sees.",
        low=1,
        high=65536,
        live=True,
        factor=2,
    )
    dropout: float = _declare(
        0.0,
        "dropout",
        "Share of hidden units left out of each step.",
        low=0,
        high=0.95,
        live=True,
        step=0.05,
    )
    l2: float = _declare(
        0.0,
        "L2",
        "Weight of the penalty on large weights.",
        low=0,
        high=1,
        live=True,
        step=0.0001,
    )
    shift: float = _declare(
        0.0,
        "shift",
        "Pixels by which each image is moved at random, at the most.",
        minor=True,
        low=0,
        high=8,
        live=True,
        step=0.5,
    )
    rotate: float = _declare(
        0.0,
        "rotate",
        "Degrees by which each image is turned at random, at the most.",
        minor=True,
        low=0,
        high=45,
        live=True,
        step=5,
    )
    scale: float = _declare(
        0.0,
        "scale",
        "Share by which width and height change at random, at the most.",
        minor=True,
        low=0,
        high=0.5,
        live=True,
        step=0.05,
    )
    shear: float = _declare(
        0.0,
        "shear",
        "Slant given to each image at random, at the most.",
        minor=True,
        low=0,
        high=0.5,
        live=True,
        step=0.05,
    )
    elastic: float = _declare(
        0.0,
        "elastic",
        "Pixels by which parts of an image are bent at random, at the most.",
        minor=True,
        low=0,
        high=8,
        live=True,
        step=0.5,
    )
    target_precision: float = _declare(
        0.0,
        "target",
        "Stop when precision on validation reaches this; 0 is never.",
        minor=True,
        low=0,
        high=1,
        live=True,
        step=0.01,
    )
    patience: int = _declare(
        0,
        "patience",
        "Stop after this many evaluations without a better one; 0 is never.",
        minor=True,
        low=0,
        high=10**6,
        live=True,
    )
    hidden: tuple[int, ...] = _declare(
        (128, 32),
        "hidden",
        "Units of each hidden layer, from the input on; none for softmax alone.",
    )
    optimizer: str = _declare("sgd", "optimizer", "The rule of the steps.", choices=OPTIMIZERS)
    momentum: float = _declare(
        0.9,
        "momentum",
        "How much of the last step goes on, for momentum and nesterov.",
        low=0,
        high=0.999,
        step=0.05,
    )
    schedule: str = _declare(
        "constant", "schedule", "How the learning rate falls by itself.", choices=SCHEDULES
    )
    warmup_steps: int = _declare(
        0,
        "warm-up",
        "Steps over which the learning rate rises from 0.",
        low=0,
        high=10**9,
        step=100,
    )
    seed: int = _declare(
        0, "seed", "Starts every random choice: weights, shuffle, dropout.", low=0, high=2**31 - 1
    )
    eval_every: int = _declare(
        1000,
        "evaluate every",
        "Steps between evaluations, each with a checkpoint.",
        minor=True,
        low=1,
        high=10**9,
        live=True,
        factor=2,
    )
    summary_every: int = _declare(
        100,
        "summary every",
        "Steps between loss lines and summaries.",
        minor=True,
        low=1,
        high=10**9,
        live=True,
        factor=2,
    )


def _spec_of(entry: "dataclasses.Field[Any]") -> HyperparameterSpec:
    default: Any = entry.default
    return HyperparameterSpec(
        name=entry.name, kind=type(default), default=default, **entry.metadata
    )


SPECS: Mapping[str, HyperparameterSpec] = {
    entry.name: _spec_of(entry) for entry in dataclasses.fields(HyperParameters)
}


def short_repr(value: object) -> str:
    """`value` as Python writes it, cut where it is too long for a sentence."""
    return reprlib.repr(value)


def validate_hparams(values: Mapping[str, object]) -> HyperParameters:
    """Hyperparameters from names and values, defaults for the rest.

    Raises:
        UserError: a name is unknown or a value is not allowed.
    """
    return update_hparams(HyperParameters(), values)


def update_hparams(hparams: HyperParameters, values: Mapping[str, object]) -> HyperParameters:
    """`hparams` with some values replaced, each checked."""
    for name in values:
        if name not in SPECS:
            raise UserError(f"there is no hyperparameter called {short_repr(name)}")
    good: dict[str, Any] = {name: SPECS[name].check(value) for name, value in values.items()}
    return dataclasses.replace(hparams, **good)


def as_dict(hparams: HyperParameters) -> dict[str, Any]:
    """Names and values, in the order of declaration, ready for JSON."""
    return dataclasses.asdict(hparams)
