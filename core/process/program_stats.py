"""CPU time and memory of a program and its children, sampled from outside: it does no work itself.

A process's number is used again after its end, so a process that began after the run did is not
the one that trains.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.process.system_stats import Gpu, GpuMonitor

MAX_DELAY: Final = 5.0
"""Seconds by which the start of a process may seem to be later than that of its run."""


@dataclass(frozen=True, slots=True)
class ProgramStats:
    """CPU, memory and GPU statistics of a program; zeros where it cannot be observed."""

    cpu: float = 0.0
    """CPU time of the process and its children, in percent of one core."""
    memory: int = 0
    """Resident memory of all of them, in bytes."""
    processes: int = 0
    gpus: tuple[Gpu, ...] = ()
    """All GPUs of the machine, whichever process uses them."""


class ProgramMonitor:
    """Samples one process and its children; each call of `read` takes some milliseconds."""

    def __init__(self, pid: int, since: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Observe the process `pid`, which began a run at the Unix time `since`."""
        self._pid, self._since, self._clock = pid, since, clock
        self._seconds: dict[int, float] = {}
        """The CPU time of each process at the last sample."""
        self._sampled_at = clock()
        self._gpus = GpuMonitor()

    def read(self) -> ProgramStats:
        """Sample the processes; nothing where the program has ended."""
        import psutil

        try:
            root = psutil.Process(self._pid)
            if root.create_time() > self._since + MAX_DELAY:
                return ProgramStats()
            family = [root, *root.children(recursive=True)]
        except (psutil.Error, ValueError, OverflowError):
            return ProgramStats()
        memory, seconds = 0, {}
        for process in family:
            try:
                times, resident = process.cpu_times(), process.memory_info().rss
            except psutil.Error:  # it has ended just now
                continue
            memory += resident
            seconds[process.pid] = times.user + times.system
        return ProgramStats(self._cpu(seconds), memory, len(seconds), self._gpus.read())

    def _cpu(self, seconds: dict[int, float]) -> float:
        """Percent of a core since the last sample, of the processes that there were then."""
        now = self._clock()
        span, self._sampled_at = now - self._sampled_at, now
        used = sum(
            max(0.0, total - self._seconds[pid])
            for pid, total in seconds.items()
            if pid in self._seconds
        )
        self._seconds = seconds
        return 100 * used / span if span > 0 else 0.0
