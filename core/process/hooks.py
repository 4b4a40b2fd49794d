"""Notifications: a bell, a message of the terminal, or a command of the user's.

A command is started without a shell, and nothing waits for it; its failure is one warning.
"""

import os
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from core.process.free_core import use_all_cores
from core.rundir.occasions import Occasion
from trainpad.errors import UserError
from trainpad.supervised import VARIABLE
from trainpad.text import sanitize

BELL, OSC9 = "bell", "osc9"
"""What a hook may be besides a command: the terminal's bell, and its desktop notification."""
_OF_TERMINALS: Final = ((BELL,), (OSC9,))
TIMEOUT: Final = 60.0
"""Seconds after which a command is ended."""


def parse_hook(flag: str, text: str) -> tuple[str, ...]:
    """Return the words of a hook's command.

    Raises:
        UserError: it cannot be split into words; one sentence.
    """
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UserError(f"{flag} {text!r} cannot be split into words: {error}") from error
    if not words:
        raise UserError(f"{flag} is empty; give {BELL}, {OSC9} or a command")
    return words


def check_without_terminal(hooks: Mapping[str, tuple[str, ...]]) -> None:
    """Check that hooks work in a process that has no terminal.

    Raises:
        UserError: one of them is the terminal's bell or its message.
    """
    for kind, words in hooks.items():
        if words in _OF_TERMINALS:
            raise UserError(
                f"--on-{kind} {words[0]} needs a terminal, which --detach leaves; give a command"
            )


class Hooks:
    """Does what the user chose for each kind of occasion."""

    def __init__(
        self,
        hooks: Mapping[str, tuple[str, ...]],
        environ: Mapping[str, str],
        warn: Callable[[str], object],
        ring: Callable[[str], object] | None = None,
        *,
        commands: bool = True,
    ) -> None:
        """Make hooks.

        Args:
            hooks: The words of each, by the kind of its occasion.
            environ: The environment of commands.
            warn: Called with one sentence about the first command that fails.
            ring: Writes control characters to the terminal; None where there is none.
            commands: Whether commands are started here, and not by another process.
        """
        self._hooks = hooks
        self._environ = {key: text for key, text in environ.items() if key != VARIABLE}
        self.warn = warn
        self.ring = ring
        self._commands = commands
        self._threads: list[threading.Thread] = []
        self._has_warned = False

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def fire(self, occasion: Occasion, name: str, path: str) -> None:
        """Notify of something that happened in the run called `name`, in the folder `path`."""
        words = self._hooks.get(occasion.kind)
        if words is None:
            return
        if words in _OF_TERMINALS:
            if self.ring is not None:
                self.ring(control_characters(words[0], f"{name}: {occasion.reason}"))
        elif self._commands:
            environ = {
                **self._environ,
                "TRAINPAD_NAME": name,
                "TRAINPAD_PATH": path,
                "TRAINPAD_EVENT": occasion.kind,
                "TRAINPAD_STATE": occasion.state,
                "TRAINPAD_REASON": occasion.reason,
            }
            self._start(words, environ)

    def _start(self, words: tuple[str, ...], environ: Mapping[str, str]) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's command, without a shell
                words,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, ValueError) as error:
            self._fail(f"{words[0]} failed: {getattr(error, 'strerror', None) or error}")
            return
        use_all_cores(process.pid)
        thread = threading.Thread(target=self._await, args=(words[0], process), daemon=True)
        thread.start()
        self._threads.append(thread)

    def wait(self, timeout: float = TIMEOUT) -> None:
        """Wait for the commands that still run, so many seconds at most."""
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _await(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        try:
            status = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self._fail(f"{name} failed: it took longer than {TIMEOUT:g} s")
        else:
            if status:
                self._fail(f"{name} failed: exit status {status}")

    def _fail(self, text: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            self.warn(f"the notification {text}")


def ring_stderr(characters: str) -> None:
    """Write control characters to standard error, where that is a terminal."""
    if os.isatty(2):
        with suppress(OSError):
            os.write(2, characters.encode())


def control_characters(kind: str, text: str) -> str:
    """Return what makes a terminal ring, or show a message."""
    return "\a" if kind == BELL else f"\x1b]9;{sanitize(text, limit=200)}\x1b\\"
