"""Notifications of a run from its events' reader: a session's own, or a viewer's."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from core.process.hooks import Hooks
from core.process.stdio import print_message
from core.run.events import (
    Continued,
    Diverged,
    Event,
    Failed,
    Finished,
    Lost,
    Opened,
    Paused,
    Started,
)
from core.rundir.occasions import STALL_SECONDS, Occasion, RunWatch
from core.rundir.rundir import RunDir

INTERVAL: Final = 1.0
"""Seconds between two polls of the run's files."""


class Notifications:
    """What the user is notified of in the runs that this process reads or trains."""

    def __init__(
        self,
        hooks: Mapping[str, tuple[str, ...]],
        environ: Mapping[str, str],
        stall_seconds: float | None = None,
        *,
        commands: bool = True,
    ) -> None:
        """Notify by these hooks.

        Args:
            hooks: The words of each, by the kind of its occasion.
            environ: The environment of commands.
            stall_seconds: Seconds of nothing that are a stall.
            commands: Whether commands are started here, and not by another process.
        """
        self.hooks = Hooks(hooks, environ, print_message, commands=commands)
        self._stall_seconds = stall_seconds or STALL_SECONDS

    def wrap(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield the events of one run as they are, and notify of what is new in it."""
        return notified(events, self.hooks, self._stall_seconds) if self.hooks else events


def notified(
    events: Iterator[Event],
    hooks: Hooks,
    stall_seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """Yield `events` as they are, and fire the hooks of what is new in the run's files.

    The files are polled where an event comes, which includes a `Tick` where nothing happens.
    """
    notifier = None
    for event in events:
        if isinstance(event, Opened):
            notifier = _Notifier(RunDir(Path(event.directory)), hooks, stall_seconds, clock)
        yield event
        if notifier is not None:
            notifier.on_event(event)
    if notifier is not None:
        notifier.poll()


class _Notifier:
    """Fires hooks of one run."""

    def __init__(
        self, run: RunDir, hooks: Hooks, stall_seconds: float, clock: Callable[[], float]
    ) -> None:
        self._run = run
        self._hooks = hooks
        self._clock = clock
        self._watch = RunWatch(run, stall_seconds, clock())
        self._due = 0.0

    def on_event(self, event: Event) -> None:
        """Poll where it is time; an event of the past tells whether progress is expected."""
        match event:
            case Paused() | Finished() | Failed() | Diverged():
                self._watch.is_idle = True
            case Continued() | Started():
                self._watch.is_idle = False
            case Lost(folder_is_gone=folder_is_gone):
                self._watch.is_idle = True
                gone = "folder" if folder_is_gone else "process"
                self._fire(Occasion("fail", "lost", f"its {gone} is gone"))
        if self._clock() >= self._due:
            self.poll()

    def poll(self) -> None:
        """Notify of what happened since the last call."""
        self._due = self._clock() + INTERVAL
        for occasion in self._watch.poll(self._clock()):
            self._fire(occasion)

    def _fire(self, occasion: Occasion) -> None:
        self._hooks.fire(occasion, self._run.name, str(self._run.path))


NO_NOTIFICATIONS: Final = Notifications({}, {})
