"""The log of a run: lines for its messages panel, of which some are marked on the chart."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

CHECKPOINT_SAVED = "checkpoint saved"
"""What the entries of all checkpoints begin with."""


class MarkKind(StrEnum):
    """What a mark on a chart means, the most important first."""

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


def collapsed(entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
    """The entries, the newest first; of successive checkpoints only the newest, and their number.

    Otherwise a few minutes of checkpoints hide every change and warning.
    """
    for is_checkpoint, group in groupby(entries, _is_checkpoint):
        if not is_checkpoint:
            yield from group
            continue
        newest, *older = group
        best = next((entry.step for entry in older if entry.text != CHECKPOINT_SAVED), None)
        text = newest.text
        if best is not None and text == CHECKPOINT_SAVED:
            text += f", the best so far at {best:,}"
        yield replace(newest, text=text + (f" ({len(older) + 1} saved)" if older else ""))


def _is_checkpoint(entry: LogEntry) -> bool:
    return entry.text.startswith(CHECKPOINT_SAVED)
