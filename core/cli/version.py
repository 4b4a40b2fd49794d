"""What `trainpad --version` prints: what a report of a bug needs, and nothing private.

There is no name of a user, machine or folder in it. Nothing heavy is imported: the versions come
from the packages' metadata.
"""

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from core.rundir.versions import version_of, versions
from trainpad.text import sanitize

PACKAGES: Final = ("textual", "rich", "click", "optuna", "matplotlib")
"""What is named besides the versions that a run records."""
VARIABLES: Final = ("TERM", "COLORTERM", "TERM_PROGRAM", "LC_ALL", "LANG", "NO_COLOR")
"""Environment variables that decide how a screen looks."""
AROUND: Final = {"TMUX": "in tmux", "STY": "in screen", "SSH_CONNECTION": "over SSH"}
"""Variables that are there where the terminal is inside something else."""
LIMIT: Final = 80
"""The length to which the value of a variable is cut."""


def environment(variables: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield the lines: trainpad, Python, packages, the platform and the terminal."""
    found = versions()
    yield f"trainpad {found.pop('trainpad')}"
    yield f"python {found.pop('python')} ({platform.python_implementation()})"
    found |= {name: version_of(name) for name in PACKAGES}
    yield ", ".join(f"{name} {number}" for name, number in found.items())
    yield f"platform {platform.platform()}, {os.cpu_count()} cores"
    yield f"terminal {', '.join(_terminal(variables))}"


def _terminal(variables: Mapping[str, str]) -> Iterator[str]:
    if sys.stdout.isatty():
        size = shutil.get_terminal_size()
        yield f"{size.columns}x{size.lines}"
    else:
        yield "output is not a terminal"
    for name in VARIABLES:
        if name in variables:
            yield f"{name}={sanitize(variables[name], limit=LIMIT)}"
    yield from (words for name, words in AROUND.items() if variables.get(name))
