"""Changes of hyperparameters from one step on: which are made, and which are refused."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.run.events import Alert, Changed, StepEvent
from core.run.hparams import SPECS, HyperParameters
from core.run.own_hparams import is_own_value
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.training.engine import Engine


def changes(
    engine: "Engine", step: int, hparams: HyperParameters, values: Mapping[str, Any]
) -> Iterator[StepEvent]:
    """Yield `Changed` for each of `values` that differs, or `Alert` where it is refused.

    A live value of a model's own has changed then; a hyperparameter changes when `engine` gets it.
    """
    for name, value in values.items():
        if is_own_value(name):
            yield from _own_change(engine, step, name, value)
            continue
        old = getattr(hparams, name)
        if value == old:
            continue
        if why := engine.why_invalid(name, value):
            kept = f"{SPECS[name].label} stays {SPECS[name].format(old)}"
            yield Alert(step, f"{kept}: {why}")
        else:
            yield Changed(step, name, old, value)


def _own_change(engine: "Engine", step: int, name: str, value: object) -> Iterator[StepEvent]:
    try:
        old, new = engine.change_own(name, value)
    except UserError as error:
        yield Alert(step, str(error))
    else:
        if new != old:
            yield Changed(step, name, old, new)
