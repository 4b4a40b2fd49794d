"""The command line of a program: whether it can be started, and what its run is called."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from trainpad.errors import UserError

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit statuses of a shell, `env` and `nohup` where a program cannot be started."""
_SCRIPT: Final = re.compile(r"[^-].*\.(?:py|sh|bash|jl|r|R|lua|ipynb)$")


class StartError(UserError):
    """A program cannot be started; `status` is the exit status that says so."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def check_program(name: str, path: str | None = None) -> None:
    """Check that a program can be started; `path` are the folders that are searched.

    Raises:
        StartError: it is not found, or is no program.
    """
    if shutil.which(name, path=path):
        return
    if os.path.lexists(name):
        hint = f"; `trainpad run python {name}`" if name.endswith(".py") else ""
        raise StartError(f"{name} is not an executable file{hint}", NOT_EXECUTABLE)
    raise StartError(f"there is no program called {name!r}", NOT_FOUND)


def project_of(command: Sequence[str]) -> str:
    """Return what the runs of a program belong to: the name of its script, or else its own."""
    for number, word in enumerate(command[1:], 1):
        if command[number - 1] == "-m":
            return word.rpartition(".")[2]
        if _SCRIPT.match(word):
            return Path(word).stem
    return Path(command[0]).stem
