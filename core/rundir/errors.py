"""Errors of run directories besides those of `trainpad.errors`."""

from trainpad.errors import RunError


class CheckpointError(RunError):
    """A checkpoint cannot be read; the message names another one to use, if there is one."""
