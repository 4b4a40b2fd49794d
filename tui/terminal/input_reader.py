"""Read what the terminal sends, on the thread of the screen wherever that cannot make it wait.

Textual reads on a thread of its own. While another thread trains, each time one thread hands over
to the next it waits for a core and for the interpreter: milliseconds for one in twenty mouse
reports.
"""

import asyncio
import contextvars
import os
import select
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from typing import Final

from textual.message import Message

from tui.terminal.input_parser import InputParser
from tui.terminal.nonblocking import reopen_without_waiting
from tui.terminal.switch_interval import keep_interpreter, share_interpreter

READ_SIZE: Final = 4096
"""Bytes read at a time."""
TICK: Final = 0.1
"""Seconds between two checks whether a sequence or a paste is over."""
TICKS: Final = 20
"""Checks after something was read: each timeout of the parser is shorter than all of these."""


class InputReader:
    """Parses what a terminal sends and passes it on, from `start` to `stop`, or within `run`."""

    def __init__(
        self,
        parser: InputParser,
        process: Callable[[Message], object],
        on_hangup: Callable[[], object],
        on_error: Callable[[], object],
        after_read: Callable[[], object] = lambda: None,
    ) -> None:
        """Pass messages to `process`.

        Args:
            parser: Makes messages of what is read.
            process: Called with each message, on the thread that reads.
            on_hangup: Called when the terminal is gone.
            on_error: Called while an exception of `process` is handled.
            after_read: Called by the event loop when all that was read is passed on.
        """
        self._parser, self._process = parser, process
        self._on_hangup, self._on_error = on_hangup, on_error
        self._after_read = after_read
        self._decode = getincrementaldecoder("utf-8")("ignore").decode
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._descriptor = -1
        self._timer: asyncio.TimerHandle | None = None
        self._ticks_left = 0

    @property
    def is_on_loop(self) -> bool:
        """Whether the event loop reads, between `start` and `stop`."""
        return self._event_loop is not None

    @property
    def is_input_waiting(self) -> bool:
        """Whether there is something for the event loop to read."""
        return self.is_on_loop and bool(select.select([self._descriptor], [], [], 0)[0])

    def start(self, terminal: int) -> None:
        """Read this descriptor on the running loop, unless that could make it wait."""
        descriptor = reopen_without_waiting(terminal, os.O_RDONLY)
        if descriptor is None:
            return
        loop = asyncio.get_running_loop()
        # Messages that one of Textual's tasks holds back are held back in that task alone.
        context = contextvars.Context()
        try:
            loop.add_reader(descriptor, context.run, self._read_on_loop)
        except OSError:  # it is a file
            os.close(descriptor)
            return
        self._event_loop, self._descriptor = loop, descriptor

    def stop(self) -> None:
        """End what `start` began."""
        if self._event_loop is None:
            return
        share_interpreter()  # no answer is due any more that would do so
        self._event_loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._event_loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def read_until(self, is_done: Callable[[], bool], seconds: float) -> None:
        """Read here, in place of the loop, until `is_done`, for at most so many seconds."""
        end = time.monotonic() + seconds
        while (
            self._event_loop is not None and not is_done() and (left := end - time.monotonic()) > 0
        ):
            if select.select([self._descriptor], [], [], left)[0]:
                self._read_on_loop()

    def run(self, terminal: int, is_over: threading.Event) -> None:
        """Read this descriptor until the event is set or the terminal is gone; for a thread."""
        try:
            while not is_over.is_set():
                if select.select([terminal], [], [], TICK)[0] and not self._read(terminal):
                    return
                self._pass_on(self._parser.tick())
        except OSError:
            self._on_hangup()

    def _read(self, descriptor: int) -> bool:
        """Read what is there and pass it on; return whether there may be more later."""
        content = os.read(descriptor, READ_SIZE)
        if content:
            self._pass_on(self._parser.feed(self._decode(content)))
        return bool(content)

    def _read_on_loop(self) -> None:
        keep_interpreter()
        try:
            if not self._read(self._descriptor):
                self.stop()
                return
        except BlockingIOError:  # another process has read it
            share_interpreter()
            return
        except OSError:
            self.stop()
            self._on_hangup()
            return
        try:
            self._after_read()
        except Exception:  # noqa: BLE001 - as in `_pass_on`
            self._on_error()
        self._ticks_left = TICKS
        self._tick()

    def _tick(self) -> None:
        """Check for timeouts now, and from time to time as long as there can be any."""
        if self._ticks_left < TICKS:
            share_interpreter()  # nothing was drawn in all that time
        self._pass_on(self._parser.tick())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._event_loop is not None and self._ticks_left:
            self._ticks_left -= 1
            self._timer = self._event_loop.call_later(TICK, self._tick)

    def _pass_on(self, messages: Iterable[Message]) -> None:
        try:
            for message in messages:
                self._process(message)
        except Exception:  # noqa: BLE001 - as Textual's own thread does
            self._on_error()
