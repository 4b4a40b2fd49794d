"""What is recorded of an exception."""

import traceback
from pathlib import Path
from typing import Final

MAX_LINES: Final = 20
"""How many lines of a traceback are recorded."""


def describe(error: BaseException) -> tuple[str, list[str]]:
    """Return what an exception says, with the place it was raised at, and the traceback's end."""
    said = "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return said.splitlines()[-1][:400] + place if said else place, lines[-MAX_LINES:]
