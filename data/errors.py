"""Errors of data files and folders."""

from trainpad.errors import UserError


class DataError(UserError):
    """A data file or folder is missing, damaged or does not fit; names it and what was found."""
