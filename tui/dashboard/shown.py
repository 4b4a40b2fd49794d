"""A run that was shown before another one, to come back to."""

from dataclasses import dataclass

from core.run.state import Run
from tui.dashboard.steering import Steering
from tui.dashboard.worker import EventWorker


@dataclass(frozen=True, slots=True)
class RunContext:
    """A run, and where its events come from."""

    run: Run
    steering: Steering
    worker: EventWorker
    viewer: bool
