"""The command that trains a run on after it has diverged."""

from core.run.hparams import Value, flag_value
from core.run.smaller_rate import smaller_rate
from core.rundir.rundir import RunDir


def how_to_go_on(run: RunDir, rate: Value) -> str:
    """Return the command that resumes `run`, which diverged with this learning rate."""
    smaller = flag_value(smaller_rate(rate))
    return f"`trainpad --resume {run.quoted} --learning_rate {smaller}` trains on"
