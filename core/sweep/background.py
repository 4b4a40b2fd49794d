"""A sweep in a process of its own, which goes on when the terminal is closed."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.sweep.folder import StudyFolder
from core.sweep.process import trainpad_command
from trainpad.errors import RunError
from trainpad.files import read_range, size_of
from trainpad.text import sanitize

LOG: Final = "sweep.log"
"""What the processes that run trials have printed; in the folder of the study."""


def start_in_background(folder: StudyFolder, flags: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start to run the trials of a study; what it prints goes to its `sweep.log`.

    Raises:
        RunError: it cannot be started.
    """
    command = [*trainpad_command(), "sweep", "--headless", "--study", str(folder.path), *flags]
    try:
        with log_of(folder).open("ab") as file:
            return subprocess.Popen(  # noqa: S603 - ours
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        raise RunError(f"the sweep cannot be started: {error.strerror or error}") from error


def log_of(folder: StudyFolder) -> Path:
    """The path of the study's `sweep.log`."""
    return folder.path / LOG


def last_line(folder: StudyFolder) -> str:
    """The last line that a process of the study has printed; empty where there is none."""
    path = log_of(folder)
    try:
        content = read_range(path, max(0, size_of(path) - 2048), 2048)
    except OSError:
        return ""
    lines = [line for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
    return sanitize(lines[-1], limit=300).removeprefix("trainpad: ") if lines else ""
