"""The process of one run of a trial."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import trainpad
from core.rundir.rundir import RunDir, list_runs
from trainpad.errors import RunError
from trainpad.files import read_range, size_of

PR_SET_PDEATHSIG: Final = 1
OUTPUT: Final = "output.log"
"""What a run's process prints; in the folder of its trial."""
START: Final = (
    "import sys; sys.path.insert(0, {root!r}); from trainpad.__main__ import main; main()"
)


def trainpad_command() -> list[str]:
    """The command line that runs `trainpad` as this process runs it."""
    root = str(Path(trainpad.__file__).resolve().parent.parent)
    return [sys.executable, "-P", "-c", START.format(root=root)]


@dataclass(slots=True)
class Child:
    """A process that trains one run, in a folder where no other run is."""

    folder: Path
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start the process; it ends when this one does.

        Raises:
            RunError: the folder cannot be written, or the program cannot be started.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self.folder / OUTPUT).open("ab") as output:
                self._process = subprocess.Popen(  # noqa: S603 - the user's own command
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self.environment},
                    start_new_session=True,
                    preexec_fn=_end_with_parent,  # noqa: PLW1509 - this process has one thread
                )
        except OSError as error:
            raise RunError(f"{self.command[0]} cannot be started: {error.strerror}") from error

    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; None while the process runs."""
        return self._process.poll() if self._process else None

    def run(self) -> RunDir | None:
        """The run that the process writes; None before it has one."""
        runs = list_runs(self.folder)
        return runs[-1] if runs else None

    def terminate(self) -> None:
        """Ask the process to save and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and its children at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def last_lines(self, count: int = 3) -> str:
        """The last lines that the process has printed."""
        path = self.folder / OUTPUT
        try:
            content = read_range(path, max(0, size_of(path) - 4096), 4096)
        except OSError:
            return ""
        lines = content.decode("utf-8", "replace").splitlines()
        return "\n".join([line for line in lines if line.strip()][-count:])


def _end_with_parent() -> None:
    """Have the system end this process when its parent is killed (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
