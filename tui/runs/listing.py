"""Which runs are listed, in which order, which one is selected, and which are marked.

Selection and marks belong to run directories, so that they stay on their runs when rows move.
"""

from collections.abc import Sequence
from pathlib import Path

from core.rundir.overview import RunEntry
from tui.runs import columns
from tui.runs.columns import RunColumn
from tui.runs.table import MARKS


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
        self.sort_by: tuple[RunColumn, bool] = (columns.STARTED, False)
        """The sort column, and whether the order is reversed."""

    @property
    def selected(self) -> RunEntry | None:
        """The run at the pointer; None if none is shown."""
        return self.shown[self.pointer] if self.shown else None

    @property
    def compared(self) -> list[tuple[str, RunEntry]]:
        """The marked runs with their letters, or the selected one without."""
        known = {entry.run.path: entry for entry in self.entries or ()}
        marked = [known[path] for path in self.marked if path in known]
        if marked:
            return list(zip(MARKS, marked, strict=False))
        return [("", entry)] if (entry := self.selected) else []

    @property
    def letters(self) -> dict[Path, str]:
        """The letters of the marked runs."""
        return dict(zip(self.marked, MARKS, strict=False))

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
        elif len(self.marked) < len(MARKS):
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
