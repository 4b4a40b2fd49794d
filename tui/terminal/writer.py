"""Non-blocking terminal writer with flow control.

A terminal at the end of a network line may accept bytes slowly, not at all, or be gone. So what it
does not accept at once is queued by `TerminalWriter`, and a separate thread writes it. Buffers
along the line hide how slow it is: a pseudo-terminal alone holds 64 KB. So `FlowControl` asks the
terminal itself how far it has come, with the cursor position request that every terminal answers.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tui.terminal.nonblocking import reopen_without_waiting

WRITE_SIZE: Final = 4096
"""Bytes per system call."""
MAX_PENDING_BYTES: Final = 256 * 1024
"""Longest queue; a frame beyond it is dropped."""
MAX_CONTROL_BYTES: Final = 64
"""Text up to this length switches a mode of the terminal, and is never dropped."""


class TerminalWriter:
    """Writes text to a terminal, without waiting for it.

    What the terminal accepts is written by the caller: while another thread trains, one that has to
    be woken up for it would take milliseconds. The rest is written by a thread, which may wait.
    """

    def __init__(
        self, descriptor: int, on_hangup: Callable[[], None], redraw: Callable[[], None]
    ) -> None:
        """Write to `descriptor`, and close it in the end.

        Args:
            descriptor: The terminal.
            on_hangup: Called on the writer's thread when the terminal is gone.
            redraw: Called on that thread when frames were dropped and the queue is empty again.
        """
        self.bytes_sent = 0
        """Bytes that the system has accepted."""
        self._descriptor = descriptor
        self._unblocked = reopen_without_waiting(descriptor, os.O_WRONLY)
        """The same terminal, written to by the caller; None where it cannot be opened."""
        self._on_hangup, self._redraw = on_hangup, redraw
        self._queue: deque[bytes] = deque()
        self._pending = 0
        self._dropped = False
        self._closed = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="terminal", daemon=True).start()

    @property
    def bytes_pending(self) -> int:
        """Bytes that the system has not accepted yet."""
        return self._pending

    def write(self, text: str) -> int:
        """Write or queue `text`; returns its length in bytes, or 0 if it was dropped."""
        content = text.encode("utf-8", "replace")
        with self._changed:
            if self._closed:
                return 0
            too_long = self._pending + len(content) > MAX_PENDING_BYTES
            if too_long and len(content) > MAX_CONTROL_BYTES:
                self._dropped = True
                return 0
            is_first = not self._pending
            self._pending += len(content)  # from here on the handler of a signal can only queue
            if is_first and (rest := self._write_at_once(content)):
                self._queue.appendleft(rest)
            elif not is_first:
                self._queue.append(content)
            if self._queue:
                self._changed.notify_all()
        return len(content)

    def _write_at_once(self, content: bytes) -> bytes:
        """Write what the terminal accepts now; return the rest."""
        if self._unblocked is None:
            return content
        try:
            count = os.write(self._unblocked, content)
        except OSError:  # it accepts nothing now, or is gone: the thread finds that out
            return content
        self.bytes_sent += count
        self._pending -= count
        return content[count:]

    def close(self, timeout: float) -> None:
        """Accept nothing more; wait up to `timeout` seconds until everything is written."""
        with self._changed:
            self._changed.wait_for(lambda: not self._pending or self._closed, timeout)
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while (content := self._next()) is not None:
                self._send(content)
                self._mark_written(content)
        except OSError:
            self.close(0)
            self._on_hangup()
        finally:
            for descriptor in (self._descriptor, self._unblocked):
                with suppress(OSError):
                    if descriptor is not None:
                        os.close(descriptor)

    def _next(self) -> bytes | None:
        """The next piece of the queue, as soon as there is one; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            return self._queue.popleft() if self._queue and not self._closed else None

    def _send(self, content: bytes) -> None:
        view = memoryview(content)
        while view and not self._closed:
            count = os.write(self._descriptor, view[:WRITE_SIZE])
            self.bytes_sent += count
            view = view[count:]

    def _mark_written(self, content: bytes) -> None:
        with self._changed:
            self._pending -= len(content)
            must_redraw = not self._pending and self._dropped and not self._closed
            self._dropped = self._dropped and not must_redraw
            self._changed.notify_all()
        if must_redraw:
            self._redraw()


SLOW_REPLY: Final = 0.15
"""Seconds; on a line with a longer delay, each frame waits for the one before."""
PROBE_INTERVAL: Final = 1.0
"""Seconds between two probes of a fast line."""
PROBE_TIMEOUT: Final = 10.0
"""Seconds after which an unanswered probe counts as lost."""
MAX_DEBT: Final = 3.0
"""Longest pause, in seconds, after a frame that exceeded the byte budget."""


class FlowControl:
    """Decides when the next frame may be sent: after the last one arrived, and within a rate."""

    def __init__(
        self, bytes_per_second: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._credit = bytes_per_second or 0.0
        self._refilled_at = clock()
        self._replies = False  # whether the terminal has ever replied
        self._probed_at: float | None = None
        self._last_probe = float("-inf")
        self._latency = 0.0
        self.no_probe_pending = threading.Event()
        """Set while no reply is outstanding."""
        self.no_probe_pending.set()

    @property
    def over_budget(self) -> bool:
        """Whether a frame sent now would arrive late or exceed the rate."""
        self._refill(self._clock())
        return (self._rate is not None and self._credit < 0) or self.awaiting_reply

    @property
    def awaiting_reply(self) -> bool:
        """Whether the terminal has not yet displayed what was sent before the last probe."""
        if not self._replies or self._probed_at is None:
            return False
        return self._clock() - self._probed_at < PROBE_TIMEOUT

    def charge(self, count: int) -> None:
        """Subtract `count` sent bytes from the budget."""
        if self._rate is not None:
            self._refill(self._clock())
            self._credit = max(self._credit - count, -MAX_DEBT * self._rate)

    def _refill(self, now: float) -> None:
        if self._rate is not None:
            earned = self._rate * (now - self._refilled_at)
            self._credit = min(self._rate, self._credit + earned)
            self._refilled_at = now

    def should_probe(self) -> bool:
        """Whether to send a probe after this frame; if so, it counts as sent."""
        now = self._clock()
        if self._probed_at is not None and now - self._probed_at < PROBE_TIMEOUT:
            return False
        if self._latency < SLOW_REPLY and now - self._last_probe < PROBE_INTERVAL:
            return False
        self._probed_at = self._last_probe = now
        self.no_probe_pending.clear()
        return True

    def on_reply(self) -> None:
        """Record the terminal's reply to the last probe."""
        if self._probed_at is not None:
            self._latency = self._clock() - self._probed_at
        self._replies = True
        self._probed_at = None
        self.no_probe_pending.set()
