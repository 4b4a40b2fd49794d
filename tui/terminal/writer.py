"""The way to the terminal: whoever writes never waits, and what a slow line is sent is measured.

A terminal at the end of a line may take bytes slowly, not at all, or be gone. So a thread of its
own writes them, straight to the descriptor, and `Outlet` keeps what waits. Buffers along the line
hide how slow it is: a pseudo-terminal alone swallows 64 KB. So `Flow` has the terminal itself say
when it has come so far, by the report of its cursor's position, which every terminal knows.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

WRITE_SIZE: Final = 4096
"""Bytes written at once."""
MAX_PENDING_BYTES: Final = 256 * 1024
"""Bytes that may wait; a frame that would make them more is dropped."""
MAX_CONTROL_BYTES: Final = 64
"""Bytes; what is no longer switches a mode of the terminal, and is never dropped."""


class TerminalWriter:
    """Takes text for a terminal at any time, and writes it as the terminal takes it."""

    def __init__(
        self, descriptor: int, on_hangup: Callable[[], None], redraw: Callable[[], None]
    ) -> None:
        """Write to `descriptor`, which belongs to the outlet from now on.

        Args:
            descriptor: The terminal.
            on_hangup: Called, on a thread of the outlet's, when the terminal is gone.
            redraw: Called, on that thread, when frames were dropped and the way is free again.
        """
        self.bytes_sent = 0
        """Bytes that the system took."""
        self._descriptor = descriptor
        self._on_hangup, self._redraw = on_hangup, redraw
        self._queue: deque[bytes] = deque()
        self._pending = 0
        self._dropped = False
        self._closed = False
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="terminal", daemon=True).start()

    @property
    def bytes_pending(self) -> int:
        """Bytes that the system did not take yet."""
        return self._pending

    def write(self, text: str) -> int:
        """Send `text`, now or later; returns its bytes, or 0 where it was dropped."""
        content = text.encode("utf-8", "replace")
        with self._changed:
            if self._closed:
                return 0
            if (
                self._pending + len(content) > MAX_PENDING_BYTES
                and len(content) > MAX_CONTROL_BYTES
            ):
                self._dropped = True
                return 0
            self._queue.append(content)
            self._pending += len(content)
            self._changed.notify_all()
        return len(content)

    def close(self, timeout: float) -> None:
        """Take nothing more, and wait so many seconds at most until everything is written."""
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
            with suppress(OSError):
                os.close(self._descriptor)

    def _next(self) -> bytes | None:
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
            free = not self._pending
            redraw = free and self._dropped and not self._closed
            self._dropped = self._dropped and not redraw
            self._changed.notify_all()
        if redraw:
            self._redraw()


SLOW_REPLY: Final = 0.15
"""Seconds; where a frame takes longer to arrive, each waits for the one before."""
PROBE_INTERVAL: Final = 1.0
"""Seconds between two questions while the line is fast."""
PROBE_TIMEOUT: Final = 10.0
"""Seconds without an answer until the terminal is believed to have forgotten the question."""
MAX_DEBT: Final = 3.0
"""Seconds; a frame beyond the rate holds the next one back for so long at most."""


class FlowControl:
    """Says when the next frame may be sent: not before the last one came, nor beyond a rate."""

    def __init__(
        self, bytes_per_second: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._credit = bytes_per_second or 0.0
        self._refilled_at = clock()
        self._replies = False
        self._probed_at: float | None = None
        self._last_probe = float("-inf")
        self._latency = 0.0
        self.no_probe_pending = threading.Event()
        """Set while no question is open."""
        self.no_probe_pending.set()

    @property
    def over_budget(self) -> bool:
        """Whether a frame sent now would come late, or be more than the rate allows."""
        self._refill(self._clock())
        return (self._rate is not None and self._credit < 0) or self.awaiting_reply

    @property
    def awaiting_reply(self) -> bool:
        """Whether the terminal has not come yet as far as what was sent last."""
        if not self._replies or self._probed_at is None:
            return False
        return self._clock() - self._probed_at < PROBE_TIMEOUT

    def charge(self, count: int) -> None:
        """So many bytes were sent."""
        if self._rate is not None:
            self._refill(self._clock())
            self._credit = max(self._credit - count, -MAX_DEBT * self._rate)

    def _refill(self, now: float) -> None:
        if self._rate is not None:
            earned = self._rate * (now - self._refilled_at)
            self._credit = min(self._rate, self._credit + earned)
            self._refilled_at = now

    def should_probe(self) -> bool:
        """Whether to ask the terminal, after this frame, how far it has come."""
        now = self._clock()
        if self._probed_at is not None and now - self._probed_at < PROBE_TIMEOUT:
            return False
        if self._latency < SLOW_REPLY and now - self._last_probe < PROBE_INTERVAL:
            return False
        self._probed_at = self._last_probe = now
        self.no_probe_pending.clear()
        return True

    def on_reply(self) -> None:
        """The terminal has come as far as the last question."""
        if self._probed_at is not None:
            self._latency = self._clock() - self._probed_at
        self._replies = True
        self._probed_at = None
        self.no_probe_pending.set()
