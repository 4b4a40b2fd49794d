"""The command of another Python process of this program."""

import sys
from pathlib import Path
from typing import Final

import core
import trainpad

PATHS: Final = [
    str(Path(package.__file__ or "").resolve().parent.parent) for package in (core, trainpad)
]
"""Where the program's own modules are, and the library; in a checkout they are side by side."""


def python_command(code: str) -> list[str]:
    """The command that runs `code` with the program's own modules and those of this Python."""
    return [sys.executable, "-P", "-c", f"import sys; sys.path[:0] = {PATHS!r}; {code}"]
