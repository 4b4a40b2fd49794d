"""Which runs are listed, in which order, which one is selected, and which are marked.

Selection and marks belong to run directories, so that they stay on their runs when rows move.
"""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from core.rundir.overview import RunEntry
from tui.chart.scene import LETTERS
from tui.chart.seeds import SEED_IN_NAME, compiled, same_but_seed, without_seed
from tui.runs import columns
from tui.runs.columns import RunColumn

MAX_MARKS = len(LETTERS)
MAX_MEMBERS = 32
"""Runs of one experiment that are drawn as their mean; the first ones in the table."""
SEED_PATTERN = compiled(SEED_IN_NAME)


class Group(NamedTuple):
    """One line of the chart: a run, or the runs that differ from it only in the seed."""

    letter: str
    slot: int
    """The number of its letter and colour, from 0."""
    members: Sequence[RunEntry]

    @property
    def name(self) -> str:
        """The run's title; of several runs that of the first, and their number."""
        title, count = self.members[0].title, len(self.members)
        return title if count == 1 else f"{count} runs like {title}"


class RunListing:
    """The runs of a log directory as a table shows them."""

    def __init__(self) -> None:
        self.entries: Sequence[RunEntry] | None = None
        """All runs; None until they are read."""
        self.shown: Sequence[RunEntry] = ()
        """Those that match the filter, sorted."""
        self.columns: Sequence[RunColumn] = columns.columns_for(())
        self.pointer = 0
        self.marked: list[Path] = []
        self.is_grouped = False
        """Whether runs that differ only in their seed are drawn as their mean."""
        self._slots: dict[Path, int] = {}
        self.sort_by: tuple[RunColumn, bool] = (columns.STARTED, False)
        """The sort column, and whether the order is reversed."""

    @property
    def selected(self) -> RunEntry | None:
        """The run at the pointer; None if none is shown."""
        return self.shown[self.pointer] if self.shown else None

    @property
    def compared(self) -> list[tuple[str, RunEntry]]:
        """The marked runs with their letters, or the selected one without."""
        return [(group.letter, group.members[0]) for group in self._single_groups]

    @property
    def groups(self) -> list[Group]:
        """What the chart draws: the compared runs, or for each its experiment."""
        singles = self._single_groups
        if not self.is_grouped:
            return singles
        experiments: dict[Hashable, Group] = {}
        for group in singles:
            experiment = _experiment_of(group.members[0])
            same = [e for e in self.shown if _experiment_of(e) == experiment][:MAX_MEMBERS]
            experiments.setdefault(experiment, group._replace(members=same or group.members))
        return [*experiments.values()]

    @property
    def _single_groups(self) -> list[Group]:
        known = {entry.run.path: entry for entry in self.entries or ()}
        marked = [
            Group(LETTERS[slot], slot, [known[path]])
            for path, slot in self.slots.items()
            if path in known
        ]
        if marked:
            return marked
        return [Group("", 0, [entry])] if (entry := self.selected) else []

    @property
    def slots(self) -> Mapping[Path, int]:
        """The marked runs with the numbers of their letters and colours, which they keep."""
        self._slots = {path: slot for path, slot in self._slots.items() if path in self.marked}
        for path in self.marked:
            free = next(n for n in range(MAX_MARKS + 1) if n not in self._slots.values())
            self._slots.setdefault(path, free)
        return self._slots

    @property
    def empty_text(self) -> str:
        """What to say where no run is shown."""
        if self.entries is None:
            return "reading the runs …"
        if self.entries:
            return "no matching run; esc clears the filter"
        return "there are no runs yet in this folder"

    def remove_stale_marks(self) -> None:
        """Remove the marks of runs that no longer exist."""
        existing = {entry.run.path for entry in self.entries or ()}
        self.marked = [path for path in self.marked if path in existing]

    def arrange(self, words: str) -> None:
        """Show what matches the filter, sorted; the pointer stays on its run if that is shown."""
        selected = self.selected
        found = columns.filtered_runs(self.entries or (), words)
        self.shown = columns.sorted_runs(found, self.sort_by[0], reverse=self.sort_by[1])
        paths = [entry.run.path for entry in self.shown]
        if selected is not None and selected.run.path in paths:
            self.pointer = paths.index(selected.run.path)
        self.point(self.pointer)
        self.columns = columns.columns_for(self.shown)

    def point(self, index: int) -> None:
        """Select the run at this index, or the nearest one."""
        self.pointer = max(0, min(index, len(self.shown) - 1))

    def index_of(self, path: Path) -> int | None:
        """Where the run in this directory is shown."""
        paths = [entry.run.path.absolute() for entry in self.shown]
        return paths.index(path) if path in paths else None

    def toggle_mark(self, path: Path) -> bool:
        """Mark or unmark a run; False if there are no more letters."""
        if path in self.marked:
            self.marked.remove(path)
        elif len(self.marked) < MAX_MARKS:
            self.marked.append(path)
        else:
            return False
        return True

    def next_order(self, width: int) -> RunColumn:
        """The column after the sort column, of those that fit into `width` cells."""
        visible = columns.columns_that_fit(self.columns, width)
        names = [column.name for column in visible]
        current = names.index(self.sort_by[0].name) if self.sort_by[0].name in names else -1
        return visible[(current + 1) % len(visible)]


def _experiment_of(entry: RunEntry) -> Hashable:
    """Equal for runs that differ only in their seed; of attached runs, only in its name."""
    summary = entry.summary
    if summary.is_attached:
        return summary.project, without_seed(entry.title, SEED_PATTERN)
    return summary.dataset, same_but_seed(entry.hyperparameters)
