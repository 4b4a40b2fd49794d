"""Notifications of the run of a program, from the process that supervises it."""

from typing import Final

from core.process.hooks import Hooks
from core.rundir.occasions import Occasion, RunWatch
from core.rundir.rundir import RunDir

INTERVAL: Final = 1.0
"""Seconds between two polls of the run's files."""


class Notifier:
    """Fires the user's hooks; of the end once the program has ended, since it may fail after it."""

    def __init__(self, run: RunDir, hooks: Hooks, stall_seconds: float, now: float) -> None:
        self._run = run
        self._hooks = hooks
        self._watch = RunWatch(run, stall_seconds, now)
        self._end: Occasion | None = None
        self._due = 0.0

    def poll(self, now: float) -> None:
        """Notify of what happened since the last call."""
        if not self._hooks or now < self._due:
            return
        self._due = now + INTERVAL
        for occasion in self._watch.poll(now):
            if occasion.kind in ("finish", "fail"):
                self._end = occasion
            else:
                self._fire(occasion)

    def end(self, now: float) -> None:
        """Notify of the end, and wait for the commands."""
        self._due = 0.0
        self.poll(now)
        if self._end is not None:
            self._fire(self._end)
        self._hooks.wait()

    def _fire(self, occasion: Occasion) -> None:
        self._hooks.fire(occasion, self._run.name, str(self._run.path))
