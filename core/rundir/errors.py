"""Errors of runs, beside `data.errors`: each is a sentence for the user."""

from data.errors import UserError


class RunError(UserError):
    """A run directory is missing, locked, damaged or cannot be written."""


class CheckpointError(RunError):
    """A checkpoint cannot be read; names the file, and another to use where there is one."""
