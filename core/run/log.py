"""The log of a run: lines for its messages panel, of which some are marked on the chart."""

from dataclasses import dataclass
from enum import StrEnum


class MarkKind(StrEnum):
    """What a mark on a chart stands for, the most important first."""

    DIVERGED = "diverged"
    CHANGE = "change"
    BRANCH = "branch"
    NONFINITE = "nonfinite"
    WARNING = "warning"
    CHECKPOINT = "checkpoint"

    @property
    def is_vertical(self) -> bool:
        """Whether the mark is a line across the chart; otherwise it is a sign at its edge."""
        return self in (MarkKind.DIVERGED, MarkKind.CHANGE, MarkKind.BRANCH)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a run's log."""

    step: int
    text: str
    urgent: bool = False
    mark: MarkKind | None = None
    """How a chart marks it; None where it does not."""
    label: str = ""
    """The text in a word or two, for the mark."""
