"""What is recorded of an exception."""

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MAX_LINES: Final = 20
"""How many lines of a traceback are recorded."""


def describe_error(error: BaseException) -> tuple[str, list[str]]:
    """Return what an exception says, with the place it was raised at, and the traceback's end."""
    said = said_by(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return said[:400] + place, lines[-MAX_LINES:]


def said_by(error: BaseException) -> str:
    """Return an exception in one line; that of a group has its first one as well."""
    lines = "".join(traceback.format_exception_only(error)).splitlines()
    # Of a SyntaxError the place and the source come before, indented.
    begin = next((at for at, line in enumerate(lines) if line[:1].strip()), 0)
    said = headline(lines[begin:])
    if isinstance(error, BaseExceptionGroup):
        said = f"{said}: {said_by(error.exceptions[0])}"
    return said


def headline(lines: Sequence[str]) -> str:
    """Return the first line of an exception; with the next one where it says its type alone."""
    said = [line.strip() for line in lines if line.strip()]
    return " ".join(said[: 2 if said and said[0].endswith(":") else 1])
