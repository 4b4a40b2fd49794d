"""The log of a run: lines for its messages panel, of which some are marked on the chart."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

from core.run.info import notice_in
from trainpad.text import sanitize

MAX_ENTRIES = 500
RESUMED = "resumed"
CHECKPOINT_SAVED = "checkpoint saved"
"""What the entries of all checkpoints begin with."""


class MarkKind(StrEnum):
    """What a mark on a chart means, the most important first."""

    DIVERGED = "diverged"
    CHANGE = "change"
    BRANCH = "branch"
    NONFINITE = "nonfinite"
    WARNING = "warning"
    NOTE = "note"
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


class RunLog(deque[LogEntry]):
    """The newest entries of a run's log."""

    def __init__(self) -> None:
        super().__init__(maxlen=MAX_ENTRIES)

    def add(
        self,
        step: int,
        text: str,
        *,
        urgent: bool = False,
        mark: MarkKind | None = None,
        label: str = "",
    ) -> None:
        """Append an entry."""
        self.append(LogEntry(step, text, urgent, mark, label))

    def add_opened(self, info: Mapping[str, Any]) -> None:
        """Append what is to be known about the data of the run with this `run.json`."""
        if notice := notice_in(info):
            self.add(0, notice, urgent=True)

    def warn(self, step: int, text: str) -> None:
        """Append a warning, sanitized."""
        self.add(step, sanitize(text, limit=300), urgent=True, mark=MarkKind.WARNING)

    def go_on_from(self, step: int, *, corrected: bool) -> None:
        """Say that training goes on from `step`; keep the entries of void steps without marks.

        Args:
            step: The step; 0 for a run that begins.
            corrected: Whether it was said with another step just now.
        """
        entries = [
            replace(entry, mark=None, label="") if entry.step > step else entry for entry in self
        ]
        said = [place for place, entry in enumerate(entries) if entry.text == RESUMED]
        if corrected and said:
            del entries[said[-1]]
        self.clear()
        self.extend(entries)
        if step or corrected:
            self.add(step, RESUMED, mark=MarkKind.BRANCH, label=RESUMED)


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
