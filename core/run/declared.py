"""The values of a run: its hyperparameters, and what its model or its program declares."""

from typing import Protocol

from core.run.events import Changed
from core.run.hparams import SPECS, HyperParameters, HyperparameterSpec, Value, update_hparams
from core.run.knob_steps import as_text
from core.run.own_hparams import OwnHparams, is_own_value
from core.run.program import ProgramState
from trainpad.errors import UserError
from trainpad.text import sanitize


class HasValues(Protocol):
    """A run, as far as its values go."""

    hparams: HyperParameters
    own: OwnHparams
    program: ProgramState

    @property
    def is_attached(self) -> bool:
        """Whether another program trains it."""


def spec_of(run: HasValues, name: str) -> HyperparameterSpec:
    """Return the spec of a hyperparameter, or of a value that the run's model declares."""
    return run.own.specs[name] if name in run.own.specs else SPECS[name]


def value_of(run: HasValues, name: str) -> Value:
    """Return the present value of a hyperparameter, or of a value that the model declares."""
    if name in run.own.values:
        return run.own.values[name]
    value: Value = getattr(run.hparams, name)
    return value


def apply_change(run: HasValues, event: Changed) -> tuple[str, str] | None:
    """Change a value of `run`; return what changed, and the new value in a word or two.

    None where the run has no such value, or its program changes it all the time.
    """
    if run.is_attached:
        run.program.fold(event)
        if run.program.is_scheduled(event):
            return None
        name, now = sanitize(event.name, limit=40), as_text(event.new)
        by = " by the program" if event.by else ""
        return f"{name} {as_text(event.old)} → {now}{by}", f"{name} {now}"
    if is_own_value(event.name):
        if not run.own.change(event.name, event.new):
            return None
    else:
        try:
            run.hparams = update_hparams(run.hparams, {event.name: event.new})
        except UserError:
            return None
    spec = spec_of(run, event.name)
    old, now = spec.format(event.old), spec.format(value_of(run, event.name))
    short = "lr" if event.name == "learning_rate" else spec.label
    return f"{spec.label} {sanitize(old, limit=40)} → {now}", f"{short} {now}"
