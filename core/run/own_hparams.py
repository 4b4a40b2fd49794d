"""The values that a person's own model asks for with `hp`: hyperparameters that a run declares.

They are called ``hp.NAME``, so that none is taken for a hyperparameter of `core.run.hparams`. The
event `Started` declares them; one that is live changes while the run trains, by `Changed`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.run.events import Changed, Event, Started
from core.run.hparams import HyperparameterSpec, Value
from trainpad.errors import UserError
from trainpad.text import sanitize_name

PREFIX = "hp."
MAX_DECLARED = 200
"""How many values of one model are read."""
PRESSES = 20
"""Key presses from one limit of a number without a step to the other."""
FACTOR = 1.25
"""What a key multiplies a number on a log scale with."""
KINDS: Mapping[str, type] = {"int": int, "float": float, "text": str}


@dataclass(frozen=True, slots=True)
class OwnHparam:
    """A declared value: what it may be, and what it is when training starts."""

    spec: HyperparameterSpec
    value: Value

    def as_dict(self) -> dict[str, Any]:
        """Return it as `events.jsonl` holds it."""
        spec = self.spec
        kind = next(name for name, kind in KINDS.items() if kind is spec.kind)
        limits = {} if spec.choices else {"minimum": spec.minimum, "maximum": spec.maximum}
        steps = {"step": spec.step, "log": bool(spec.multiplier)} if limits else {}
        choices = {"choices": list(spec.choices)} if spec.choices else {}
        return {
            "name": spec.name, "kind": kind, "value": self.value, "default": spec.default,
            **limits, **steps, **choices, "live": spec.live,
        }  # fmt: skip


def is_own_value(name: str) -> bool:
    """Whether this names a value of a model's own."""
    return name.startswith(PREFIX) and len(name) > len(PREFIX)


def number_spec(
    name: str,
    kind: type,
    low: float,
    high: float,
    default: float,
    *,
    step: float | None = None,
    log: bool = False,
    live: bool = False,
) -> HyperparameterSpec:
    """Return the spec of a number from `low` to `high`; without a step, keys take 20 of them."""
    if step is None:
        step = (high - low) / PRESSES
        step = max(1, int(step)) if kind is int else float(f"{step:.2g}")
    return HyperparameterSpec(
        PREFIX + name, name, _help(f"from {low:g} to {high:g}", live), kind, default, low, high,
        live=live, step=step, multiplier=FACTOR if log and low > 0 else 0.0,
    )  # fmt: skip


def choice_spec(
    name: str, choices: Sequence[Any], default: Any, *, live: bool = False
) -> HyperparameterSpec:
    """Return the spec of a value that is one of these, as texts."""
    texts = tuple(map(str, choices))
    help_ = _help(f"one of {', '.join(texts)}" if len(texts) > 1 else "fixed in the file", live)
    return HyperparameterSpec(
        PREFIX + name, name, help_, str, str(default), choices=texts, live=live
    )


def _help(values: str, live: bool) -> str:
    return f"{values}; {'changes while it trains' if live else 'for the next run'}"


def parse_declared(value: object) -> OwnHparam:
    """Return a value as `events.jsonl` declares it.

    Raises:
        ValueError: it is not one.
    """
    if not isinstance(value, dict) or not is_own_value(str(value.get("name"))):
        raise ValueError("not a declared value")
    name = sanitize_name(str(value["name"]).removeprefix(PREFIX))
    kind, live = KINDS.get(str(value.get("kind"))), value.get("live") is True
    try:
        if kind is str:
            spec = choice_spec(name, value["choices"], value["default"], live=live)
        elif kind is not None:
            low, high = float(value["minimum"]), float(value["maximum"])
            step, log = float(value["step"]), value.get("log") is True
            spec = number_spec(
                name, kind, low, high, value["default"], step=step, log=log, live=live
            )
        else:
            raise ValueError("not a kind of value")
        return OwnHparam(spec, spec.check(value["value"]))
    except (UserError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error


class OwnHparams:
    """The declared values of a run, as they are now."""

    def __init__(self) -> None:
        self.specs: dict[str, HyperparameterSpec] = {}
        self.values: dict[str, Value] = {}
        self.changed: dict[str, Value] = {}
        """Those that have changed since training started."""

    def declare(self, declared: Sequence[OwnHparam]) -> None:
        """Take what a start declares in the place of what was declared before."""
        self.specs = {one.spec.name: one.spec for one in declared}
        self.values = {one.spec.name: one.value for one in declared}
        self.changed = {}

    def change(self, name: str, value: object) -> bool:
        """Take a new value; return whether there is such a value, and it may be that."""
        try:
            self.values[name] = self.changed[name] = self.specs[name].check(value)
        except (KeyError, UserError):
            return False
        return True

    def fold(self, events: Iterable[Event]) -> "OwnHparams":
        """Take what these events declare and change; return itself."""
        for event in events:
            if isinstance(event, Started):
                self.declare([parse_declared(declared) for declared in event.own])
            elif isinstance(event, Changed):
                self.change(event.name, event.new)
        return self
