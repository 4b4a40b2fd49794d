"""The run on the screen and where its events come from, as one value that is replaced whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from textual.message import Message

from core.run.events import Event
from core.run.state import Run
from tui.dashboard.steering import Steering
from tui.dashboard.worker import EventWorker


@dataclass(frozen=True, slots=True, eq=False)
class RunContext:
    """A run, the way to steer it, and the thread that reads its events."""

    run: Run
    steering: Steering
    worker: EventWorker
    viewer: bool
    """Whether another process trains the run, or none: leaving it needs no question."""

    @classmethod
    def from_events(
        cls, events: Iterator[Event], post: Callable[[Message], object], *, viewer: bool
    ) -> "RunContext":
        """The context of a run of which nothing is known yet; its worker is not started."""
        run = Run()
        worker = EventWorker(events, post, trains=not viewer)
        return cls(run, Steering(run), worker, viewer)

    @property
    def trains_in_process(self) -> bool:
        """Whether this process trains the run: its events must not be lost."""
        return not self.viewer and not self.worker.ended

    def fold(self, event: Event) -> None:
        """Update the run, and what is pending, from the next event."""
        self.run.fold(event)
        self.steering.on_event(event)
