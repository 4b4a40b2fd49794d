"""The one thread that writes an attached run, so that training never waits for a disk.

What the disk refuses waits in memory, up to a limit, and is written as soon as the disk takes it
again. Nothing is raised here: the run warns once, and training goes on.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from trainpad.append import Appender
from trainpad.errors import is_for_program
from trainpad.lines import NumberLines, event_line, segment_line
from trainpad.values import text_of

Logged = tuple[int, float, Mapping[str, Any]]
"""What one call of `log` left: step, Unix time, and values by name."""
INTERVAL = 0.25
"""Seconds between two writes."""
EVENT_DELAY = 0.01
"""Seconds in which events are collected before they are written."""
RETRY = 1.0
"""Seconds after a write that failed."""
MAX_WAITING = 16 * 1024 * 1024
"""Bytes of numbers that wait for a disk; beyond that the newest are lost."""
MAX_PENDING = 50_000
"""How many calls of `log` may wait for the thread; then the caller helps to write them."""
HELP_TIMEOUT = 1.0
"""Seconds that such a caller waits for its turn before the numbers are lost."""
CHUNK = 5_000
"""How many calls are encoded at a time."""
FLUSH_INTERVAL = 0.01
"""Seconds from one write to the next before a value that may have to be waited for."""


class Writer:
    """Appends numbers and events to a run directory, and keeps its heartbeat."""

    def __init__(self, path: Path, lock: int | None, warn: Callable[[str], None]) -> None:
        """Continue the files of the run directory `path`.

        Args:
            path: The run directory.
            lock: The descriptor of its file `lock`; the modification time is the heartbeat.
            warn: Called with one sentence about each problem.

        Raises:
            OSError: a file cannot be read.
        """
        self.pending: list[Logged] = []
        """What `log` appends to; any thread may."""
        self.before_write: Callable[[], None] = lambda: None
        """Called before each write, on whichever thread writes."""
        self._lock_descriptor = lock
        self._warn = warn
        self._refused: set[str] = set()
        self._lines = NumberLines(self.refuse)
        self._lines.before_waiting = self._write_encoded
        self._encoded: list[str] = []
        """Lines of the calls that are being encoded."""
        self._passed_on = 0
        """How many of them are on their way to the file."""
        self._flushed = 0.0
        self._metrics = Appender(path / "metrics.jsonl")
        self._events = Appender(path / "events.jsonl")
        self._mutex = threading.Lock()
        self._busy: set[int] = set()
        """The threads that write or wait for their turn."""
        # A signal handler may record an event while one is recorded: nothing here is locked.
        self._added: deque[bytes] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._closing = False
        self._begins_segment = False
        self._lost = 0
        self._disk_error = ""
        self._retry_at = 0.0
        self._thread = threading.Thread(target=self._run, name="trainpad", daemon=True)

    @property
    def last(self) -> dict[str, float | int]:
        """The newest value of each name, of everything that was logged until now."""
        try:
            with self._turn(HELP_TIMEOUT) as is_mine:
                if is_mine:
                    self._encode()
        except BaseException as error:
            # Was it Ctrl-C or such, or a value? The thread of the writer finds out.
            self._wait_for_thread()
            if type(error) not in self._lines.raised:
                raise
        return dict(self._lines.last)

    @property
    def unwritten(self) -> int:
        """Bytes that the disk has not taken."""
        return len(self._metrics.waiting) + len(self._events.waiting)

    def start(self, *, resumed: bool) -> None:
        """Start the thread; with `resumed`, the first line begins a new segment."""
        self._begins_segment = resumed
        self._thread.start()

    def event(self, event: str, fields: Mapping[str, Any]) -> None:
        """Record an event soon."""
        self._added.append(event_line(event, fields))
        self._wake.put(None)

    def help(self) -> None:
        """Write what waits, on the calling thread; for programs that only log."""
        if threading.get_ident() in self._busy:
            return
        with self._turn(HELP_TIMEOUT) as is_mine:
            if is_mine:
                self._write()
            else:  # the disk hangs
                excess = len(self.pending)
                del self.pending[:excess]
                self._lost += excess

    @contextmanager
    def _turn(self, timeout: float = -1) -> Iterator[bool]:
        """Yield whether this thread may write; False to a signal handler that interrupts it."""
        here = threading.get_ident()
        if here in self._busy:
            yield False
            return
        self._busy.add(here)
        try:
            if not self._mutex.acquire(timeout=timeout):
                yield False
                return
            try:
                yield True
            finally:
                self._mutex.release()
        finally:
            self._busy.discard(here)

    def close(self, timeout: float) -> bool:
        """Write all and end the thread; return False where it takes longer than `timeout` seconds.

        The disk may hang: the thread is a daemon, so that the program ends all the same.
        """
        self._closing = True
        self._wake.put(None)
        if self._thread.ident is None or self._thread is threading.current_thread():
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """Forget the files, in a forked child: its copy of the lock must not outlive the parent."""
        self._closing = True
        if self._lock_descriptor is not None:
            with suppress(OSError):
                os.close(self._lock_descriptor)
            self._lock_descriptor = None

    def _run(self) -> None:
        heartbeat = 0.0
        while not self._closing:
            self._wait()
            with self._turn():
                self._write()
            if abs(time.monotonic() - heartbeat) >= 1.0:
                heartbeat = time.monotonic()
                self._beat()
        with self._turn():
            self._retry_at = 0.0
            self._write()
        self.abandon()

    def _wait(self) -> None:
        """Wait for an event or for the interval; events that come at once are written at once."""
        with suppress(Empty):
            self._wake.get(timeout=INTERVAL)
            end = time.monotonic() + EVENT_DELAY
            while not self._closing and (left := end - time.monotonic()) > 0:
                self._wake.get(timeout=left)
            while True:
                self._wake.get_nowait()

    def _wait_for_thread(self) -> None:
        """Wait until the thread has encoded what is pending, for a limited time."""
        end = time.monotonic() + HELP_TIMEOUT
        self._wake.put(None)
        while self.pending and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(EVENT_DELAY)
        with self._turn(HELP_TIMEOUT):
            pass

    def _beat(self) -> None:
        if self._lock_descriptor is not None:
            with suppress(OSError):
                os.utime(self._lock_descriptor)

    def _write(self) -> None:
        for part in (self.before_write, self._encode, self._flush):
            try:
                part()
            except BaseException as error:  # a writer that ends would lose the rest
                if is_for_program(error):
                    raise
                self._warn(f"recording failed: {type(error).__name__}: {error}")

    def _encode(self) -> None:
        """Move what was logged to the file's buffer."""
        while count := min(len(self.pending), CHUNK):
            batch = self.pending[:count]
            del self.pending[:count]
            if self._begins_segment:
                self._begins_segment = False
                self._metrics.add(segment_line(batch[0][0]).encode())
            if len(self._metrics.waiting) > MAX_WAITING:
                self._lost += count
                continue
            self._encode_batch(batch)
            if len(self._metrics.waiting) > CHUNK * 100:
                self._flush()
        while self._added:
            line = self._added.popleft()
            if len(self._events.waiting) <= MAX_WAITING:
                self._events.add(line)

    def _encode_batch(self, batch: list[Logged]) -> None:
        """Encode these calls; what an exception keeps from it, such as Ctrl-C, is pending again."""
        encode, add = self._lines.encode, self._encoded.append
        try:
            for step, moment, values in batch:
                add(encode(step, moment, values))
        finally:
            self.pending[:0] = batch[len(self._encoded) :]
            self._pass_on_encoded()
            self._encoded.clear()
            self._passed_on = 0

    def _write_encoded(self) -> None:
        """Write what is encoded, before a value that a device may not return before the end."""
        if self._encoded and (self._closing or time.monotonic() > self._flushed + FLUSH_INTERVAL):
            self._pass_on_encoded()
            self._flush()
            self._flushed = time.monotonic()

    def _pass_on_encoded(self) -> None:
        lines = self._encoded[self._passed_on :]
        self._passed_on = len(self._encoded)
        self._metrics.add("".join(lines).encode())

    def _flush(self) -> None:
        if self._disk_error and time.monotonic() < self._retry_at:
            return
        try:
            # Numbers first: a reader of an event then finds the numbers from before it.
            self._metrics.flush()
            self._events.flush()
        except OSError as error:
            self._retry_at = time.monotonic() + RETRY
            if not self._disk_error:
                self._disk_error = error.strerror or str(error)
                self._warn(
                    f"{self._metrics.path.parent} cannot be written: {self._disk_error}; "
                    "training goes on, and the numbers wait in memory"
                )
            return
        if self._disk_error:
            self._on_recovered()
            with suppress(OSError):
                self._events.flush()

    def _on_recovered(self) -> None:
        lost = f"; the numbers of {self._lost:,} calls of log are lost" if self._lost else ""
        text = f"the run can be written again after: {self._disk_error}{lost}"
        self._disk_error, self._lost = "", 0
        self._events.add(event_line("warned", {"step": 0, "text": text}))

    def refuse(self, name: str, reason: str) -> None:
        """Warn that a value is no number, once for each name."""
        if name not in self._refused and len(self._refused) < 100:
            self._refused.add(name)
            self._warn(f"{text_of(name, 100)!r} is not recorded: {reason}")
