"""What happened on the way: hyperparameters changed, checkpoints, warnings, branches."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class MarkKind(StrEnum):
    """What a mark tells of, from what is most to what is least worth showing."""

    DIVERGED = "diverged"
    NONFINITE = "nonfinite"
    CHANGE = "change"
    BRANCH = "branch"
    WARNING = "warning"
    CHECKPOINT = "checkpoint"

    @property
    def line(self) -> bool:
        """Whether the mark is a line across the chart; otherwise it is a sign at its foot."""
        return self in (MarkKind.DIVERGED, MarkKind.CHANGE, MarkKind.BRANCH)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a step."""

    step: int
    kind: MarkKind
    text: str
    """What happened, in full, for the cursor."""
    label: str = ""
    """The same in a word or two, shown on the chart where there is room."""


def between(marks: Sequence[Mark], start: float, stop: float) -> Sequence[Mark]:
    """The marks with steps in ``[start, stop)``, of marks in the order of their steps."""
    first = bisect_left(marks, start, key=lambda mark: mark.step)
    return marks[first : bisect_left(marks, stop, key=lambda mark: mark.step)]
