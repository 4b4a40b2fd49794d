"""Processes of runs: started, or forked from one that has imported TensorFlow."""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from core.process.python import python_command
from trainpad.errors import RunError

PR_SET_PDEATHSIG: Final = 1
START: Final = "from main import main; main()"
SERVE: Final = "from core.sweep.fork_server import serve; serve()"


class Process(Protocol):
    """A process that was started."""

    pid: int

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""


class Starter(Protocol):
    """Starts the processes of runs."""

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], output: Path
    ) -> Process:
        """Start a process in a session of its own, that ends when this one does.

        Args:
            command: The program and its arguments.
            environment: What is added to the environment.
            output: The file that takes what it prints.

        Raises:
            RunError: it cannot be started.
        """


class Spawner:
    """Starts a new interpreter for each process."""

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], output: Path
    ) -> Process:
        """Start a process; see `Starter`."""
        try:
            with output.open("ab") as file:
                return subprocess.Popen(  # noqa: S603 - the user's own command
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **environment},
                    start_new_session=True,
                    preexec_fn=end_with_parent,  # noqa: PLW1509 - this process has one thread
                )
        except OSError as error:
            raise RunError(f"{command[0]} cannot be started: {error.strerror}") from error


class Forker:
    """Forks each process from one that has imported TensorFlow, which saves its import.

    TensorFlow starts no thread before it computes. The command is that of `trainpad_command`.
    """

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._statuses: dict[int, int] = {}
        self._rest = b""

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], output: Path
    ) -> Process:
        """Start a process; see `Starter`."""
        server = self._server = self._server or _start_server(output)
        request = {
            "arguments": list(command[len(trainpad_command()) :]),
            "environment": {**os.environ, **environment},
            "output": str(output),
        }
        try:
            if server.stdin is None:
                raise BrokenPipeError
            server.stdin.write(json.dumps(request).encode() + b"\n")
            server.stdin.flush()
        except OSError as error:
            raise RunError(f"the process that trains cannot be started; see {output}") from error
        while (answer := self._read(block=True)) and "started" not in answer:
            pass
        if not answer:
            raise RunError(f"the process that trains cannot be started; see {output}")
        return Forked(answer["started"], self)

    def status(self, pid: int) -> int | None:
        """The exit status of a forked process; None while it runs."""
        while self._read(block=False):
            pass
        is_gone = self._server is not None and self._server.poll() is not None
        return self._statuses.get(pid, -signal.SIGKILL if is_gone else None)

    def _read(self, *, block: bool) -> dict[str, Any]:
        """The server's next line; empty if there is none, or if the server is gone."""
        stdout = self._server.stdout if self._server else None
        if stdout is None:
            return {}
        while b"\n" not in self._rest:
            if not block and not select.select([stdout], [], [], 0)[0]:
                return {}
            more = os.read(stdout.fileno(), 4096)
            if not more:
                return {}
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        if "ended" in found:
            self._statuses[found["ended"]] = found["status"]
        return found


class Forked:
    """A process that a `Forker` has forked."""

    def __init__(self, pid: int, forker: Forker) -> None:
        self.pid, self._forker = pid, forker

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._forker.status(self.pid)


def trainpad_command() -> list[str]:
    """The command line that runs `trainpad` as this process runs it."""
    return python_command(START)


def _start_server(output: Path) -> "subprocess.Popen[bytes]":
    try:
        with output.open("ab") as file:
            return subprocess.Popen(  # noqa: S603 - ours
                python_command(SERVE),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - this process has one thread
            )
    except OSError as error:
        raise RunError(f"{sys.executable} cannot be started: {error.strerror}") from error


def end_with_parent() -> None:
    """Have the system end this process when its parent is killed (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
