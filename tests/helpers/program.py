"""Programs that train, forked from one process that has imported TensorFlow for all tests."""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import IO, Any, Self

from tests.helpers.repository import REPOSITORY
from tests.helpers.waiting import LONG, wait_until

COMMAND = "import main\nmain.main()"
"""The code of the command `trainpad`."""
SERVER = Path(__file__).with_name("program_server.py")


class Program:
    """A process that runs some code, with the interface of `subprocess.Popen`."""

    def __init__(
        self,
        *arguments: str | Path,
        code: str = COMMAND,
        folder: Path = REPOSITORY,
        environment: Mapping[str, str] | None = None,
        closed: Sequence[int] = (),
        terminal: bool = False,
        **streams: int,
    ) -> None:
        """Start it.

        Args:
            arguments: Its arguments, after the name of the program.
            code: What it runs.
            folder: Its current folder.
            environment: Its environment, by default that of the test.
            closed: Which of the descriptors 0 to 2 are closed.
            terminal: Whether `stdin` is a terminal that becomes the one of a new session.
            streams: `stdin`, `stdout` and `stderr` as descriptors; by default the null device for
                the first, and pipes, as text, for the others.
        """
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        null = os.open(os.devnull, os.O_RDWR)
        given, opened = [streams.get("stdin", null)], [null]
        for name in ("stdout", "stderr"):
            if name in streams:
                given.append(streams[name])
                continue
            reading, writing = os.pipe()
            setattr(self, name, os.fdopen(reading))
            given.append(writing)
            opened.append(writing)
        request = {
            "arguments": ["trainpad", *map(str, arguments)],
            "code": code,
            "folder": str(folder),
            "environment": dict(os.environ if environment is None else environment),
            "closed": list(closed),
            "terminal": terminal,
        }
        self._connection = _connect()
        socket.send_fds(self._connection, [json.dumps(request).encode()], given)
        self._connection.shutdown(socket.SHUT_WR)
        for descriptor in opened:
            os.close(descriptor)
        self._reports = self._connection.makefile()
        self.pid = int(self._reports.readline())

    def wait(self, timeout: float = LONG) -> int:
        """Wait for its end; return the exit status, or minus the signal that ended it."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            self.returncode = int(self._reports.readline())
            self._reports.close()
            self._connection.close()
        return self.returncode

    def communicate(self, timeout: float = LONG) -> tuple[str, str]:
        """Read all that it prints, and wait for its end; the second time there is nothing."""
        errors: list[str] = []
        reader = Thread(target=lambda: errors.append(_rest_of(self.stderr)))
        reader.start()
        output = _rest_of(self.stdout)
        reader.join()
        self.wait(timeout)
        self._close()
        return output, errors[0]

    def poll(self) -> int | None:
        """The exit status where it has ended."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless its end was waited for."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, unless its end was waited for."""
        with suppress(ProcessLookupError):
            self.send_signal(signal.SIGKILL)

    def _close(self) -> None:
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.kill()
        self.wait()
        self._close()


def run_program(*arguments: str | Path, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end."""
    with Program(*arguments, **options) as program:
        output, errors = program.communicate()
    return subprocess.CompletedProcess(arguments, program.wait(), output, errors)


def _rest_of(stream: IO[str] | None) -> str:
    return "" if stream is None or stream.closed else stream.read()


def _connect() -> socket.socket:
    """A connection to the server, which is started where there is none."""
    folder = _shared_folder()
    path = folder / "socket"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (connection := _connected(path)) is not None:
            return connection
        path.unlink(missing_ok=True)
        _start_server(folder, path)
        found: list[socket.socket] = []

        def answers() -> bool:
            found.extend([made] if (made := _connected(path)) is not None else [])
            return bool(found)

        wait_until(answers)
    return found[0]


def _shared_folder() -> Path:
    """A folder that all workers of these tests share, and no others."""
    folder = Path(tempfile.gettempdir()) / f"trainpad-tests-{os.getuid()}-{_owner()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _owner() -> int:
    """The process that lives as long as the tests: pytest itself, of which workers are children."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _connected(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection


def _start_server(folder: Path, path: Path) -> None:
    """Start the server as no child of this process, whose end it outlives."""
    subprocess.run(
        ["sh", "-c", '"$@" &', "sh", sys.executable, "-P", SERVER, path, str(_owner())],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=True,
    )
