"""The process that owns a program: reads what it prints, steers it, and records how it ends.

It has one thread and one loop, and goes on when the dashboard is closed.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

from core.program.ending import Ending, write_ending
from core.program.notify import Notifier
from core.program.output import Output
from core.program.processes import Processes
from core.program.record import ProgramRecord
from core.program.requests import Requests
from core.rundir.rundir import RunDir
from trainpad.place import last_step

INTERVAL: Final = 0.1
"""Seconds between two polls of the requests."""
FLUSH_INTERVAL: Final = 0.25
"""Seconds between two writes of numbers."""
DRAIN_QUIET, DRAIN_LIMIT = 0.2, 5.0
"""Seconds without output after which a program that has ended is taken to have printed all, and
seconds after which its children may print on."""
Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None


class Supervisor:
    """Watches one program to its end."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        output: Output,
        record: ProgramRecord,
        requests: Requests,
        notifier: Notifier,
        lock: int,
    ) -> None:
        """Supervise a program that was started.

        Args:
            process: The program.
            output: What it prints.
            record: The run.
            requests: What is requested of it.
            notifier: Notifies the user.
            lock: The descriptor of the run's `lock`; its modification time is the heartbeat.
        """
        self._process = process
        self._output = output
        self._record = record
        self._requests = requests
        self._notifier = notifier
        self._lock = lock
        self._processes = Processes(process.pid)
        self._earlier: Path | None = None
        self._began = time.time()
        self._flush_at = self._beat_at = 0.0

    def run(self) -> int:
        """Watch the program to its end; return its exit status as a shell shows it."""
        with _woken_by(signal.SIGCHLD) as wake:
            is_open = True
            while self._process.poll() is None:
                watched = [wake, self._output.terminal] if is_open else [wake]
                ready, _, _ = select.select(watched, [], [], INTERVAL)
                if wake in ready:
                    os.read(wake, 1024)
                if is_open and self._output.terminal in ready:
                    is_open = self._output.read(time.monotonic())
                self._care(time.monotonic())
        self._drain()
        return self._end(self._process.returncode)

    def pass_on(self, number: int) -> None:
        """Send a signal that this process got to the program."""
        self._processes.send(number)

    @property
    def terminal(self) -> int:
        """The descriptor of the other end of the program's terminal."""
        return self._output.terminal

    def stop(self) -> None:
        """End the program: SIGTERM, then SIGKILL."""
        self._requests.stop(time.monotonic())

    def suspend(self) -> None:
        """Stop the program and this process, as ctrl+z does; both go on together."""
        self._processes.stop()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._processes.resume()

    def _care(self, now: float) -> None:
        self._requests.poll(now)
        if now >= self._flush_at:
            self._flush_at = now + FLUSH_INTERVAL
            self._output.catch_up(now)
            self._record.flush()
            self._follow_program()
        if now >= self._beat_at:
            self._beat_at = now + 1.0
            self._notifier.poll(now)
            with suppress(OSError):
                os.utime(self._lock)

    def _follow_program(self) -> None:
        """Serve the earlier run that the program goes on in: its requests, and its output."""
        earlier = self._record.earlier
        if earlier is not None and earlier != self._earlier:
            self._earlier = earlier
            self._output.move_log(RunDir(earlier).log)
            self._requests.follow(RunDir(earlier))

    def _drain(self) -> None:
        """Read what is printed still; children that live on are not waited for."""
        until = time.monotonic() + DRAIN_LIMIT
        while time.monotonic() < until:
            ready, _, _ = select.select([self._output.terminal], [], [], DRAIN_QUIET)
            if not ready or not self._output.read(time.monotonic()):
                break
        self._output.close()

    def _end(self, code: int) -> int:
        was_stopped, seconds = self._requests.was_stopped, time.time() - self._began
        ending = Ending(code, was_stopped, seconds, self._output.failure)
        self._record.flush(at_end=True)
        if self._record.is_adopted:
            self._record.step = last_step(self._record.path) + 1
        write_ending(self._record, ending)
        self._notifier.end(time.monotonic())
        self._record.flush(at_end=True)
        self._record.say_unwritten(self._output.lost)
        self._record.close()
        os.close(self._lock)
        return ending.status


@contextmanager
def _woken_by(number: int) -> Iterator[int]:
    """A descriptor that can be read once a signal came; handlers of other signals wake it, too."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    os.set_blocking(write_end, False)
    before: Handler = signal.signal(number, lambda *_: None)
    old = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    try:
        yield read_end
    finally:
        signal.set_wakeup_fd(old)
        signal.signal(number, before)
        os.close(read_end)
        os.close(write_end)
