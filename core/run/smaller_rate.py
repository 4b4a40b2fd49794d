"""The learning rate that is proposed after one with which a run diverged."""

from core.run.hparams import SPECS, Value

PRESSES = -5
"""Key presses from the rate that diverged to the one that is proposed: about a third."""


def smaller_rate(rate: Value) -> Value:
    """Return about a third of a learning rate, as keys step it."""
    return SPECS["learning_rate"].stepped(rate, PRESSES)
