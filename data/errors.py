"""Errors of data files and folders."""

import re

from trainpad.errors import UserError

_ADDRESS = re.compile(r"<[^<>]* object at 0x[0-9a-fA-F]+>")


class DataError(UserError):
    """A data file or folder is missing, damaged or does not fit; names it and what was found."""


def without_addresses(error: Exception) -> str:
    """What an error says, in brackets after a blank; nothing where it names an object of Python."""
    # Of errors of Python's tokenizer, the second argument is a place in the header.
    first = error.args[0] if len(error.args) > 1 and not isinstance(error, OSError) else error
    text = str(first).strip()
    return "" if not text or _ADDRESS.search(text) else f" ({text})"
