"""A Textual driver that survives hang-up, slow lines and ctrl+z.

Textual draws on `sys.__stderr__` and asks `sys.__stdout__` for the terminal's size, while
TensorFlow's C++ code and stray prints write to descriptors 1 and 2. So Textual gets duplicates of
the terminal, and 1 and 2 are redirected (`core.process.redirect`).
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol, cast

from textual import constants
from textual.app import App
from textual.events import CursorPosition, MouseDown, MouseEvent, MouseMove, Resize
from textual.geometry import Size
from textual.message import Message

from core.process.launcher import Launcher
from tui.terminal.compact import compact
from tui.terminal.environment import Pace, knows_private_modes
from tui.terminal.exit_result import ExitResult
from tui.terminal.input_parser import InputParser
from tui.terminal.input_reader import InputReader
from tui.terminal.pixel_mouse import CellSize, Grid, ModeState, PixelMouse
from tui.terminal.switch_interval import share_interpreter
from tui.terminal.textual_private import PatchableDriver, terminal_parser
from tui.terminal.writer import FlowControl, TerminalWriter

MAX_SIZE: Final = Size(1000, 400)
"""Columns and rows that are drawn at most: more than the smallest letters have room for on a large
monitor. Textual needs memory and time for each cell."""
CLOSE_TIMEOUT: Final = 0.3
"""Seconds to wait for a stalled terminal when leaving."""
CURSOR_POSITION_REQUEST: Final = "\x1b[6n"
"""Device Status Report 6: the terminal replies with its cursor position."""


@contextmanager
def duplicated_terminal() -> Iterator[None]:
    """Within the block, Textual's files are duplicates of the terminal's descriptors.

    Descriptors 1 and 2 go to the null device until `core.process.redirect` redirects them, and are
    restored afterwards if the terminal still exists: printing to one that is gone would raise, and
    end the training. With another driver, such as textual-serve's, which sends packets to
    descriptor 1, nothing changes.
    """
    if constants.DRIVER is not None:
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    saved_files = sys.__stdout__, sys.__stderr__
    copies = os.dup(1), os.dup(2 if os.isatty(2) else 1)
    private = [os.fdopen(copy, "w", encoding="utf-8", errors="replace") for copy in copies]
    sys.__stdout__, sys.__stderr__ = private  # type: ignore[misc]  # where Textual finds them
    null = os.open(os.devnull, os.O_WRONLY)
    originals = os.dup(1), os.dup(2)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
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
        sys.__stdout__, sys.__stderr__ = saved_files  # type: ignore[misc]


def _is_hung_up(descriptor: int) -> bool:
    """Whether the other end of a terminal or a pipe is closed."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return bool(poll.poll(0))


def watch_hangup(descriptors: Sequence[int], on_hangup: Callable[[], None]) -> Callable[[], None]:
    """Call `on_hangup`, on another thread, when the other end of one of these is closed.

    Returns a function that stops watching.
    """
    stopped = threading.Event()
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, 0)  # a hang-up is always reported

    def run() -> None:
        while not stopped.is_set():
            if poll.poll(500):
                if not stopped.is_set():
                    on_hangup()
                return

    threading.Thread(target=run, name="hang-up", daemon=True).start()
    return stopped.set


class TerminalHost(Protocol):
    """What the driver asks of its app, which is a `BaseApp`."""

    pace: Pace
    launcher: Launcher | None
    terminal: "ResilientDriver | None"

    def press_now(self, event: MouseDown) -> bool:
        """Begin to draw with a press of a button now, where it draws; return whether it did."""

    def drag_now(self, event: MouseMove) -> bool:
        """Draw with a move of the mouse now, where it draws; return whether it did."""

    def show_drag(self) -> None:
        """Show what `press_now` and `drag_now` drew."""


class ResilientDriver(PatchableDriver):
    """The terminal of a `BaseApp`, for as long as there is one.

    With Textual's own driver, the input thread spins on a dead terminal; a write to one raises in
    the writer thread, and the full queue then blocks the event loop; the SIGCONT that the kernel
    sends with a hang-up starts a second input thread; and SIGTSTP stops the whole process.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        host = cast("TerminalHost", app)
        host.terminal = self
        self._launcher = host.launcher
        self._writer: TerminalWriter | None = None
        self._sent_before = 0
        self._flow = FlowControl(host.pace.bytes_per_second)
        self._stop_watching: Callable[[], None] | None = None
        self._is_lost = False
        self._is_reading = False
        self.is_suspended = False
        self.pixel_mouse = PixelMouse(self.write, lambda: Grid.of(self.fileno))

    # -- writing ------------------------------------------------------------------------------

    @property
    def bytes_sent(self) -> int:
        """Bytes written to the terminal so far."""
        return self._sent_before + (self._writer.bytes_sent if self._writer else 0)

    @property
    def is_behind(self) -> bool:
        """Whether the next frame should wait, for the line or for the byte budget."""
        return self.is_stalled or self._flow.over_budget

    @property
    def is_stalled(self) -> bool:
        """Whether earlier frames are still on their way, with or without a byte budget."""
        writer = self._writer
        return writer is None or writer.bytes_pending > 0 or self._flow.awaiting_reply

    def write(self, data: str) -> None:
        """Send to the terminal; never blocks."""
        if self._writer is not None:
            self._flow.charge(self._writer.write(compact(data)))
            share_interpreter()

    def flush(self) -> None:
        """End a frame: probe the line if that is due."""
        if self._writer is not None and self._is_reading and self._flow.should_probe():
            self._writer.write(CURSOR_POSITION_REQUEST)

    # -- start and stop -----------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take over the terminal."""
        assert sys.__stderr__ is not None  # noqa: S101 - set by `duplicated_terminal`
        terminal = os.dup(sys.__stderr__.fileno())
        self._writer = TerminalWriter(terminal, self.on_hangup, self._redraw)
        parser = InputParser(terminal_parser())
        self._reader = InputReader(
            parser,
            self.process_message,
            self.on_hangup,
            self.panic,
            cast("TerminalHost", self._app).show_drag,
        )
        self._reader.start(self.fileno)
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual
        self._is_reading = self.input_tty
        self.pixel_mouse.restart()
        # Writing to a terminal that another job holds must not stop this process.
        for number in (signal.SIGTTOU, signal.SIGTTIN):
            signal.signal(number, signal.SIG_IGN)
        if self._stop_watching is None:
            pipes = [self._launcher.pipe] if self._launcher else []
            self._stop_watching = watch_hangup([self.fileno, *pipes], self.on_hangup)

    def stop_application_mode(self) -> None:
        """Restore the terminal."""
        if self._writer is None:
            return
        self._is_reading = False
        if self._is_lost:
            self.disable_mouse()  # Textual does so only while it reads
            if not self._is_foreground:
                self.attrs_before = None  # the shell has already set up the terminal for itself
        else:
            # A reply that arrives later would be typed into the shell.
            is_replied = self._flow.no_probe_pending
            self._reader.read_until(is_replied.is_set, CLOSE_TIMEOUT)
            if not self._reader.is_on_loop:
                is_replied.wait(CLOSE_TIMEOUT)
        self.pixel_mouse.stop()
        super().stop_application_mode()

    def disable_input(self) -> None:
        """Stop reading."""
        if self._writer is not None:
            self._reader.stop()
            super().disable_input()

    def close(self) -> None:
        """Write pending output, within `CLOSE_TIMEOUT`, and release the terminal."""
        super().close()
        if self._stop_watching is not None and not self.is_suspended:
            self._stop_watching()
        if self._writer is not None:
            self._writer.close(CLOSE_TIMEOUT)
            self._sent_before += self._writer.bytes_sent
            self._writer = None

    @property
    def _is_foreground(self) -> bool:
        """Whether this process group is the terminal's foreground job."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return False

    def exit_app(self, result: ExitResult) -> None:
        """Have the app exit with this result; from any thread, and from a signal handler."""
        self.call_app(lambda app: app.exit(result))

    def on_hangup(self) -> None:
        """Handle the loss of the terminal; may be called on any thread, and more than once."""
        if self._is_lost:
            return
        self._is_lost = True
        self.exit_event.set()
        self.exit_app(ExitResult.HANGUP)

    def _redraw(self) -> None:
        """Redraw the whole screen, after frames were dropped."""
        self.call_app(lambda app: app.refresh(layout=True))

    # -- reading ------------------------------------------------------------------------------

    @property
    def is_input_waiting(self) -> bool:
        """Whether the terminal has sent something that the event loop has not read yet."""
        return self._is_reading and self._reader.is_input_waiting

    def run_input_thread(self) -> None:
        """Read until the driver stops or the terminal is gone, unless the loop does."""
        if not self._reader.is_on_loop:
            self._reader.run(self.fileno, self.exit_event)

    def process_message(self, message: Any) -> None:
        """Pass on events of the terminal; keep its replies to what it was asked."""
        if isinstance(message, CursorPosition):
            self._flow.on_reply()
        elif isinstance(message, ModeState):
            self.pixel_mouse.on_mode_state(message.state)
        elif isinstance(message, CellSize):
            self.pixel_mouse.on_cell_size(message.width, message.height)
        elif isinstance(message, MouseEvent):
            super().process_message(self.pixel_mouse.in_cells(message))
        elif isinstance(message, Resize):
            size = self.limited(message.size)
            super().process_message(Resize(size, size, pixel_size=message.pixel_size))
        else:
            super().process_message(message)

    def pass_on(self, app: App[Any], message: Message) -> None:
        """Pass a message to the app, unless it was a press or a move that drew at once."""
        host, has_drawn = cast("TerminalHost", app), False
        if isinstance(message, MouseMove):
            has_drawn = host.drag_now(message)
        elif isinstance(message, MouseDown):
            has_drawn = host.press_now(message)
        if not has_drawn:
            super().pass_on(app, message)

    def request_pixels(self, pixels: bool) -> None:
        """Ask for mouse reports in pixels, or in cells again; from any thread."""
        if self.input_tty and knows_private_modes():
            self.pixel_mouse.request(pixels)

    def limited(self, size: Size) -> Size:
        """`size` within `MAX_SIZE`; what a terminal claims is a number from a stranger."""
        return Size(*(min(max(1, given), most) for given, most in zip(size, MAX_SIZE, strict=True)))

    # -- ctrl+z -------------------------------------------------------------------------------

    @property
    def can_suspend(self) -> bool:
        """Whether there is a shell to go back to."""
        return self._launcher is None or self._launcher.can_stop

    def on_stop_signal(self) -> None:
        """Give the terminal back to the shell; with a launcher, only that one stops."""
        if self.is_suspended or self._is_lost or not self.can_suspend:
            return
        self.is_suspended = True
        self.suspend_application_mode()
        if self._launcher is None:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._launcher.stop()

    def on_continue_signal(self) -> None:
        """Take the terminal again, if ctrl+z gave it up and this is the foreground job."""
        if not self.is_suspended or self._is_lost or not self._is_foreground:
            return
        self.is_suspended = False
        self.resume()
