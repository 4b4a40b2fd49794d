"""An error that nobody expected, for the user: a sentence instead of a traceback."""

import os
import tempfile
import traceback
from typing import Final

VARIABLE: Final = "TRAINPAD_TRACEBACK"
"""Set to anything, it has the traceback printed."""


def describe_fault(error: Exception) -> str:
    """Return a sentence about `error`, with its traceback or where that was written."""
    name = type(error).__name__
    what = f"{name}: {error}" if str(error) else name
    details = "".join(traceback.format_exception(error))
    if os.environ.get(VARIABLE):
        return f"{details}failed unexpectedly ({what})"
    return f"failed unexpectedly ({what}); {_where(details)}"


def _where(details: str) -> str:
    try:
        descriptor, path = tempfile.mkstemp(prefix="trainpad-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(details)
    except OSError:
        return f"{VARIABLE}=1 shows where"
    return f"please report it with {path}"
