"""The terminal, kept private and allowed to vanish.

Textual draws on `sys.__stderr__` and asks `sys.__stdout__` for the size. TensorFlow's C++ code and
stray prints write to descriptors 1 and 2. So Textual gets duplicates of the terminal, and 1 and 2
go elsewhere (`core.process.redirect`). The driver here also outlives what ends or blocks Textual's
own: a terminal that closes under it, stalls, or is slow, a launcher that is killed, and ctrl+z,
which stops the drawing and nothing else.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textual import constants
from textual.driver import Driver
from textual.events import CursorPosition

from core.process.launcher import Launcher
from tui.terminal.writer import FlowControl, TerminalWriter

if TYPE_CHECKING:
    from textual.app import App

LOCAL_FPS, REMOTE_FPS = 8.0, 4.0
"""How often the screen follows the numbers: less over SSH, where every byte costs."""
REMOTE_BYTES_PER_SECOND: Final = 3600.0
"""Bytes a second over SSH, on the average, that following the numbers may send."""
CLOSE_TIMEOUT: Final = 0.3
"""Seconds that leaving waits for a terminal that stalls."""
CURSOR_POSITION_REQUEST: Final = "\x1b[6n"
"""Asks the terminal for the position of its cursor."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, and with how many bytes a second at most, the screen follows the numbers."""

    fps: float
    bytes_per_second: float | None

    @classmethod
    def resolve(cls, fps: float | None = None, bytes_per_second: float | None = None) -> "Pace":
        """What was asked for; else what suits the way to the terminal."""
        remote = bool(os.environ.get("SSH_CONNECTION"))
        usual = cls(REMOTE_FPS, REMOTE_BYTES_PER_SECOND) if remote else cls(LOCAL_FPS, None)
        return cls(fps or usual.fps, bytes_per_second or usual.bytes_per_second)


def needs_ascii() -> bool:
    """Whether this terminal cannot be trusted with anything but ASCII."""
    if os.environ.get("TERM") == "linux":
        return True
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
    return bool(locale) and "utf" not in locale.lower()


@contextmanager
def duplicated_terminal() -> Iterator[None]:
    """For the time of the block, Textual's files are duplicates of the terminal's descriptors.

    Descriptors 1 and 2 themselves go to nowhere until `core.process.redirect.divert` says
    otherwise, and are the terminal's again afterwards, if it is still there: a word that is
    printed to one that is gone would raise, and end what trains. Under a driver that somebody else
    chose, such as textual-serve's, whose packets use descriptor 1, nothing is touched.
    """
    if constants.DRIVER is not None:
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    kept = sys.__stdout__, sys.__stderr__
    copies = os.dup(1), os.dup(2 if os.isatty(2) else 1)
    private = [os.fdopen(copy, "w", encoding="utf-8", errors="replace") for copy in copies]
    sys.__stdout__, sys.__stderr__ = private  # type: ignore[misc]  # Textual looks for them here
    nowhere = os.open(os.devnull, os.O_WRONLY)
    originals = os.dup(1), os.dup(2)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        for original, descriptor in zip(originals, (1, 2), strict=True):
            if not _is_hung_up(original):
                os.dup2(original, descriptor)
            os.close(original)
        for stream in private:
            with suppress(OSError, ValueError):
                stream.close()
        sys.__stdout__, sys.__stderr__ = kept  # type: ignore[misc]


def _is_hung_up(descriptor: int) -> bool:
    """Whether the other end of a terminal or a pipe is closed."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return bool(poll.poll(0))


def driver_class(default: type[Driver], pace: Pace, launcher: Launcher | None) -> type[Driver]:
    """The driver for this process: one that outlives its terminal, unless another was asked for."""
    if constants.DRIVER is not None or sys.platform == "win32":
        return default
    return _resilient(default, pace, launcher)


class _NullFile:
    """The file of Textual's own writer thread, which is given nothing to write."""

    def write(self, text: str) -> None:
        """Write nothing."""

    def flush(self) -> None:
        """Nothing waits."""


def watch_hangup(descriptors: Sequence[int], on_hangup: Callable[[], None]) -> Callable[[], None]:
    """Call `gone`, on another thread, when the other end of one of these is closed.

    Returns what ends the watch. It costs nothing while nothing happens.
    """
    ended = threading.Event()
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, 0)  # a hang-up is told without being asked for

    def run() -> None:
        while not ended.is_set():
            if poll.poll(500):
                if not ended.is_set():
                    on_hangup()
                return

    threading.Thread(target=run, name="hang-up", daemon=True).start()
    return ended.set


def _resilient(base: Any, pace: Pace, launcher: Launcher | None) -> type[Driver]:
    """`base` (Textual's `LinuxDriver`), made to end quietly when its terminal is gone.

    As it comes, its input thread spins on a dead terminal, a write to one raises in the writer
    thread, whose queue then fills and blocks the event loop, the SIGCONT that the kernel sends
    with a hang-up starts a second input thread, and SIGTSTP stops the whole process.
    """

    class ResilientDriver(base):  # type: ignore[misc]
        """Textual's driver, for a terminal that may vanish."""

        def __init__(self, app: "App[Any]", **options: Any) -> None:
            super().__init__(app, **options)
            self._file = _NullFile()
            self._writer: TerminalWriter | None = None
            self._sent_before = 0
            self._flow = FlowControl(pace.bytes_per_second)
            self._stop_watching: Callable[[], None] | None = None
            self._is_lost = False
            self._is_reading = False
            self.is_suspended = False

        # -- writing --------------------------------------------------------------------------

        @property
        def bytes_sent(self) -> int:
            """Bytes written to the terminal so far."""
            return self._sent_before + (self._writer.bytes_sent if self._writer else 0)

        @property
        def is_behind(self) -> bool:
            """Whether the next frame should wait, for the line or for the rate."""
            return self.is_stalled or self._flow.over_budget

        @property
        def is_stalled(self) -> bool:
            """Whether the next frame would come late, however much the rate allows."""
            outlet = self._writer
            return outlet is None or outlet.bytes_pending > 0 or self._flow.awaiting_reply

        def write(self, data: str) -> None:
            """Send to the terminal; never blocks."""
            if self._writer is not None:
                self._flow.charge(self._writer.write(data))

        def flush(self) -> None:
            """A frame ends here."""
            if self._writer is not None and self._is_reading and self._flow.should_probe():
                self._writer.write(CURSOR_POSITION_REQUEST)

        # -- coming and going -----------------------------------------------------------------

        def start_application_mode(self) -> None:
            """Take the terminal over."""
            assert sys.__stderr__ is not None  # noqa: S101 - `private_terminal` put it there
            terminal = os.dup(sys.__stderr__.fileno())
            self._writer = TerminalWriter(terminal, self.on_hangup, self._redraw)
            super().start_application_mode()
            self._is_reading = self.input_tty
            # Another process may hold the terminal one day; to ask for it must not stop us then.
            for number in (signal.SIGTTOU, signal.SIGTTIN):
                signal.signal(number, signal.SIG_IGN)
            if self._stop_watching is None:
                pipes = [launcher.pipe] if launcher else []
                self._stop_watching = watch_hangup([self.fileno, *pipes], self.on_hangup)

        def stop_application_mode(self) -> None:
            """Give the terminal back as it was."""
            if self._writer is None:
                return
            self._is_reading = False
            if self._is_lost:
                self._disable_mouse_support()  # which Textual does only while it reads
                if not self._is_foreground:
                    self.attrs_before = None  # the shell has set the terminal up for itself
            else:
                # An answer that came later would be typed into the shell.
                self._flow.no_probe_pending.wait(CLOSE_TIMEOUT)
            super().stop_application_mode()

        def disable_input(self) -> None:
            """Read no more."""
            if self._writer is not None:
                super().disable_input()

        def close(self) -> None:
            """Write what waits, if the terminal takes it soon."""
            super().close()
            if self._stop_watching is not None and not self.is_suspended:
                self._stop_watching()
            if self._writer is not None:
                self._writer.close(CLOSE_TIMEOUT)
                self._sent_before += self._writer.bytes_sent
                self._writer = None

        @property
        def _is_foreground(self) -> bool:
            """Whether this job is the one that the terminal belongs to."""
            try:
                return os.tcgetpgrp(self.fileno) == os.getpgrp()
            except OSError:
                return False

        def leave(self, how: str) -> None:
            """Have the app exit with this result; from any thread, and from a signal's handler."""
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._app.exit, how)

        def on_hangup(self) -> None:
            """The terminal is gone; may be called on any thread, any number of times."""
            if self._is_lost:
                return
            self._is_lost = True
            self.exit_event.set()
            self.leave("lost")

        def _redraw(self) -> None:
            """Draw everything again, since some of it was never sent."""
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(lambda: self._app.refresh(layout=True))

        # -- reading --------------------------------------------------------------------------

        def run_input_thread(self) -> None:
            """Read until the end, or until there is nothing to read from."""
            while True:
                try:
                    super().run_input_thread()
                except UnicodeDecodeError:
                    continue  # a byte that is no UTF-8 was typed: it means nothing to anybody
                except OSError:
                    self.on_hangup()
                return

        def process_message(self, message: Any) -> None:
            """Pass on what the terminal says, but for its answer to our question."""
            if isinstance(message, CursorPosition):
                self._flow.on_reply()
            else:
                super().process_message(message)

        # -- ctrl+z ---------------------------------------------------------------------------

        @property
        def can_suspend(self) -> bool:
            """Whether there is a shell to go back to."""
            return launcher is None or launcher.can_stop

        def _sigtstp_application(self, *_arguments: Any) -> None:
            """Give the terminal back and let the shell go on; this process does too."""
            if self.is_suspended or self._is_lost or not self.can_suspend:
                return
            self.is_suspended = True
            self.suspend_application_mode()
            if launcher is None:
                os.kill(os.getpid(), signal.SIGSTOP)
            else:
                launcher.stop()

        def _sigcont_application(self, *_arguments: Any) -> None:
            """Come back, if it was ctrl+z that we left by and the terminal is ours again."""
            if not self.is_suspended or self._is_lost or not self._is_foreground:
                return
            self.is_suspended = False
            self._must_signal_resume = True
            self.resume_application_mode()
            self._app.refresh(layout=True)

    return ResilientDriver
