"""The Runs screen: list, compare, open, resume, export and delete runs.

The log directory is polled on a thread every few seconds while the screen is shown. Pointer and
marks belong to run directories, so that they stay on their runs when rows move.
"""

from collections.abc import Sequence
from operator import is_not
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input

from core.run.state import Run
from core.rundir.overview import Overview, RunEntry
from tui.chart.chart import Chart
from tui.chart.keys import ChartAction
from tui.chart.traces import Line
from tui.dashboard.screen import DashboardScreen
from tui.runs import columns
from tui.runs.actions import RunActions
from tui.runs.columns import RunColumn
from tui.runs.curves import NewEvents, RunCurves
from tui.runs.keys import BINDINGS
from tui.runs.table import MARKS, HparamDifferences, RunDetails, RunsTable
from tui.widgets import background
from tui.widgets.background import BackgroundJob

POLL_INTERVAL = 2.0
"""Seconds between two polls of the log directory."""
VALUES = ("loss", "precision")
UNREAD = Run()
"""Placeholder for a run of which no events are read yet."""


WRITE_NAMES = ("resume", "branch", "note", "export", "delete")
"""Actions on a run that a read-only window refuses."""

RUN_ACTIONS = ("open", "replay", *WRITE_NAMES)


class RunsScreen(DashboardScreen):
    """All runs of the log directory."""

    NAME = "runs"
    WRITE_ACTIONS = frozenset(f"run('{name}')" for name in WRITE_NAMES)
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self._overview = Overview(self.host.log_dir)
        self._overview_job: BackgroundJob[list[RunEntry]] = BackgroundJob(self, self._show_entries)
        self._curves = RunCurves()
        self._curves_job: BackgroundJob[NewEvents] = BackgroundJob(self, self._show_curves)
        self._actions = RunActions(self)
        self._entries: Sequence[RunEntry] | None = None
        self._shown: Sequence[RunEntry] = ()
        self._columns: Sequence[RunColumn] = columns.columns_for(())
        self._pointer = 0
        self._marked: list[Path] = []
        self._sort_by: tuple[RunColumn, bool] = (columns.STARTED, False)
        self._value = "loss"
        self._last_pointed_run = ""
        """The run of the other screens that the pointer was last moved to."""

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions on a run where there is none, or that the selected one does not allow."""
        entry, dimmed = self._selected_entry, super().dimmed_actions
        if entry is None:
            return dimmed | {f"run('{name}')" for name in RUN_ACTIONS} | {"mark"}
        is_live = entry.summary.is_live
        return dimmed | ({"run('resume')", "run('delete')"} if is_live else frozenset())

    def compose(self) -> ComposeResult:
        """The filter, the table and the details; below them chart and differences."""
        yield self.header()
        yield Input(placeholder="filter: name, tag, key=value", compact=True, id="runs-filter")
        yield RunsTable()
        yield RunDetails()
        with Container(id="runs-below"):
            yield Chart("loss", id="overlay")
            yield HparamDifferences()
        yield self.footer()

    def on_mount(self) -> None:
        """Poll the runs periodically."""
        chart = self.query_one(Chart)
        chart.set_glyphs(self.host.glyphs)
        self.query_one("#runs-filter").display = False
        self.set_interval(POLL_INTERVAL, self._poll)

    def on_screen_resume(self) -> None:
        """Poll at once."""
        self._poll(now=True)

    # -- from the disk to the screen ----------------------------------------------------------

    def _poll(self, *, now: bool = False) -> None:
        if self.is_current:
            self._overview_job.submit(self._overview.poll, now=now)
            self._poll_curves()

    @on(background.JobFinished)
    def _job_finished(self, message: background.JobFinished) -> None:
        message.deliver()

    def _show_entries(self, result: list[RunEntry] | Exception) -> None:
        if isinstance(result, Exception):
            self.host.toast(f"the runs cannot be read: {result}")
            return
        first = self._entries is None
        before, self._entries = self._entries or (), result
        there = {entry.run.path for entry in result}
        if self._overview.complete:
            self._marked = [path for path in self._marked if path in there]
        else:
            self._overview_job.submit(self._overview.poll, now=True)
        # Entries that did not change are the same objects as in the last poll.
        if first or len(before) != len(result) or any(map(is_not, before, result)):
            self._filter_and_sort()
        self._point_at_open_run()
        if first:
            self._poll_curves(now=True)

    def _point_at_open_run(self) -> None:
        """Select the run that the other screens show, once per run."""
        shown = self.host.run_shown.directory
        if not shown or shown == self._last_pointed_run:
            return
        path = Path(shown).absolute()
        for index, entry in enumerate(self._shown):
            if entry.run.path.absolute() == path:
                self._move_pointer(index)

    def _poll_curves(self, *, now: bool = False) -> None:
        """Read the new events of the compared runs in the background."""
        runs = [entry.run for _, entry in self._compared]
        self._curves_job.submit(lambda: self._curves.poll(runs), now=now)

    def _show_curves(self, result: NewEvents | Exception) -> None:
        if isinstance(result, Exception):
            self.host.toast(f"the curves cannot be read: {result}")
            return
        self._curves.fold(result)
        self._draw()

    @property
    def _compared(self) -> list[tuple[str, RunEntry]]:
        """The marked runs with their letters, or the selected one without."""
        known = {entry.run.path: entry for entry in self._entries or ()}
        marked = [known[path] for path in self._marked if path in known]
        if marked:
            return list(zip(MARKS, marked, strict=False))
        return [("", entry)] if (entry := self._selected_entry) else []

    @property
    def _selected_entry(self) -> RunEntry | None:
        """The selected run; None if the table is empty."""
        return self._shown[self._pointer] if self._shown else None

    def _filter_and_sort(self) -> None:
        """Filter and sort the runs; the pointer stays on its run if that is still shown."""
        selected = self._selected_entry
        words = self.query_one("#runs-filter", Input).value
        found = columns.filtered_runs(self._entries or (), words)
        self._shown = columns.sorted_runs(found, self._sort_by[0], reverse=self._sort_by[1])
        paths = [entry.run.path for entry in self._shown]
        if selected is not None and selected.run.path in paths:
            self._pointer = paths.index(selected.run.path)
        self._pointer = max(0, min(self._pointer, len(paths) - 1))
        self._columns = columns.columns_for(self._shown)
        self._draw()

    def _draw(self) -> None:
        table = self.query_one(RunsTable)
        letters = dict(zip(self._marked, MARKS, strict=False))
        table.show(
            self._shown, self._columns, self._pointer, letters, self._sort_by, self._empty_text
        )
        self.query_one(RunDetails).show(self._selected_entry)
        self.update_keys()
        self.query_one(HparamDifferences).show(self._compared)
        self._draw_chart()

    @property
    def _empty_text(self) -> str:
        """The text of an empty table."""
        if self._entries is None:
            return "reading the runs …"
        if self._entries:
            return "no matching run; esc clears the filter"
        return "there are no runs yet in this folder"

    def _draw_chart(self) -> None:
        chart = self.query_one(Chart)
        chart.title = "loss" if self._value == "loss" else "precision @ 1, validation"
        chart.shows_fractions = self._value != "loss"
        chart.scene.error_rate &= chart.shows_fractions
        lines = [self._line(entry) for _, entry in self._compared]
        chart.show(lines)

    def _line(self, entry: RunEntry) -> Line:
        """The curve of a run; empty until its events are read."""
        run = self._curves.runs.get(entry.run.path, UNREAD)
        layer = int(entry is self._selected_entry)
        if self._value == "loss":
            return Line(entry.title, run.losses, timeline=run.timeline, layer=layer)
        points = run.accuracy["validation"]
        return Line(entry.title, points, timeline=points.timeline, layer=layer)

    # -- pointing, marking, sorting, filtering --------------------------------------------------

    def action_point(self, rows: int) -> None:
        """Move the pointer by `rows` rows."""
        self._move_pointer(self._pointer + rows)

    def action_page(self, pages: int) -> None:
        """Move the pointer by `pages` pages."""
        self._move_pointer(self._pointer + pages * self.query_one(RunsTable).page)

    def _move_pointer(self, index: int) -> None:
        self._pointer = max(0, min(index, len(self._shown) - 1))
        self._last_pointed_run = self.host.run_shown.directory
        self._draw()
        if not self._marked:
            self._poll_curves(now=True)

    @on(RunsTable.RowClicked)
    def _row_clicked(self, message: RunsTable.RowClicked) -> None:
        self._move_pointer(message.index)
        if message.is_double:
            self.action_run("open")

    def action_mark(self) -> None:
        """Toggle the mark of the selected run and select the next one."""
        entry = self._selected_entry
        if entry is None:
            return
        if entry.run.path in self._marked:
            self._marked.remove(entry.run.path)
        elif len(self._marked) < len(MARKS):
            self._marked.append(entry.run.path)
        else:
            self.host.toast(f"{len(MARKS)} runs can be compared at most")
            return
        self._move_pointer(self._pointer + 1)
        self._poll_curves(now=True)

    def action_order(self) -> None:
        """Sort by the next visible column."""
        visible = columns.columns_that_fit(self._columns, self.size.width)
        names = [column.name for column in visible]
        current = names.index(self._sort_by[0].name) if self._sort_by[0].name in names else -1
        self._sort_runs(visible[(current + 1) % len(visible)], reverse=False)

    def action_reverse(self) -> None:
        """Reverse the sort order."""
        self._sort_runs(self._sort_by[0], reverse=not self._sort_by[1])

    @on(RunsTable.HeaderClicked)
    def _header_clicked(self, message: RunsTable.HeaderClicked) -> None:
        is_same = message.column.name == self._sort_by[0].name
        self._sort_runs(message.column, reverse=is_same and not self._sort_by[1])

    def _sort_runs(self, column: RunColumn, *, reverse: bool) -> None:
        self._sort_by = column, reverse
        self._filter_and_sort()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While the filter has the focus, a slash is text."""
        if action == "filter" and self.is_ready:
            return self.focused is not self.query_one("#runs-filter", Input)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Focus the filter; the binding has priority, so that the next keys are text."""
        field = self.query_one("#runs-filter", Input)
        field.display = True
        self.set_focus(field)

    @on(Input.Changed, "#runs-filter")
    def _filter_changed(self) -> None:
        self._filter_and_sort()

    @on(Input.Submitted, "#runs-filter")
    def _filter_submitted(self) -> None:
        self.set_focus(None)
        field = self.query_one("#runs-filter", Input)
        field.display = bool(field.value)
        self._poll_curves(now=True)

    def action_clear(self) -> None:
        """Clear the filter; if there is none, the marks."""
        field = self.query_one("#runs-filter", Input)
        if field.display:
            field.value = ""
            field.display = False
            self.set_focus(None)
        else:
            self._marked = []
        self._filter_and_sort()
        self._poll_curves(now=True)

    # -- the chart ------------------------------------------------------------------------------

    def action_value(self) -> None:
        """Switch the chart between loss and accuracy."""
        self._value = VALUES[1 - VALUES.index(self._value)]
        self._draw_chart()

    def action_table(self) -> None:
        """Toggle between chart and differences."""
        self.toggle_class("-differences")

    def action_chart(self, action: ChartAction, *arguments: float) -> None:
        """Do this to the chart."""
        self.query_one(Chart).act(action, *arguments)

    # -- actions on a run ----------------------------------------------------------------------

    def action_run(self, name: str) -> None:
        """Perform an action on the selected run."""
        if self.host.read_only and name in WRITE_NAMES:
            self.host.toast("this window is read-only")
        elif (entry := self._selected_entry) is not None:
            self._actions.perform(name, entry, self._compared)

    @on(RunActions.RunsChanged)
    def _runs_changed(self) -> None:
        self._poll(now=True)
