"""Which runs are listed, in which order, which one is selected, and which are marked.

Selection and marks belong to run directories, so that they stay on their runs when rows move. Runs
can be listed in groups that differ in their seed alone; opening a group lists its runs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from core.rundir.entry import RunEntry
from core.rundir.groups import RunGroup, group_runs
from core.rundir.shared_names import shared_name
from core.rundir.unreadable import unreadable_text
from trainpad.expression import Expression
from tui.chart.line_letters import LETTERS
from tui.runs import columns, value_columns
from tui.runs.columns import Row, RunColumn
from tui.runs.filter import filtered_runs

MAX_MARKS = len(LETTERS)
MAX_MEMBERS = 32
"""Runs of one group that are drawn as their mean; the first ones in the table."""


class Group(NamedTuple):
    """One line of the chart: a run, or the runs that differ from it only in the seed."""

    letter: str
    slot: int
    """The number of its letter and colour, from 0."""
    members: Sequence[RunEntry]

    @property
    def name(self) -> str:
        """The run's title; of several runs their number, and what they share, as in the table."""
        if len(self.members) == 1:
            return self.members[0].title
        return f"{len(self.members)} × {shared_name(self.members)}"


class RunListing:
    """The runs of a log directory as a table shows them."""

    def __init__(self) -> None:
        self.entries: Sequence[RunEntry] | None = None
        """All runs; None until they are read."""
        self.unreadable: Sequence[Path] = ()
        """The directories of damaged runs."""
        self.shown: Sequence[Row] = ()
        """Those that match the filter, or their groups, sorted."""
        self.columns: Sequence[RunColumn] = value_columns.columns_for(())
        self.chosen: Sequence[str] = ()
        """The ids of the columns that the user chose; empty for the default."""
        self.first: Sequence[str] = ()
        """The metrics with columns that come before those of others."""
        self.pointer = 0
        self.marked: list[Path] = []
        self.is_grouped = False
        """Whether runs that differ in their seed alone are one row, and drawn as their mean."""
        self.pattern: Expression | None = None
        """The part of their names in which runs of a group differ; None for the seed."""
        self._found: Sequence[RunEntry] = ()
        """The runs that match the filter."""
        self._slots: dict[Path, int] = {}
        self.sort_by: tuple[RunColumn, bool] = (columns.STARTED, False)
        """The sort column, and whether the order is reversed."""
        self.shows_hidden = False
        self._group: frozenset[Path] | None = None
        """The runs of the group that is open."""

    @property
    def selected_row(self) -> Row | None:
        """The run or group at the pointer; None if none is shown."""
        return self.shown[self.pointer] if self.shown else None

    @property
    def selected(self) -> RunEntry | None:
        """The run at the pointer; None where there is none, or a group of several."""
        row = self.selected_row
        if isinstance(row, RunGroup):
            return row.first if len(row.entries) == 1 else None
        return row

    @property
    def compared(self) -> list[tuple[str, RunEntry]]:
        """The marked runs with their letters, or the selected one without."""
        return [(group.letter, group.members[0]) for group in self._single_groups]

    @property
    def groups(self) -> list[Group]:
        """What the chart draws: the compared runs, or the groups that they are of."""
        singles = self._single_groups
        if not self._shows_groups:
            return singles
        rows = [row for row in self.shown if isinstance(row, RunGroup)]
        found: dict[int, Group] = {}
        for single in singles:
            same = next((row.entries for row in rows if single.members[0] in row.entries), None)
            members = same or tuple(single.members)
            found.setdefault(id(members), single._replace(members=members[:MAX_MEMBERS]))
        return [*found.values()]

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
        row = self.selected_row
        return [] if row is None else [Group("", 0, [_entry_of(row)])]

    @property
    def slots(self) -> Mapping[Path, int]:
        """The marked runs with the numbers of their letters and colours, which they keep."""
        self._assign_slots()
        return self._slots

    def _assign_slots(self) -> None:
        self._slots = {path: slot for path, slot in self._slots.items() if path in self.marked}
        for path in self.marked:
            free = next(n for n in range(MAX_MARKS + 1) if n not in self._slots.values())
            self._slots.setdefault(path, free)

    @property
    def hidden(self) -> int:
        """How many runs are hidden, and not listed."""
        count = sum(entry.note.hidden for entry in self.entries or ())
        return 0 if self.shows_hidden else count

    @property
    def empty_text(self) -> str:
        """What to say where no run is shown."""
        if self.entries is None:
            return "reading the runs …"
        if self.entries:
            hidden = "; H lists the hidden ones" if self.hidden else ""
            return f"no matching run; esc clears the filter{hidden}"
        return "" if self.unreadable else "there are no runs yet in this folder"

    @property
    def notice(self) -> str:
        """On the runs that cannot be read; empty without any."""
        return unreadable_text(self.unreadable)

    def remove_stale_marks(self) -> None:
        """Remove the marks of runs that no longer exist."""
        existing = {entry.run.path for entry in self.entries or ()}
        self.marked = [path for path in self.marked if path in existing]

    def arrange(self, words: str) -> None:
        """Show what matches the filter, sorted; the pointer stays on its run if that is shown."""
        selected = self.selected_row
        found: Sequence[RunEntry] = filtered_runs(self._listed(), words)
        self._found = found
        self.columns = self._columns(self.chosen)
        rows = group_runs(found, self.pattern) if self._shows_groups else found
        self.shown = columns.sorted_rows(rows, self.sort_by[0], reverse=self.sort_by[1])
        path = _path_of(selected)
        paths = [_path_of(row) for row in self.shown]
        if path is not None and path in paths:
            self.pointer = paths.index(path)
        self.point(self.pointer)

    @property
    def _shows_groups(self) -> bool:
        return self.is_grouped and self._group is None

    def _columns(self, chosen: Sequence[str]) -> list[RunColumn]:
        shown = value_columns.columns_for(self._found, chosen, self.first)
        return value_columns.for_groups(shown) if self._shows_groups else shown

    def fitting(self, chosen: Sequence[str], width: int) -> set[str]:
        """The ids of the columns that fit into `width` cells once these are chosen."""
        shown = self._columns(chosen or self.chosen)
        return {column.id for column in columns.columns_that_fit(shown, width)}

    def _listed(self) -> list[RunEntry]:
        return [
            entry
            for entry in self.entries or ()
            if (self.shows_hidden or not entry.note.hidden)
            and (self._group is None or entry.run.path in self._group)
        ]

    def open_group(self) -> bool:
        """List the runs of the selected group alone; False where no group is selected."""
        row = self.selected_row
        if not isinstance(row, RunGroup) or len(row.entries) == 1:
            return False
        self._group = frozenset(entry.run.path for entry in row.entries)
        return True

    def close_group(self) -> bool:
        """List all again; False where no group was open."""
        was_open, self._group = self._group is not None, None
        return was_open

    def point(self, index: int) -> None:
        """Select the row at this index, or the nearest one."""
        self.pointer = max(0, min(index, len(self.shown) - 1))

    def index_of(self, path: Path) -> int | None:
        """Where the run in this directory is shown."""
        for index, row in enumerate(self.shown):
            if isinstance(row, RunEntry) and row.run.path.absolute() == path:
                return index
        return None

    def toggle_mark(self) -> bool:
        """Mark or unmark the selected run or group; False if there are no more letters."""
        row = self.selected_row
        if row is None:
            return True
        entries = (row,) if isinstance(row, RunEntry) else row.entries
        marked = [entry.run.path for entry in entries if entry.run.path in self.marked]
        if not marked and len(self.marked) >= MAX_MARKS:
            return False
        if marked:
            self.marked = [path for path in self.marked if path not in marked]
        else:
            self.marked.append(_entry_of(row).run.path)
        self._assign_slots()
        return True

    def next_order(self, width: int) -> RunColumn:
        """The column after the sort column, of those that fit into `width` cells."""
        visible = columns.columns_that_fit(self.columns, width)
        ids = [column.id for column in visible]
        current = ids.index(self.sort_by[0].id) if self.sort_by[0].id in ids else -1
        return visible[(current + 1) % len(visible)]


def _entry_of(row: Row) -> RunEntry:
    """The run of a row, or the first one of its group."""
    return row if isinstance(row, RunEntry) else row.first


def _path_of(row: Row | None) -> Path | None:
    return None if row is None else _entry_of(row).run.path
