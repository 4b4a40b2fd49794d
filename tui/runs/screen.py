"""The Runs screen: list, compare, open, resume, export and delete runs.

The log directory is polled on a thread every few seconds while the screen is shown.
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

from core.rundir.entry import RunEntry
from core.rundir.overview import Overview
from core.sweep.listing import StudyListing
from data import places
from tui.chart.keys import ChartAction
from tui.curves.reading import NewEvents, RunCurves
from tui.dashboard.screen import DashboardScreen
from tui.runs.actions import STUDY_ACTIONS, RunActions
from tui.runs.chart import ComparisonChart
from tui.runs.columns import RunColumn
from tui.runs.columns_dialog import ColumnsDialog
from tui.runs.differences import HparamDifferences
from tui.runs.grouping import RunGrouping
from tui.runs.keys import BINDINGS, RUN_ACTIONS, WRITE_NAMES
from tui.runs.listing import MAX_MARKS, RunListing
from tui.runs.table import RunDetails, RunsTable
from tui.runs.value_columns import all_columns
from tui.widgets import background
from tui.widgets.background import BackgroundJob

POLL_INTERVAL = 2.0
"""Seconds between two polls of the log directory."""
SCAN_INTERVAL = 0.5
"""Seconds between two polls while the best values of metrics are still read."""
COLUMNS = "runs_columns"
"""The name of the chosen columns in the settings."""


class RunsScreen(DashboardScreen):
    """All runs of the log directory."""

    NAME = "runs"
    WRITE_ACTIONS = frozenset({*(f"run('{name}')" for name in WRITE_NAMES), "undo_delete"})
    FOOTER_FIRST = (
        "run('open')",
        "mark",
        "filter",
        "run('resume')",
        "run('note')",
        "run('export')",
    )
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self._overview = Overview(self.host.log_dir, places.cache())
        self._studies = StudyListing(self.host.log_dir)
        self._overview_job: BackgroundJob[list[RunEntry]] = BackgroundJob(self, self._show_entries)
        self._curves = RunCurves()
        self._curves_job: BackgroundJob[NewEvents] = BackgroundJob(self, self._show_curves)
        self._actions = RunActions(self)
        self._listing = RunListing()
        self._grouping = RunGrouping(self, self._listing, self._rows_changed)
        self._last_pointed_run = ""
        """The run of the other screens that the pointer was last moved to."""

    @property
    def entries(self) -> Sequence[RunEntry]:
        """All runs that are known by now."""
        return self._listing.entries or ()

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions on a run where there is none, or that the selected one does not allow."""
        entry, dimmed = self._listing.selected, super().dimmed_actions
        if entry is None:
            is_group = self._listing.selected_row is not None
            names = [name for name in RUN_ACTIONS if not (is_group and name == "open")]
            return dimmed | {f"run('{name}')" for name in names} | (set() if is_group else {"mark"})
        if entry.summary.is_study:
            return dimmed | {f"run('{name}')" for name in RUN_ACTIONS if name not in STUDY_ACTIONS}
        is_live = entry.summary.is_live
        return dimmed | ({"run('resume')", "run('delete')"} if is_live else frozenset())

    def compose(self) -> ComposeResult:
        """The filter, the table and the details; below them chart and differences."""
        yield self.header()
        yield Input(
            placeholder="filter: words, key=value, metric>0.9", compact=True, id="runs-filter"
        )
        yield RunsTable()
        yield RunDetails()
        with Container(id="runs-below"):
            yield ComparisonChart(self._listing, self._curves, self.host.settings, self.host.glyphs)
            yield HparamDifferences()
        yield self.footer()

    def on_mount(self) -> None:
        """Poll the runs periodically."""
        self.query_one("#runs-filter").display = False
        chosen = self.host.settings.get(COLUMNS, [])
        self._listing.first = self.host.user_options.charts_first
        self._listing.chosen = [name for name in chosen if isinstance(name, str)]
        self.set_interval(POLL_INTERVAL, self._poll)

    def on_screen_resume(self) -> None:
        """Poll at once."""
        self._poll(now=True)

    # -- from the disk to the screen ----------------------------------------------------------

    def _poll(self, *, now: bool = False) -> None:
        if self.is_current:
            self._overview_job.submit(self._poll_entries, now=now)
            self._poll_curves()

    def _poll_entries(self) -> list[RunEntry]:
        """On the thread: the runs, newest first, and the studies."""
        return [*self._overview.poll(), *self._studies.poll()]

    @on(background.JobFinished)
    def _job_finished(self, message: background.JobFinished) -> None:
        message.deliver()

    def _show_entries(self, result: list[RunEntry] | Exception) -> None:
        if isinstance(result, Exception):
            self.host.toast(f"the runs cannot be read: {result}")
            return
        first = self._listing.entries is None
        before, self._listing.entries = self._listing.entries or (), result
        unreadable, self._listing.unreadable = self._listing.unreadable, self._overview.unreadable
        if self._overview.complete:
            self._listing.remove_stale_marks()
        else:
            self._overview_job.submit(self._poll_entries, now=True)
        if self._overview.complete and self._overview.pending:
            self.set_timer(SCAN_INTERVAL, lambda: self._poll(now=True))
        # Entries that did not change are the same objects as in the last poll.
        is_same = len(before) == len(result) and unreadable == self._listing.unreadable
        if first or not is_same or any(map(is_not, before, result)):
            self._filter_and_sort()
        self._point_at_open_run()
        if first:
            self._poll_curves(now=True)

    def _point_at_open_run(self) -> None:
        """Select the run that the other screens show, once per run."""
        shown = self.host.run_state.directory
        if not shown or shown == self._last_pointed_run:
            return
        index = self._listing.index_of(Path(shown).absolute())
        if index is not None:
            self._move_pointer(index)

    def _poll_curves(self, *, now: bool = False) -> None:
        """Read the new events of the compared runs in the background."""
        runs = [entry.run for entry in self._chart.compared]
        self._curves_job.submit(lambda: self._curves.poll(runs), now=now)

    def _show_curves(self, result: NewEvents | Exception) -> None:
        if isinstance(result, Exception):
            self.host.toast(f"the curves cannot be read: {result}")
            return
        self._curves.fold(result)
        self._draw()

    def _filter_and_sort(self) -> None:
        self._listing.arrange(self.query_one("#runs-filter", Input).value)
        self._draw()

    def _draw(self) -> None:
        listing = self._listing
        self.query_one(RunsTable).show(
            listing.shown,
            listing.columns,
            listing.pointer,
            listing.slots,
            listing.sort_by,
            listing.empty_text,
            listing.notice,
        )
        self.query_one(RunDetails).show(listing.selected, listing.columns)
        self.update_keys()
        self.query_one(HparamDifferences).show(listing.compared)
        self._chart.draw_runs()

    # -- pointing, marking, sorting, filtering --------------------------------------------------

    def action_point(self, rows: int) -> None:
        """Move the pointer by `rows` rows."""
        self._move_pointer(self._listing.pointer + rows)

    def action_page(self, pages: int) -> None:
        """Move the pointer by `pages` pages."""
        self._move_pointer(self._listing.pointer + pages * self.query_one(RunsTable).page)

    def _move_pointer(self, index: int) -> None:
        self._listing.point(index)
        self._last_pointed_run = self.host.run_state.directory
        self._draw()
        if not self._listing.marked:
            self._poll_curves(now=True)

    @on(RunsTable.RowClicked)
    def _row_clicked(self, message: RunsTable.RowClicked) -> None:
        self._move_pointer(message.index)
        if message.is_double:
            self.action_run("open")

    def action_mark(self) -> None:
        """Toggle the mark of the selected run and select the next one."""
        if self._listing.selected_row is None:
            return
        if not self._listing.toggle_mark():
            self.host.toast(f"{MAX_MARKS} runs can be compared at most")
            return
        self._move_pointer(self._listing.pointer + 1)
        self._poll_curves(now=True)

    def action_order(self) -> None:
        """Sort by the next visible column."""
        self._sort_runs(self._listing.next_order(self.size.width), reverse=False)

    def action_reverse(self) -> None:
        """Reverse the sort order."""
        column, is_reversed = self._listing.sort_by
        self._sort_runs(column, reverse=not is_reversed)

    @on(RunsTable.HeaderClicked)
    def _header_clicked(self, message: RunsTable.HeaderClicked) -> None:
        column, is_reversed = self._listing.sort_by
        is_same = message.column.name == column.name
        self._sort_runs(message.column, reverse=is_same and not is_reversed)

    def _sort_runs(self, column: RunColumn, *, reverse: bool) -> None:
        self._listing.sort_by = column, reverse
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
        """Clear the filter; if there is none, close the group; if none is open, clear the marks."""
        field = self.query_one("#runs-filter", Input)
        if field.display:
            field.value = ""
            field.display = False
            self.set_focus(None)
        elif not self._listing.close_group():
            self._listing.marked = []
        self._rows_changed()

    # -- columns, groups, hidden runs ------------------------------------------------------------

    def action_columns(self) -> None:
        """Choose the columns; the choice is kept in the settings."""
        listing = self._listing
        shown = [column.id for column in listing.columns]

        def on_close(chosen: list[str] | None) -> None:
            if chosen is not None:
                listing.chosen = chosen
                self.host.settings.set(COLUMNS, chosen)
                self._filter_and_sort()

        def fitting(chosen: Sequence[str]) -> set[str]:
            return listing.fitting(chosen, self.size.width)

        every = all_columns(listing.entries or ())
        self.app.push_screen(ColumnsDialog(every, shown, fitting), on_close)

    def action_show_hidden(self) -> None:
        """List the hidden runs too, or not."""
        self._listing.shows_hidden = not self._listing.shows_hidden
        self._filter_and_sort()

    def action_undo_delete(self) -> None:
        """Bring the run back that was deleted last."""
        if self.host.read_only:
            self.host.toast("this window is read-only")
        else:
            self._actions.undo_delete()

    # -- the chart ------------------------------------------------------------------------------

    @property
    def _chart(self) -> ComparisonChart:
        return self.query_one(ComparisonChart)

    def action_value(self) -> None:
        """Show the next value that the runs have, with the view that it was left with."""
        self._chart.next_value()

    def action_table(self) -> None:
        """Toggle between chart and differences."""
        self.toggle_class("-differences")

    def action_chart(self, action: ChartAction, *arguments: float) -> None:
        """Do this to the chart; the view is saved."""
        self._chart.act_and_save(action, *arguments)

    def action_group(self) -> None:
        """Show runs that differ only in their seed as mean and spread, or the runs themselves."""
        self._grouping.toggle()

    def action_group_by(self) -> None:
        """Ask for a pattern of names, and show runs that differ where it matches as one."""
        self._grouping.ask()

    def _rows_changed(self) -> None:
        self._filter_and_sort()
        self._poll_curves(now=True)

    def action_difference(self) -> None:
        """Draw the differences to the selected run, or the values again."""
        self.host.toast(self._chart.toggle_difference())

    # -- actions on a run ----------------------------------------------------------------------

    def action_run(self, name: str) -> None:
        """Perform an action on the selected run."""
        if name == "open" and self._listing.open_group():
            self._rows_changed()
        elif self.host.read_only and name in WRITE_NAMES:
            self.host.toast("this window is read-only")
        elif (entry := self._listing.selected) is not None:
            self._actions.perform(name, entry, self._listing.compared)

    @on(RunActions.RunsChanged)
    def _runs_changed(self) -> None:
        self._poll(now=True)
