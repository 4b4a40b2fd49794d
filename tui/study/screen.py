"""The screen of a study: the table of trials, and one of five pictures beside or below it.

The study is read on a thread, twice a second. The screen is closed with a run to open, with the
error that made the study unreadable, or with nothing.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen

from core.rundir.rundir import RunDir
from core.sweep.folder import StudyFolder
from core.sweep.overview import StudyOverview, StudyReader
from core.sweep.results import Row
from core.sweep.study_control import DesiredState
from core.sweep.study_requests import StudyRequests
from trainpad.errors import UserError
from trainpad.text import sanitize
from tui.chart.chart import Chart
from tui.chart.keys import ChartAction
from tui.study.curves import curve_lines, progress_lines
from tui.study.dialogs import LineDialog, StopAllDialog
from tui.study.keys import BINDINGS
from tui.study.panels import Importance, Parallel, Slices, StudyPanel
from tui.study.rows import NextSetting, next_of, sorted_trials, title_of
from tui.study.table import TrialTable
from tui.terminal.base_app import BaseApp
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.footer import KeyFooter
from tui.widgets.help import HelpScreen
from tui.widgets.text_widget import TextWidget, TitleRow

POLL_SECONDS: Final = 0.5
VIEWS: Final = ("curves", "progress", "slices", "importance", "parallel")
TITLES: Final = {
    "curves": "values by step", "progress": "best so far", "slices": "slices",
    "importance": "importance", "parallel": "the best trials",
}  # fmt: skip
COLUMNS: Final = ("trial", "state", "value")
Closed = RunDir | Exception | None
"""A run to open, why the study cannot be read, or nothing."""


class StudyScreen(Screen[Closed]):
    """Trials and what they show; keys steer the study."""

    NAME = "study"
    CSS_PATH = "study.tcss"
    AUTO_FOCUS = ""
    FOOTER_LAST = ("help", "leave")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(
        self, folder: StudyFolder, *, read_only: bool = False, is_alone: bool = False
    ) -> None:
        """Show the study in a folder; `is_alone` where the app shows nothing else."""
        super().__init__()
        self._folder, self._read_only, self._is_alone = folder, read_only, is_alone
        self._requests = StudyRequests(folder)
        self._reader = StudyReader(folder)
        self._job: BackgroundJob[StudyOverview | None] = BackgroundJob(self, self._read)
        self._start_job: BackgroundJob[str] = BackgroundJob(self, self._started)
        self._overview: StudyOverview | None = None
        self._rows: Sequence[Row] = ()
        self._pointer, self._selected = 0, -1
        self._view, self._sort_by = VIEWS[0], "trial"

    @property
    def overview(self) -> StudyOverview | None:
        """The study as it was read last."""
        return self._overview

    @property
    def host(self) -> "BaseApp[object]":
        """The app."""
        return cast("BaseApp[object]", self.app)

    def compose(self) -> ComposeResult:
        """Title, table, views, the next setting, keys."""
        glyphs = self.host.glyphs
        yield TitleRow("study-title")
        with Container(id="study-body"):
            yield TrialTable()
            with Vertical(id="study-views"):
                yield TitleRow("study-view-title")
                yield Chart("", glyphs=glyphs, id="study-curves")
                yield Chart("", glyphs=glyphs, id="study-progress")
                yield Slices("study-slices")
                yield Importance("study-importance")
                yield Parallel("study-parallel")
        yield NextSetting()
        yield KeyFooter()

    def on_mount(self) -> None:
        """Use ASCII where the terminal shows nothing else; read the study again and again."""
        for widget in self.query(TextWidget):
            widget.ascii_only = self.host.ascii
        self._show_view()
        self.query_one("#study-progress", Chart).scene.step_unit = "trials"
        name = sanitize(self._folder.path.name, limit=80)
        self.query_one("#study-title", TitleRow).show([(name, "title")])
        self._poll()
        self.set_interval(POLL_SECONDS, self._poll)

    # -- from the disk to the screen ----------------------------------------------------------

    def _poll(self) -> None:
        if not self._job.busy:
            self._job.submit(self._reader.poll, now=True)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _read(self, result: StudyOverview | Exception | None) -> None:
        if isinstance(result, Exception):
            if self.is_current:
                self.dismiss(result)
        elif result is not None:
            self._overview = result
            self._draw()

    def _draw(self) -> None:
        overview = self._overview
        if overview is None or not self.is_mounted:
            return
        self._rows = sorted_trials(overview, self._sort_by)
        self._follow_selected()
        best = overview.best
        names = list(overview.description.space.dimensions)
        self.query_one(TrialTable).show(
            self._rows, names, overview.description.goal, self._pointer, self._sort_by,
            best.number if best else -1,
        )  # fmt: skip
        self.query_one("#study-title", TitleRow).show(*title_of(overview))
        self.query_one(NextSetting).show(next_of(overview))
        self._draw_view(overview)

    def _follow_selected(self) -> None:
        """Keep the pointer on the selected trial in any order."""
        numbers = [row.number for row in self._rows]
        if self._selected in numbers:
            self._pointer = numbers.index(self._selected)
        self._pointer = max(0, min(self._pointer, len(self._rows) - 1))
        if self._rows:
            self._selected = self._rows[self._pointer].number

    def _draw_view(self, overview: StudyOverview) -> None:
        metric = sanitize(overview.description.goal.metric, limit=80)
        note = "  ".join(view if view != self._view else view.upper() for view in VIEWS)
        title = self.query_one("#study-view-title", TitleRow)
        title.show([(TITLES[self._view], "title")], [(note, "dim")])
        if self._view == "curves":
            self.query_one("#study-curves", Chart).title = metric
            self.query_one("#study-curves", Chart).show(curve_lines(overview, self._selected))
        elif self._view == "progress":
            self.query_one("#study-progress", Chart).title = f"best {metric}"
            self.query_one("#study-progress", Chart).show(progress_lines(overview))
        else:
            self.query_one(f"#study-{self._view}", StudyPanel).show(overview, self._selected)

    # -- keys ---------------------------------------------------------------------------------

    def action_select(self, by: int) -> None:
        """Select the trial `by` rows away."""
        self._select(self._pointer + by)

    def action_page(self, by: int) -> None:
        """Select the trial `by` pages away."""
        self._select(self._pointer + by * self.query_one(TrialTable).page)

    def _select(self, index: int) -> None:
        if self._rows:
            self._pointer = max(0, min(index, len(self._rows) - 1))
            self._selected = self._rows[self._pointer].number
            self._draw()

    def action_view(self, by: int) -> None:
        """Show the view `by` positions on."""
        self._view = VIEWS[(VIEWS.index(self._view) + by) % len(VIEWS)]
        self._show_view()
        self._draw()

    def _show_view(self) -> None:
        for name in VIEWS:
            self.query_one(f"#study-{name}").display = name == self._view

    def action_sort(self) -> None:
        """Sort by the next column."""
        names = list(self._overview.description.space.dimensions) if self._overview else []
        columns = (*COLUMNS, *names)
        self._sort_by = columns[(columns.index(self._sort_by) + 1) % len(columns)]
        self._draw()

    def action_chart(self, action: ChartAction, *arguments: float) -> None:
        """Do what a key of the chart does."""
        if self._view in ("curves", "progress"):
            self.query_one(f"#study-{self._view}", Chart).act(action, *arguments)

    @on(TrialTable.RowClicked)
    def _row_clicked(self, message: TrialTable.RowClicked) -> None:
        self._select(message.index)
        if message.is_double:
            self.action_open()

    @on(TrialTable.HeaderClicked)
    def _header_clicked(self, message: TrialTable.HeaderClicked) -> None:
        if message.column != "curve":
            self._sort_by = message.column
            self._draw()

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen(self))

    def action_leave(self) -> None:
        """Close this screen; the trials go on."""
        if self._is_alone:
            self.host.action_ask_quit()
        else:
            self.dismiss(None)

    def action_open(self) -> None:
        """Close this screen for the run of the selected trial."""
        runs = self._folder.runs(self._selected) if self._selected >= 0 else []
        if runs:
            self.dismiss(runs[-1])
        elif self._rows:
            self.host.toast(f"trial {self._selected} has no run")

    # -- steering -----------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Begin no more trials, or begin them again."""
        self._try(self._requests.toggle_pause)

    def action_stop_trial(self) -> None:
        """Stop the selected trial."""
        if self._selected >= 0:
            number = self._selected
            self._try(lambda: self._requests.stop_trial(number))

    def action_stop_all(self) -> None:
        """Ask whether to stop all trials and end."""

        def answered(choice: str | None) -> None:
            if choice == "stop":
                self._try(self._requests.stop)

        self.app.push_screen(StopAllDialog(), answered)

    def action_queue(self) -> None:
        """Ask for a setting, and put it in the queue."""
        row = self._rows[self._pointer] if self._rows else None
        values = row.params if row else {}
        text = " ".join(f"{name}={value}" for name, value in values.items())
        self._ask("Try this setting next:", text, self._requests.queue)

    def action_narrow(self) -> None:
        """Ask for a range to sample from."""
        dimensions = self._overview.description.space.dimensions if self._overview else {}
        first = next(iter(dimensions.values()), None)
        text = f"{first.name}={first.text.partition(':')[0]}" if first else ""
        self._ask("Sample from a part of a range:", text, self._requests.narrow)

    def action_trials(self) -> None:
        """Ask how many trials there shall be."""
        now = self._overview.desired if self._overview else DesiredState()
        text = str(now.trials or len(self._rows) + 10)
        self._ask("How many trials there shall be in all:", text, self._requests.set_trials)

    def action_copy_best(self) -> None:
        """Copy the command line of the best trial, and show it."""
        command = self._overview.command if self._overview else ""
        if command:
            self.app.copy_to_clipboard(command)
        self.host.toast(command or "no trial is complete yet")

    def action_train_best(self) -> None:
        """Ask for the command of the best trial, and start it in the background."""
        command = self._overview.command if self._overview else ""
        if not command:
            self.host.toast("no trial is complete yet")
            return

        def start(line: str) -> str:
            from core.sweep.new_run import start_detached

            self._start_job.submit(lambda: start_detached(self._folder, line), now=True)
            return "starting …"

        self._ask("Train the best setting in a run of its own:", command, start)

    def _started(self, result: str | Exception) -> None:
        if isinstance(result, Exception):
            self.host.toast(str(result))
        else:
            self.host.toast(f"{result} trains in the background; it is among the runs")

    def _ask(self, question: str, text: str, do: Callable[[str], str]) -> None:
        if self._may_write():
            self._open_dialog(question, text, do)

    def _open_dialog(
        self, question: str, text: str, do: Callable[[str], str], error: str = ""
    ) -> None:
        def answered(line: str | None) -> None:
            if line:
                try:
                    self.host.toast(do(line))
                except UserError as failure:
                    self._open_dialog(question, line, do, str(failure))

        self.app.push_screen(LineDialog(question, text, error), answered)

    def _try(self, do: Callable[[], str]) -> None:
        if self._may_write():
            try:
                self.host.toast(do())
            except UserError as failure:
                self.host.toast(str(failure))

    def _may_write(self) -> bool:
        if self._read_only:
            self.host.toast("this window is read-only")
        return not self._read_only
