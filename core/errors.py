"""Errors of runs, beside `data.errors`: each is a sentence for the user, caught only at the boundary."""

from data.errors import UserError


class RunError(UserError):
    """A run directory is missing, locked, damaged or cannot be written."""


class CheckpointError(RunError):
    """A checkpoint cannot be read; names the file and, where there is one, the one to use instead."""
