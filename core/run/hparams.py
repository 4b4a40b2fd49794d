"""Every hyperparameter, declared once.

The command line's flags, the dashboard's panel and the validation of `control.json` are all
generated from the fields of `HyperParameters`: one that is added here is added everywhere. Values
from any source are checked by `validate_hparams`.
"""

import dataclasses
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.run.layers import canonical_layers
from trainpad.errors import UserError

OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
AUGMENTATION = ("shift", "rotate", "scale", "shear", "elastic")
SCHEDULES = ("constant", "exponential", "cosine")
ROUND_NUMBERS = (1, 1.25, 1.6, 2, 2.5, 3, 4, 5, 6, 8)
"""Where a key takes a learning rate: about a quarter more each, ten of them ten times as much."""
Value = int | float | str
MAX_TEXT = 1000
"""Characters of a hyperparameter that is a text."""
FORMER_NAMES: Mapping[str, str] = {"hidden": "network"}
"""Names that runs of earlier versions have recorded, and what they are called now."""


@dataclass(frozen=True, slots=True)
class HyperparameterSpec:
    """The declaration of one hyperparameter: its name, type, range, step and help."""

    name: str
    label: str
    help: str
    kind: type
    default: Value
    minimum: float = -math.inf
    maximum: float = math.inf
    exclusive_minimum: bool = False
    """Whether `minimum` itself is not allowed."""
    live: bool = False
    """Whether a change takes effect while training; otherwise in the next run."""
    multiplier: float = 0.0
    """About the factor of one key press; 0 where it adds `step` instead."""
    step: float = 1.0
    choices: tuple[str, ...] = ()
    canonical: Callable[[object], str] | None = None
    """For a text without choices: checks a value and returns it in its one form."""
    advanced: bool = False
    """Whether few users need it; the panel shows it after the others."""

    def check(self, value: object) -> Value:
        """`value` converted to this hyperparameter's type.

        Raises:
            UserError: it is not allowed; says which values are.
        """
        if self.canonical is not None:
            return self._check_text(value, self.canonical)
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
        above = number > self.minimum if self.exclusive_minimum else number >= self.minimum
        return above and number <= self.maximum and math.isfinite(number)

    def _check_text(self, value: object, canonical: Callable[[object], str]) -> str:
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise UserError(f"{self.name} must have at most {MAX_TEXT:,} characters")
        try:
            return canonical(value)
        except UserError as error:
            raise UserError(f"{self.name}: {error}") from None

    @property
    def limits(self) -> str:
        """The allowed values in words, such as ``at least 0 and at most 1``."""
        if self.choices:
            return " or ".join(self.choices)
        minimum = f"{'above' if self.exclusive_minimum else 'at least'} {self.minimum:,.12g}"
        if math.isinf(self.maximum):
            return minimum
        return f"{minimum} and at most {self.maximum:,.12g}"

    def stepped(self, value: Value, presses: int) -> Value:
        """`value` after `presses` of the up key, or of the down key if negative.

        Out of range it is `value` itself.
        """
        if self.choices:
            index = self.choices.index(str(value)) + presses
            return self.choices[index % len(self.choices)]
        if not isinstance(value, int | float):
            return value
        if self.multiplier and self.kind is float:
            moved = round_number_after(value, presses)
        elif self.multiplier:
            moved = round(value * self.multiplier**presses)
        else:
            moved = value + self.step * presses
            moved = round(moved) if self.kind is int else float(f"{moved:.6g}")
        return moved if self._in_range(moved) else value

    def format(self, value: object) -> str:
        """`value` as text: ``0.0125``, ``2,000``, ``128, 32``."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        if self.kind is int and isinstance(value, int):
            return f"{value:,}" if self.name != "seed" else str(value)
        return f"{value:.6g}"


def round_number_after(value: float, presses: int) -> float:
    """The round number that is `presses` of `ROUND_NUMBERS` above a positive `value`, or below."""
    mantissa, _, exponent = f"{value:.9e}".partition("e")
    below = sum(number <= float(mantissa) for number in ROUND_NUMBERS) - 1
    is_between = ROUND_NUMBERS[below] != float(mantissa)
    place = below + presses + (is_between and presses < 0)
    decades, index = divmod(place, len(ROUND_NUMBERS))
    return float(f"{ROUND_NUMBERS[index]}e{int(exponent) + decades}")


def _declare(default: Value, label: str, help: str, **more: Any) -> Any:  # noqa: A002 - click's word
    return field(default=default, metadata={"label": label, "help": help, **more})


@dataclass(frozen=True, slots=True)
class HyperParameters:
    """The hyperparameters of a run. The defaults are those of `fully_connected_feed.py`."""

    learning_rate: float = _declare(
        0.01,
        "learning rate",
        "Step size of the optimizer.",
        minimum=0,
        exclusive_minimum=True,
        maximum=1000,
        live=True,
        multiplier=1.25,
    )
    max_steps: int = _declare(
        2000,
        "max steps",
        "Number of training steps.",
        minimum=1,
        maximum=10**9,
        live=True,
        multiplier=2,
    )
    batch_size: int = _declare(
        100,
        "batch size",
        "Examples per step.",
        minimum=1,
        maximum=65536,
        live=True,
        multiplier=2,
    )
    dropout: float = _declare(
        0.0,
        "dropout",
        "Fraction of hidden units dropped at each step.",
        minimum=0,
        maximum=0.95,
        live=True,
        step=0.05,
    )
    l2: float = _declare(
        0.0,
        "L2",
        "L2 regularization strength; only the training loss has the penalty.",
        minimum=0,
        maximum=1,
        live=True,
        step=0.0001,
    )
    shift: float = _declare(
        0.0,
        "shift",
        "Maximum random shift, in pixels.",
        advanced=True,
        minimum=0,
        maximum=8,
        live=True,
        step=0.5,
    )
    rotate: float = _declare(
        0.0,
        "rotate",
        "Maximum random rotation, in degrees.",
        advanced=True,
        minimum=0,
        maximum=45,
        live=True,
        step=5,
    )
    scale: float = _declare(
        0.0,
        "scale",
        "Maximum random scaling, as a fraction of width and height.",
        advanced=True,
        minimum=0,
        maximum=0.5,
        live=True,
        step=0.05,
    )
    shear: float = _declare(
        0.0,
        "shear",
        "Maximum random shear.",
        advanced=True,
        minimum=0,
        maximum=0.5,
        live=True,
        step=0.05,
    )
    elastic: float = _declare(
        0.0,
        "elastic",
        "Maximum random elastic distortion, in pixels.",
        advanced=True,
        minimum=0,
        maximum=8,
        live=True,
        step=0.5,
    )
    target_precision: float = _declare(
        0.0,
        "target",
        "Stop when precision @ 1 on validation reaches this; 0 = off.",
        advanced=True,
        minimum=0,
        maximum=1,
        live=True,
        step=0.01,
    )
    patience: int = _declare(
        0,
        "patience",
        "Stop after this many evaluations without improvement; 0 = off.",
        advanced=True,
        minimum=0,
        maximum=10**6,
        live=True,
    )
    network: str = _declare(
        "128, 32",
        "network",
        "Hidden layers, such as 128,32 or conv 32 5x5, pool, 128; none or '': softmax regression.",
        canonical=canonical_layers,
    )
    optimizer: str = _declare("sgd", "optimizer", "Optimizer.", choices=OPTIMIZERS)
    momentum: float = _declare(
        0.9,
        "momentum",
        "Momentum coefficient (momentum and nesterov).",
        minimum=0,
        maximum=0.999,
        step=0.05,
    )
    schedule: str = _declare("constant", "schedule", "Learning-rate schedule.", choices=SCHEDULES)
    warmup_steps: int = _declare(
        0,
        "warm-up",
        "Warm-up: steps to ramp the learning rate up from 0.",
        minimum=0,
        maximum=10**9,
        step=100,
    )
    seed: int = _declare(
        0, "seed", "Random seed: initial weights, shuffling, dropout.", minimum=0, maximum=2**31 - 1
    )
    eval_every: int = _declare(
        1000,
        "evaluate every",
        "Steps between evaluations, each with a checkpoint.",
        advanced=True,
        minimum=1,
        maximum=10**9,
        live=True,
        multiplier=2,
    )
    summary_every: int = _declare(
        100,
        "summary every",
        "Steps between loss lines and summaries.",
        advanced=True,
        minimum=1,
        maximum=10**9,
        live=True,
        multiplier=2,
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
    """`repr(value)`, shortened to fit into a sentence."""
    return reprlib.repr(value)


def flag_value(value: object) -> str:
    """The value of a hyperparameter as its flag takes it, exactly."""
    return str(value).replace(", ", ",")


def known_hparams(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of recorded values that are hyperparameters, by their names of today."""
    named = {FORMER_NAMES.get(name, name): value for name, value in values.items()}
    return {name: value for name, value in named.items() if name in SPECS}


def validate_hparams(values: Mapping[str, object]) -> HyperParameters:
    """Hyperparameters from names and values, with defaults for the rest.

    Raises:
        UserError: a name is unknown or a value is not allowed.
    """
    return update_hparams(HyperParameters(), values)


def update_hparams(hparams: HyperParameters, values: Mapping[str, object]) -> HyperParameters:
    """`hparams` with some values replaced.

    Raises:
        UserError: a name is unknown or a value is not allowed.
    """
    values = {FORMER_NAMES.get(name, name): value for name, value in values.items()}
    for name in values:
        if name not in SPECS:
            raise UserError(f"there is no hyperparameter called {short_repr(name)}")
    valid: dict[str, Any] = {name: SPECS[name].check(value) for name, value in values.items()}
    return dataclasses.replace(hparams, **valid)


def as_dict(hparams: HyperParameters) -> dict[str, Any]:
    """Names and values, in the order of declaration, ready for JSON."""
    return dataclasses.asdict(hparams)
