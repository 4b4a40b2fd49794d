"""Keep one core free of the threads that train, while a stroke is drawn on the pad.

Where training keeps all cores busy, the screen's thread waits for a core several times between a
report of the mouse and the ink, up to 4 ms each time. The lower priority of threads that train
(`core.process.threads`) makes that rarer, but cannot prevent it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

Cores = frozenset[int]


class FreeCore:
    """A core that threads of lower priority than the process do not use while it is taken.

    Only Linux lets a process choose the cores of its threads; elsewhere, and where there is only
    one core, nothing happens.
    """

    def __init__(self) -> None:
        self._before: dict[int, Cores] = {}
        """The cores of each thread that had to leave one."""
        self._core: int | None = None
        """The core, while it is taken."""

    def take(self) -> None:
        """Have the threads leave a core of this process."""
        if sys.platform != "linux" or self._core is not None:
            return
        cores = os.sched_getaffinity(0)
        if len(cores) < 2:
            return
        core = self._core = min(cores)
        for thread in _low_threads():
            with suppress(OSError):  # it has ended
                before = frozenset(os.sched_getaffinity(thread))
                if core in before and len(before) > 1:
                    os.sched_setaffinity(thread, before - {core})
                    self._before[thread] = before

    def give_back(self) -> None:
        """Let the threads, and those that they have started since, use it again."""
        if sys.platform != "linux" or self._core is None:
            return
        by_reduced = {before - {self._core}: before for before in self._before.values()}
        for thread in _low_threads():
            with suppress(OSError):
                now = frozenset(os.sched_getaffinity(thread))
                os.sched_setaffinity(thread, self._before.get(thread) or by_reduced.get(now, now))
        self._core, self._before = None, {}


def _low_threads() -> Iterator[int]:
    """The threads of lower priority than the process."""
    of_process = os.getpriority(os.PRIO_PROCESS, os.getpid())
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, int(task.name)) > of_process:
                yield int(task.name)
