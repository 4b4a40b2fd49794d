"""The Train screen of runs that other programs train: their metrics, and what steers them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Input

from core.output.counted import counted
from core.run.state import RunState
from core.rundir.metrics import why_unreadable
from core.rundir.output import OutputTail
from core.rundir.rundir import RunDir
from tui.chart.keys import ChartAction
from tui.chart.marks import marks_of
from tui.chart.view_settings import restore_view, save_view
from tui.dashboard.messages import MessageLog
from tui.metrics.grid import ChartGrid
from tui.metrics.keys import BINDINGS
from tui.metrics.knobs import KnobPanel
from tui.metrics.no_numbers import why_no_numbers
from tui.metrics.output import OutputPane
from tui.metrics.program_stats import ProgramStatsRow
from tui.metrics.steering_screen import SteeringScreen
from tui.metrics.values import ValueList
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.text_widget import TitleRow

OUTPUT_INTERVAL: Final = 0.5
"""Seconds between two polls of the program's output."""
HIDEABLE: Final = ("panel", "messages", "gauges")
CHARTS: Final = "metrics"
"""The settings' name of how the charts are shown."""
PINNED: Final = "pinned_metrics"
"""The settings' name of the charts that come first, by project."""


class MetricsScreen(SteeringScreen):
    """Watch an attached run and steer it."""

    NAME = "train"
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(self) -> None:
        super().__init__()
        self._output: OutputTail | None = None
        self._output_job: BackgroundJob[list[str]] = BackgroundJob(
            self, self._show_output, cooldown=OUTPUT_INTERVAL
        )
        self._unreadable = ""
        """Why the file of numbers cannot be read; empty where it can."""
        self._unreadable_job: BackgroundJob[str] = BackgroundJob(
            self, self._show_unreadable, cooldown=OUTPUT_INTERVAL
        )
        self._waits_for_numbers = False
        """Whether the output is in the place of the charts since there are no numbers yet."""

    def compose(self) -> ComposeResult:
        """Charts at the left, values at the right, messages and output below."""
        yield self.header()
        yield Input(placeholder="substring or expression", compact=True, id="metrics-filter")
        with Container(id="metrics-body"):
            with Vertical(id="metrics-charts"):
                yield TitleRow("metrics-title")
                yield ChartGrid(self.host.glyphs, "metrics-grid")
                yield OutputPane()
            with Vertical(id="metrics-side"):
                yield KnobPanel()
                yield ValueList()
        with Horizontal(id="metrics-below"):
            yield MessageLog()
            yield OutputPane()
        yield ProgramStatsRow()
        yield self.footer()

    def on_mount(self) -> None:
        """Apply the settings: hidden parts, scale, smoothing."""
        settings = self.host.settings
        for part in HIDEABLE:
            self.set_class(part in settings.get("hidden", []), f"-no-{part}")
        restore_view(settings, CHARTS, self._grid.shared_scene, fractions=True)
        self._grid.first = self.host.user_options.charts_first
        self.query_one(Input).display = False
        self.set_interval(OUTPUT_INTERVAL, self._poll_output)

    @property
    def _grid(self) -> ChartGrid:
        return self.query_one(ChartGrid)

    @property
    def _large_output(self) -> OutputPane:
        return self.query_one("#metrics-charts OutputPane", OutputPane)

    @property
    def _shows_output(self) -> bool:
        """Whether the output is in the place of the charts."""
        return self.has_class("-output")

    # -- showing ------------------------------------------------------------------------------

    def update_run(self, run: RunState) -> None:
        """Show this run."""
        super().update_run(run)
        if run is not self._run:
            self._begin(run)
        self._draw_charts()
        self.query_one(MessageLog).update_run(run)
        self.query_one(ProgramStatsRow).update_run(run)

    def update_controls(self, run: RunState) -> None:
        """Show the program's values too."""
        super().update_controls(run)
        self.query_one(KnobPanel).update_run(run)

    def _begin(self, run: RunState) -> None:
        """Start over with another run."""
        self._run = run
        self._waits_for_numbers = False
        self._output, self._unreadable = None, ""
        self._output_job.cancel()
        self._unreadable_job.cancel()
        self._show_output([])
        self._grid.pinned = self._pinned_by_project.get(self._project, [])

    def _draw_charts(self) -> None:
        grid, run = self._grid, self._run
        if self._waits_for_numbers and run.metrics:
            self.action_output()
        grid.show(run, marks_of(run.log_entries))
        self.set_class(not run.log_entries, "-no-entries")
        names = [name for chart in grid.charts if chart.quantity for name in chart.quantity.names]
        self.query_one(ValueList).update_run(run, tuple(names))
        self._update_title()

    def _update_title(self) -> None:
        """Say what the grid lacks, or on which page it is."""
        grid, metrics = self._grid, self._run.metrics
        title = self.query_one("#metrics-title", TitleRow)
        if not metrics:
            why = why_no_numbers(self._run, self._unreadable, self._large_output.printed)
            title.show([(why, "alert" if self._unreadable else "dim")])
        elif not grid.count:
            title.show([(f"no metric matches {grid.pattern!r}{grid.matches.note}", "alert")])
        else:
            note = f"filter {grid.pattern!r}{grid.matches.note}   " if grid.pattern else ""
            if metrics.left_out:
                note += f"left out: {counted(metrics.left_out, 'number')} of further names   "
            note += grid.position_text
            title.show([(note, "dim")])
            title.display = bool(note) and not self._shows_output
            return
        title.display = True

    @on(ChartGrid.Resized)
    def _resized(self) -> None:
        self._draw_charts()

    # -- output -------------------------------------------------------------------------------

    def _poll_output(self) -> None:
        if not self.is_current or not self._run.directory:
            return
        if self._output is None:
            self._output = OutputTail(RunDir(Path(self._run.directory)).log)
        self._output_job.submit(self._output.poll)
        if not self._run.metrics:
            path = RunDir(Path(self._run.directory)).metrics
            self._unreadable_job.submit(partial(why_unreadable, path))

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.deliver()

    def _show_unreadable(self, result: str | Exception) -> None:
        self._unreadable = str(result)
        self._update_title()

    def _show_output(self, result: list[str] | Exception) -> None:
        lines = [] if isinstance(result, Exception) else result
        for pane in self.query(OutputPane):
            pane.show(lines)
        if self.has_class("-has-output") != bool(lines):
            self.set_class(bool(lines), "-has-output")
            self._waits_for_numbers = bool(lines) and not self._run.metrics
            shows = self._shows_output or self._waits_for_numbers
            self.set_class(shows and bool(lines), "-output")
            self._update_title()
            self.update_keys()

    # -- what keys do now -----------------------------------------------------------------------

    @property
    def disabled_actions(self) -> frozenset[str]:
        """Those of the program, and the key of its output where it has printed nothing."""
        return super().disabled_actions.union(() if self.has_class("-has-output") else {"output"})

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """Those of the program, and the keys that turn pages where there is one."""
        has_pages = self._shows_output or self._grid.position_text
        return super().dimmed_actions.union(() if has_pages else {"turn(1)", "turn(-1)"})

    @property
    def key_names(self) -> Mapping[str, str]:
        """Those of the program; in the output, keys search it."""
        names = super().key_names
        if not self._shows_output:
            return names
        return {"output": "Charts", "filter": "Search", "turn(1)": "Next match", **names}

    # -- keys ---------------------------------------------------------------------------------

    def action_turn(self, by: int) -> None:
        """Go to another page of charts, or to another match in the output."""
        output = self._large_output
        if not self._shows_output:
            self._grid.turn(by)
            self._draw_charts()
        elif not output.pattern:
            output.scroll_by(-by * output.page)
        elif not output.find(by):
            self.host.toast(f"no {'later' if by > 0 else 'earlier'} line has {output.pattern!r}")

    def action_select(self, by: int) -> None:
        """Select another chart, or go to other lines of the output."""
        if self._shows_output:
            self._large_output.scroll_by(-by)
        else:
            self._grid.select(by)
            self._draw_charts()

    def action_full(self) -> None:
        """Show the selected chart alone, or as many as fit."""
        self._grid.full = not self._grid.full
        self.set_class(self._grid.full, "-full")
        self._draw_charts()

    def action_pin(self) -> None:
        """Move the selected chart to the front, or back to its place; saved in the settings."""
        self._grid.toggle_pin()
        pinned = {**self._pinned_by_project, self._project: list(self._grid.pinned)}
        self.host.settings.set(PINNED, pinned)
        self._draw_charts()

    @property
    def _project(self) -> str:
        return str(self._run.info.get("project", ""))

    @property
    def _pinned_by_project(self) -> dict[str, list[str]]:
        saved = self.host.settings.get(PINNED, {})
        return {
            project: [title for title in titles if isinstance(title, str)]
            for project, titles in saved.items()
            if isinstance(titles, list)
        }

    def action_output(self) -> None:
        """Show the output in the place of the charts, or the charts again."""
        if self.has_class("-has-output"):
            self._waits_for_numbers = False
            self.toggle_class("-output")
            self._update_title()
            self.update_keys()

    def action_hide(self, part: str) -> None:
        """Hide a part of the screen, or show it again; it is saved in the settings."""
        self.toggle_class(f"-no-{part}")
        hidden = {*self.host.settings.get("hidden", [])} - {*HIDEABLE}
        hidden |= {part for part in HIDEABLE if self.has_class(f"-no-{part}")}
        self.host.settings.set("hidden", sorted(hidden))

    def action_chart(self, action: ChartAction, *arguments: float) -> None:
        """Do this to all charts; how they are shown is saved in the settings."""
        if self._shows_output:
            if action in ("follow", "show_all"):
                self._large_output.follow()
            return
        self._grid.act(action, *arguments)
        save_view(self.host.settings, CHARTS, self._grid.shared_scene)

    # -- filter -------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a slash be text in the filter and in the panel."""
        if action == "filter" and self._is_composed:
            return not isinstance(self.focused, Input | KnobPanel)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Open the filter; the binding has priority, so that the next key is already text."""
        filter_input = self.query_one(Input)
        filter_input.display = True
        filter_input.value = (
            self._large_output.pattern if self._shows_output else self._grid.pattern
        )
        self.set_focus(filter_input)

    @on(Input.Changed)
    def _apply_filter(self, event: Input.Changed) -> None:
        if self._shows_output:
            self._large_output.search(event.value)
        else:
            self._grid.pattern = event.value
            self._draw_charts()

    @on(Input.Submitted)
    def _close_filter(self) -> None:
        self.set_focus(None)
        self.query_one(Input).display = False

    def action_clear(self) -> None:
        """Clear and close the filter or the search."""
        if self._shows_output and not self._large_output.pattern:
            self.action_output()
        self.query_one(Input).value = ""
        self._close_filter()
