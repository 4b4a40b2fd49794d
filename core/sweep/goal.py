"""The goal of a sweep: one number of a run that is made as large or as small as possible."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.run.events import Evaluated
from core.run.metric_names import greater_is_better, has_direction
from core.rundir.attached import line_values
from core.rundir.json_tail import JsonTail
from core.rundir.rundir import RunDir
from core.rundir.validation import parse_event
from trainpad.errors import UserError
from trainpad.text import sanitize_name

DEFAULT: Final = "accuracy/validation"


@dataclass(frozen=True, slots=True)
class Goal:
    """The name of a metric, and whether large values are good."""

    metric: str = DEFAULT
    maximize: bool = True

    @classmethod
    def parse(cls, metric: str, direction: str = "") -> "Goal":
        """The goal with this name; without a direction the name must show it.

        Raises:
            UserError: the name does not show whether large values are good.
        """
        if direction:
            return cls(metric, direction == "maximize")
        if has_direction(metric):
            return cls(metric, greater_is_better(metric))
        raise UserError(
            f"it is not known whether a large {metric[:60]!r} is good; "
            "add --direction maximize or --direction minimize"
        )

    @property
    def direction(self) -> str:
        """``maximize`` or ``minimize``."""
        return "maximize" if self.maximize else "minimize"

    def is_better(self, value: float, than: float | None) -> bool:
        """Whether `value` is better than another one, or the first."""
        if than is None:
            return True
        return value > than if self.maximize else value < than


class GoalReader:
    """The values of the goal in a run of either kind, as they are recorded."""

    def __init__(self, goal: Goal, run: RunDir) -> None:
        self._metric = sanitize_name(goal.metric)
        self._events, self._numbers = JsonTail(run.events), JsonTail(run.metrics)
        self.names: dict[str, None] = {}
        """The metrics that the run has recorded so far."""
        self._last_step = -1

    def poll(self) -> list[tuple[int, float]]:
        """New values with their steps, which increase; what is not finite is left out."""
        found = []
        for step, values in (*self._evaluations(), *self._metrics()):
            self.names |= dict.fromkeys(values)
            value = values.get(self._metric)
            if value is not None and math.isfinite(value) and step > self._last_step:
                self._last_step = step
                found.append((step, value))
        return found

    def _evaluations(self) -> Iterator[tuple[int, dict[str, float]]]:
        while lines := self._events.poll():
            for line in lines:
                if line.get("event") == "evaluated" and (event := _evaluated(line)):
                    yield event.step, _numbers_of(event)

    def _metrics(self) -> Iterator[tuple[int, dict[str, float]]]:
        while lines := self._numbers.poll():
            for line in lines:
                step = line.get("step")
                if isinstance(step, int) and not isinstance(step, bool):
                    yield step, line_values(line)


def _evaluated(line: Mapping[str, Any]) -> Evaluated | None:
    event = parse_event(json.dumps(line).encode())
    return event if isinstance(event, Evaluated) else None


def _numbers_of(event: Evaluated) -> dict[str, float]:
    accuracies = {f"accuracy/{split}": event.accuracy(split) for split in event.confusion}
    return accuracies | {f"loss/{split}": loss for split, loss in event.loss.items()}
