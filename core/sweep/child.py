"""The process of one run of a trial."""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.output.failure import PrintedFailure
from core.output.printed import PrintedLines
from core.rundir.rundir import RunDir, list_runs
from core.sweep.process import Process, Spawner, Starter
from trainpad.errors import RunError
from trainpad.files import read_range, size_of

OUTPUT: Final = "output.log"
"""What a run's process prints; in the folder of its trial."""
READ_BYTES: Final = 1 << 16
"""So much of its end is read."""


@dataclass(slots=True)
class Child:
    """A process that trains one run, in a folder where no other run is."""

    folder: Path
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    starter: Starter = field(default_factory=Spawner)
    _process: Process | None = None

    def start(self) -> None:
        """Start the process; it ends when this one does.

        Raises:
            RunError: the folder cannot be written, or the program cannot be started.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{self.folder} cannot be written: {error.strerror}") from error
        self._process = self.starter.start(self.command, self.environment, self.folder / OUTPUT)

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

    def failure(self) -> str:
        """Why the process failed, by what it has printed: an exception, else the last line."""
        path, lines, printed = self.folder / OUTPUT, PrintedLines(), PrintedFailure()
        try:
            content = read_range(path, max(0, size_of(path) - READ_BYTES), READ_BYTES)
        except OSError:
            return ""
        for line in (*lines.feed(content), *lines.end()):
            printed.feed(line)
        return printed.headline or printed.last_line
