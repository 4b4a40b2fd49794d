"""Keep one core free of the threads that train, while a stroke is drawn on the pad.

Where training keeps all cores busy, the screen's thread waits for a core several times between a
report of the mouse and the ink, up to 4 ms each time. The lower priority of threads that train
(`core.process.threads`) makes that rarer, but cannot prevent it.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

REST_SECONDS = 2.0
"""Seconds after the last `take` in which the core is given back at the latest.

A release of the button may never be reported: not where the mouse left the window of some
terminals, nor after ctrl+z.
"""
TASKS = Path("/proc/self/task")
"""Linux has a folder for each thread there."""
Cores = frozenset[int]


class FreeCore:
    """A core that threads of lower priority than the process do not use while it is taken.

    Only Linux lets a process choose the cores of its threads; elsewhere, and where there is only
    one core, nothing happens.
    """

    def __init__(self) -> None:
        self._before: dict[int, Cores] = {}
        """The cores of each thread, while one is taken."""
        self._core: int | None = None
        """The core, while it is taken."""
        self._end: asyncio.TimerHandle | None = None
        """Gives it back after `REST_SECONDS`."""

    def take(self) -> None:
        """Have the threads leave a core, for `REST_SECONDS` from now; within an event loop."""
        if sys.platform != "linux":
            return
        cores = os.sched_getaffinity(0)
        if len(cores) < 2:
            return
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(REST_SECONDS, self.give_back)
        if self._core is not None:
            return
        core = self._core = min(cores)
        for thread in _low_threads():
            with suppress(OSError):  # it has ended
                before = self._before[thread] = frozenset(os.sched_getaffinity(thread))
                if core in before and len(before) > 1:
                    os.sched_setaffinity(thread, before - {core})

    def give_back(self) -> None:
        """Let the threads, and those that they have started since, use it again."""
        if sys.platform != "linux" or self._core is None:
            return
        if self._end is not None:
            self._end.cancel()
        by_reduced = {
            before - {self._core}: before
            for before in self._before.values()
            if self._core in before
        }
        for thread in _low_threads():
            with suppress(OSError):
                now = frozenset(os.sched_getaffinity(thread))
                os.sched_setaffinity(thread, self._before.get(thread) or by_reduced.get(now, now))
        self._core, self._before, self._end = None, {}, None


def _low_threads() -> Iterator[int]:
    """The threads of lower priority than the process; none where there is no ``/proc``."""
    of_process = os.getpriority(os.PRIO_PROCESS, os.getpid())
    for task in TASKS.iterdir() if TASKS.is_dir() else ():
        with suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, int(task.name)) > of_process:
                yield int(task.name)
