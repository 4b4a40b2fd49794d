"""Whether Optuna is installed: it is needed for sweeps alone."""

from importlib.util import find_spec

from trainpad.errors import UserError


def check_optuna() -> None:
    """Check that sweeps can run here.

    Raises:
        UserError: Optuna is not installed.
    """
    if find_spec("optuna") is None:
        raise UserError("sweeps need Optuna: pip install optuna, or pip install -e '.[sweep]'")
