"""`control.json` of our own runs: its hyperparameters are those that may change while training."""

from collections.abc import Mapping
from pathlib import Path

from core.run.hparams import SPECS, Value
from core.run.own_hparams import is_own_value
from core.rundir.validation import plain_value
from trainpad.control import Control
from trainpad.errors import UserError


def open_control(directory: Path, start: Mapping[str, Value] | None = None) -> Control:
    """Open the control file of the run in `directory`; see `trainpad.control.Control`.

    Args:
        directory: The run directory.
        start: All hyperparameters of the run, given by its trainer.
    """
    if start is not None:
        start = {name: value for name, value in start.items() if SPECS[name].live}
    return Control(directory, check_live, start)


def check_live(values: Mapping[str, object]) -> dict[str, Value]:
    """Validate hyperparameters that may change while training; return them converted.

    Raises:
        UserError: a name is unknown or cannot change while training, or a value is not allowed.
    """
    own = {name: _own_value(name, value) for name, value in values.items() if is_own_value(name)}
    values = {name: value for name, value in values.items() if name not in own}
    for name in values:
        if name not in SPECS:
            raise UserError(f"control.json: there is no hyperparameter called {name[:40]!r}")
        if not SPECS[name].live:
            raise UserError(f"control.json: {name} cannot change while a run trains")
    return {name: SPECS[name].check(value) for name, value in values.items()} | own


def _own_value(name: str, value: object) -> Value:
    """Return a value of a model's own; whether it is declared is known where it trains."""
    try:
        return plain_value(value)
    except ValueError as error:
        raise UserError(f"control.json: {name[:80]} is {error}") from None
