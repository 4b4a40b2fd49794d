"""The real program on a pseudo-terminal, with a terminal at the other end that can be cut off."""

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte

from tests.helpers.program import COMMAND, Program
from tests.helpers.waiting import LONG, wait_until

MAIN = Path(__file__).resolve().parents[2] / "main.py"

Process = subprocess.Popen[bytes] | Program
TAKE = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes descriptor 0 the controlling terminal, before the command takes the process over."""


class _Screen(pyte.Screen):
    """pyte's screen, with a way back for what the terminal is asked."""

    answer: Callable[[str], None] = staticmethod(lambda _text: None)

    def write_process_input(self, data: str) -> None:
        self.answer(data)


class Terminal:
    """A terminal of a size, and a process whose controlling terminal it is."""

    def __init__(
        self,
        command: Sequence[str | Path],
        width: int = 110,
        height: int = 34,
        *,
        forked: bool = False,
        **extra: str,
    ) -> None:
        """Start a command on a terminal.

        Args:
            command: The command.
            width: Columns.
            height: Rows.
            forked: Whether it is a command of `trainpad` or ``python -c``, that is forked from a
                process which has imported TensorFlow.
            extra: Environment variables.
        """
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.sent = bytearray()
        """Everything that the program sent to the terminal."""
        self.screen = _Screen(width, height)
        self.screen.answer = self.type
        self.rate: float | None = None
        """Bytes a second that the terminal reads at most."""
        self._stream = pyte.ByteStream(self.screen)
        self._lock = threading.Lock()
        self._open = True
        # Whoever runs the tests may be at the other end of an SSH connection, or in tmux.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SSH_")}
        settings = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PS1": "shell> "}
        begin = _forked if forked else _started
        self.process = begin([*map(str, command)], slave, kept | settings | extra)
        self._slave = slave
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while self._open:
            try:
                # Whoever waits in `read` itself keeps the terminal open after `hang_up`.
                if not select.select([self.master], [], [], 0.1)[0]:
                    continue
                content = os.read(self.master, 4096 if self.rate is None else 64)
            except OSError:
                return
            if not content:
                return
            with self._lock:
                self.sent += content
                # pyte takes the private queries of modes and keyboards for something else.
                self._stream.feed(re.sub(rb"\x1b\[[>=<][0-9;]*[a-zA-Z]", b"", content))
            if self.rate is not None:
                time.sleep(len(content) / self.rate)

    @property
    def text(self) -> str:
        """What is on the screen."""
        with self._lock:
            return "\n".join(self.screen.display)

    def type(self, keys: str) -> None:
        """Press these keys."""
        with contextlib.suppress(OSError):
            os.write(self.master, keys.encode())

    def wait_for(self, pattern: str, timeout: float = LONG) -> re.Match[str]:
        """Wait until the screen shows `pattern`."""
        found: list[re.Match[str]] = []

        def shown() -> bool:
            match = re.search(pattern, self.text)
            found.extend([match] if match else [])
            return bool(found)

        wait_until(shown, timeout, lambda: f"{pattern!r} never came; there is\n{self.text}")
        return found[0]

    def resize(self, width: int, height: int) -> None:
        """Tell the program another size; what is emulated here keeps its own."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def attributes(self) -> list[object]:
        """The terminal's settings as they are now."""
        return termios.tcgetattr(self._slave)

    def hang_up(self) -> None:
        """Close the terminal, as a connection does that drops."""
        self._open = False
        self._reader.join(1)
        os.close(self._slave)
        os.close(self.master)

    def end(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):
            self.hang_up()
        self.process.kill()
        self.process.wait(10)


def _started(command: list[str], slave: int, environment: dict[str, str]) -> Process:
    return subprocess.Popen(
        [sys.executable, "-c", TAKE, *command],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        cwd=MAIN.parent,
        env=environment,
    )


def _forked(command: list[str], slave: int, environment: dict[str, str]) -> Process:
    is_code = command[1] == "-c"
    return Program(
        *command[3 if is_code else 2 :],
        code=command[2] if is_code else COMMAND,
        environment=environment,
        terminal=True,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )


def trainpad(*arguments: str | Path) -> list[str]:
    """The command line that starts this program."""
    return [sys.executable, str(MAIN), *map(str, arguments)]


def training(log_dir: Path, *arguments: str | Path) -> list[str]:
    """The command line of a small training."""
    return trainpad("--fake_data", "--offline", "--log_dir", log_dir, *arguments)


def slow_training(log_dir: Path, *arguments: str | Path) -> list[str]:
    """The command line of a training of 100,000,000 steps that uses little of the processor."""
    flags = training(log_dir, "--max_steps", "100000000", *arguments)[2:]
    return [sys.executable, "-c", "from tests.helpers.slow import run; run()", *flags]


def only_run(log_dir: Path) -> Path:
    """The one run below `log_dir`."""
    (path,) = log_dir.iterdir()
    return path
