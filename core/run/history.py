"""What still holds of a run's recorded events.

A run that is resumed from an older checkpoint records `Started` at that checkpoint's step, which
voids what was recorded of later steps. `surviving` applies that rule for all readers of a
whole run; `core.run.state.RunState` applies it as events arrive.
"""

import math
from collections.abc import Iterable, Sequence

from core.run.events import Changed, Evaluated, Event, Started, StepEvent


def restart_limits(events: Sequence[Event]) -> list[float]:
    """For each event the lowest step at which training is started after it; infinity if never."""
    limits = []
    limit = math.inf
    for event in reversed(events):
        limits.append(limit)
        if isinstance(event, Started):
            limit = min(limit, event.step)
    return limits[::-1]


def surviving(events: Iterable[Event]) -> list[Event]:
    """The events that no later `Started` voids, in order.

    A start at step n voids what happened after more than n steps, and the changes that took
    effect from step n on: it plans its own.
    """
    events = list(events)
    newest = next((i for i in reversed(range(len(events))) if isinstance(events[i], Started)), 0)
    limits = restart_limits(events[: newest + 1])  # nothing voids what happened since then
    held = [
        event
        for event, limit in zip(events[:newest], limits, strict=False)
        if not _is_void(event, limit)
    ]
    return held + events[newest:]


def _is_void(event: Event, limit: float) -> bool:
    if isinstance(event, Changed):
        return event.step >= limit
    return isinstance(event, StepEvent) and event.step > limit


def best_evaluation(evaluations: Iterable[Evaluated]) -> Evaluated | None:
    """The evaluation with the highest score on validation; the first of equals."""
    validated = [entry for entry in evaluations if "validation" in (entry.confusion or entry.loss)]
    return max(validated, key=lambda entry: entry.score("validation"), default=None)


def planned_changes(start: Started) -> list[Changed]:
    """The changes that a start plans for later steps, as if they had happened already."""
    return [Changed(step, name, None, value) for step, name, value in start.planned]


def changes_of(events: Iterable[Event]) -> list[Changed]:
    """Every change of a hyperparameter that holds, made or planned, in the order of their steps."""
    expanded: list[Event] = []
    for event in events:
        expanded.append(event)
        if isinstance(event, Started):
            expanded += planned_changes(event)
    latest: dict[tuple[int, str], Changed] = {}
    for event in surviving(expanded):
        if isinstance(event, Changed):
            latest.pop((event.step, event.name), None)
            latest[event.step, event.name] = event
    return sorted(latest.values(), key=lambda change: change.step)
