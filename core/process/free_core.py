"""Keep one core for the screen alone, while a stroke is drawn on the pad.

Where training keeps all cores busy, the screen's thread waits for a core several times between a
report of the mouse and the ink, up to 4 ms each time. The lower priority of threads that train
(`core.process.threads`) makes that rarer, but cannot prevent it. Nor does a core that they leave,
as long as the screen's thread may be put on another: there it waits for them while its own is idle.
"""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import get_native_id

REST_SECONDS = 2.0
"""Seconds after the last `take` in which the core is given back at the latest.

A release of the button may never be reported: not where the mouse left the window of some
terminals, nor after ctrl+z.
"""
TASKS = "/proc/self/task"
"""Linux has a folder for each thread there."""
Cores = frozenset[int]


class FreeCore:
    """A core that is kept, while it is taken, for the thread that takes it.

    Threads of lower priority than the process do not use it, and that thread uses no other. Only
    Linux lets a process choose the cores of its threads; elsewhere, where there is only one core,
    and where no thread has a lower priority, nothing happens.
    """

    def __init__(self) -> None:
        self._before: dict[int, Cores] = {}
        """The cores of each thread that there was, while one is kept."""
        self._core: int | None = None
        """The core, while one is kept."""
        self._end: asyncio.TimerHandle | None = None
        """Gives it back after `REST_SECONDS`; None unless it is taken."""

    def take(self) -> None:
        """Keep a core for this thread, for `REST_SECONDS` from now; within an event loop."""
        if self._end is None:
            self._take()
        else:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(REST_SECONDS, self.give_back)

    def _take(self) -> None:
        threads = _threads()
        if sys.platform != "linux" or not threads or len(os.sched_getaffinity(0)) < 2:
            return
        core, normal = _current_core(), os.getpriority(os.PRIO_PROCESS, os.getpid())
        has_low = False
        for thread in threads:
            with suppress(OSError):  # it has ended
                cores = self._before[thread] = frozenset(os.sched_getaffinity(thread))
                if os.getpriority(os.PRIO_PROCESS, thread) > normal:
                    has_low = True
                    if core in cores and len(cores) > 1:
                        os.sched_setaffinity(thread, cores - {core})
        if not has_low:
            self._before = {}
            return
        self._core = core
        try:
            os.sched_setaffinity(0, {core})
        except OSError:  # the process may use other cores now
            self.give_back()

    def give_back(self) -> None:
        """Let the threads, and those that they have started since, use the cores as before."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if sys.platform != "linux" or self._core is None:
            return
        alone = frozenset({self._core})
        by_reduced = {before - alone: before for before in self._before.values()}
        by_reduced[alone] = self._before.get(get_native_id(), alone)
        for thread in _threads():
            with suppress(OSError):
                now = frozenset(os.sched_getaffinity(thread))
                os.sched_setaffinity(thread, self._before.get(thread) or by_reduced.get(now, now))
        self._core, self._before = None, {}


def use_all_cores(process: int) -> None:
    """Let a process that this thread has just started use the cores of all threads.

    It has those of this one, which may be fewer meanwhile.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # it has ended, or is another user's
            own = os.sched_getaffinity(0)
            every = own.union(*(os.sched_getaffinity(thread) for thread in _threads()))
            if every != own:
                os.sched_setaffinity(process, every)


def _threads() -> list[int]:
    """The process's threads; none where there is no ``/proc``."""
    with suppress(FileNotFoundError):
        names = os.listdir(TASKS)  # noqa: PTH208 - `Path.iterdir` takes several times as long
        return [int(name) for name in names]
    return []


def _current_core() -> int:
    """The core that this thread is on: the kernel chose it because little else is there."""
    return int(Path(TASKS, str(get_native_id()), "stat").read_text().rpartition(")")[2].split()[36])
