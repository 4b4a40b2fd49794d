"""Errors of run directories beside those of `trainpad.errors`."""

from trainpad.errors import RunError


class CheckpointError(RunError):
    """A checkpoint cannot be read; names the file, and another to use where there is one."""
