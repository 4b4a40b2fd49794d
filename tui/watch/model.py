"""Everything that is watched, and what of it is shown: which runs, which tags, in which order.

Nothing here draws. The app folds updates into one `Watched`; its views and `--once` ask it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Final, Generic, TypeVar

from core.tfevents.logdir import FolderStatus, RunChange, Update
from core.tfevents.store import RunData, ScalarHistory
from tui.chart.palette import LINE_STYLES
from tui.chart.scene import LETTERS
from tui.watch.scene import RunLine

MAX_INITIAL_RUNS: Final = 12
"""Runs shown without being asked for; further ones are in the list."""
MAX_OVERLAPS: Final = 8
"""Stretches that restarts replaced shown of each run, the newest ones."""

T = TypeVar("T")
Storable_co = TypeVar("Storable_co", covariant=True)


@dataclass(eq=False)
class RunView:
    """A run, and how it is told from the others."""

    name: str
    index: int
    """Its place among all runs, in the order in which they were found."""
    status: FolderStatus
    visible: bool
    run: RunData = field(default_factory=RunData)

    @property
    def letter(self) -> str:
        """What its curves end in."""
        return LETTERS[self.index % len(LETTERS)]

    @property
    def style(self) -> int:
        """The colour of its curves, from 1."""
        return self.index % LINE_STYLES + 1

    def lines(self, tag: str, *, overlap: bool) -> list[RunLine]:
        """The curve of a tag, if there is one, and with `overlap` what restarts replaced."""
        scalar = self.run.scalars.get(tag)
        if scalar is None:
            return []
        replaced = scalar.replaced[-MAX_OVERLAPS:] if overlap else []
        lines = [RunLine(self.name, scalar.curve, self.style, scalar.curve.timeline, self.letter)]
        return lines + [
            RunLine(self.name, points, self.style, points.timeline, self.letter, in_legend=False)
            for points in replaced
        ]


@dataclass(frozen=True)
class TagItem(Generic[Storable_co]):
    """A tag of one run, and all that is kept under it."""

    tag: str
    run_view: RunView
    values: Sequence[Storable_co]


class WatchModel:
    """All runs; `take` is the only way in."""

    def __init__(self) -> None:
        self.version = 0
        """Changes whenever anything does."""
        self.runs: dict[str, RunView] = {}
        self.fraction_read = 0.0
        self.caught_up = False
        self.overlap = False
        """Whether to show what restarts replaced."""
        self._pattern = ""
        self.matches = _matcher("")
        """Whether the filter lets a tag through."""

    # -- taking in ----------------------------------------------------------------------------

    def fold(self, update: Update) -> None:
        """Fold a batch."""
        self.version += 1
        self.caught_up = update.caught_up
        self.fraction_read = update.read_bytes / max(1, update.total_bytes)
        for change in update.changes:
            self._fold_change(change)

    def _fold_change(self, change: RunChange) -> None:
        entry = self.runs.get(change.run)
        if entry is None:
            shown = sum(entry.visible for entry in self.runs.values()) < MAX_INITIAL_RUNS
            entry = RunView(change.run, len(self.runs), change.status, shown)
            self.runs[change.run] = entry
        entry.status = change.status
        if change.reset:
            entry.run = RunData()
        for item in change.items:
            entry.run.fold(item)

    # -- choosing -----------------------------------------------------------------------------

    @property
    def visible_runs(self) -> list[RunView]:
        """The runs that are shown."""
        return [entry for entry in self.runs.values() if entry.visible]

    def set_visible(self, accept: Callable[[RunView], bool]) -> None:
        """Show the runs that `wanted` accepts, and no others."""
        self.version += 1
        for entry in self.runs.values():
            entry.visible = accept(entry)

    @property
    def pattern(self) -> str:
        """What tags are filtered by: a part of the tag, or a regular expression."""
        return self._pattern

    @pattern.setter
    def pattern(self, pattern: str) -> None:
        self.version += 1
        self._pattern = pattern
        self.matches = _matcher(pattern)

    # -- what there is ------------------------------------------------------------------------

    def scalar_tags(self) -> list[str]:
        """The scalar tags of the runs that are shown, in order."""
        return self._sorted_tags(tag for entry in self.visible_runs for tag in entry.run.scalars)

    def items(self, kind: str) -> list[TagItem[object]]:
        """The ``histograms``, ``texts`` or ``images`` of the runs that are shown, in order."""
        stores = [(entry, getattr(entry.run, kind)) for entry in self.visible_runs]
        tags = self._sorted_tags(tag for _, store in stores for tag in store)
        return [
            TagItem(tag, entry, values)
            for tag in tags
            for entry, store in stores
            if (values := store[tag])
        ]

    def lines(self, tag: str) -> list[RunLine]:
        """The curves of a tag."""
        return [
            line for entry in self.visible_runs for line in entry.lines(tag, overlap=self.overlap)
        ]

    def has_overlap(self) -> bool:
        """Whether any run that is shown was restarted."""
        scalars = (scalar for entry in self.visible_runs for scalar in entry.run.scalars.values())
        return any(scalar.replaced for scalar in scalars)

    @property
    def problems(self) -> list[str]:
        """A sentence for each file that cannot be read to its end."""
        return [
            f"{entry.name}: {problem}"
            for entry in self.runs.values()
            for problem in entry.status.problems
        ]

    @property
    def last_record_time(self) -> float | None:
        """When the newest record of all was written, in seconds since 1970."""
        times = [entry.status.last_wall_time for entry in self.runs.values()]
        return max((time for time in times if time is not None), default=None)

    def _sorted_tags(self, tags: Iterable[str]) -> list[str]:
        return sorted((tag for tag in set(tags) if self.matches(tag)), key=_sort_key)


def last_value(scalar: ScalarHistory | None) -> float | None:
    """The newest value of a curve, or None without any."""
    return float(scalar.curve.values[-1]) if scalar is not None and len(scalar.curve) else None


def group_of(tag: str) -> str:
    """The prefix that a tag is grouped by; nothing for a tag without one."""
    return tag.partition("/")[0] if "/" in tag else ""


def paginate(tags: Sequence[T], size: int, group: Callable[[T], str]) -> list[list[T]]:
    """`tags` in pages of at most `size`; a group is not torn apart where a page can hold it."""
    made: list[list[T]] = []
    for _, members in groupby(tags, group):
        rest = list(members)
        if made and len(made[-1]) + len(rest) <= size:
            made[-1] += rest
            continue
        made += [rest[start : start + size] for start in range(0, len(rest), size)]
    return made


@lru_cache(maxsize=1 << 15)
def _sort_key(tag: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Tags without a prefix come first, and ``layer2`` before ``layer10``."""
    parts = re.findall(r"[0-9]+|[^0-9]+", tag)
    return group_of(tag), [
        (0, int(part[:18]), part) if part.isdecimal() else (1, 0, part) for part in parts
    ]


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a tag holds the pattern as it stands, or matches it as a regular expression."""
    plain = pattern.lower()
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        return lambda tag: plain in tag.lower()
    return lambda tag: plain in tag.lower() or expression.search(tag) is not None
