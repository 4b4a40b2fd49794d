"""Events in short form, and folded."""

from collections.abc import Iterator

from core.run.events import (
    Event,
    Started,
    Steps,
)
from core.run.hparams import HyperParameters, as_dict
from core.run.state import RunState
from tests.helpers.runs import (
    BEGAN,
)

HPARAMS = as_dict(HyperParameters())


def started(step: int = 0, at: float = 0.0) -> Started:
    return Started(step, HPARAMS, "CPU:0", 10, time=BEGAN + at)


def summary(event: Event) -> object:
    """An event in short form, to compare the order of events."""
    match event:
        case Steps(first=first, losses=losses):
            return (first, first + len(losses))
        case _:
            return type(event).__name__


def order(events: Iterator[Event]) -> list[object]:
    return [summary(event) for event in events]


def folded(events: Iterator[Event]) -> RunState:
    run = RunState()
    for event in events:
        run.fold(event)
    return run
