"""The screen of a study: the table of trials, and one of five pictures beside or below it."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen

from core.run.series import Points
from core.sweep.overview import StudyOverview
from core.sweep.results import Row
from core.sweep.steering import Requests
from core.sweep.study_requests import StudyRequests
from trainpad.errors import UserError
from trainpad.text import sanitize
from tui.chart.chart import Chart, Line
from tui.chart.keys import ChartAction, chart_bindings
from tui.chart.scene import LETTERS
from tui.study.dialogs import LineDialog
from tui.study.panels import Importance, Parallel, Slices, StudyPanel
from tui.study.table import TrialTable
from tui.terminal.characters import Glyphs
from tui.widgets.footer import KeyFooter
from tui.widgets.text_widget import Span, TextWidget, TitleRow

VIEWS: Final = ("curves", "progress", "slices", "importance", "parallel")
TITLES: Final = {
    "curves": "values by step", "progress": "best so far", "slices": "slices",
    "importance": "importance", "parallel": "the best trials",
}  # fmt: skip
MAX_CURVES: Final = 6
"""Trials on the chart of curves in a colour of their own: the selected one and the best."""
COLUMNS: Final = ("trial", "state", "value")


class StudyScreen(Screen[None]):
    """Trials and what they show; keys steer the study."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "select(-1)", "Trial", id="study.up", key_display="↑",
                tooltip="Select the trial above"),
        Binding("down,j", "select(1)", "Trial", show=False, id="study.down", key_display="↓",
                tooltip="Select the trial below"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="study.page_up",
                tooltip="A page up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="study.page_down",
                tooltip="A page down"),
        Binding("tab,v", "view(1)", "View", id="study.view", key_display="tab",
                tooltip="Curves, best so far, slices, importance, parallel coordinates"),
        Binding("shift+tab", "view(-1)", "View back", show=False, id="study.view_back",
                tooltip="The view before"),
        Binding("o", "sort", "Sort", id="study.sort", tooltip="Sort by the next column"),
        Binding("space", "pause", "Pause", id="study.pause",
                tooltip="Begin no more trials, or begin them again"),
        Binding("n", "queue", "Queue", id="study.queue",
                tooltip="Try a setting of your own next"),
        Binding("r", "narrow", "Range", id="study.narrow",
                tooltip="Sample from a part of a range"),
        Binding("t", "trials", "Trials", id="study.trials",
                tooltip="How many trials there shall be"),
        Binding("s", "stop_trial", "Stop", id="study.stop", tooltip="Stop the selected trial"),
        Binding("c", "copy_best", "Copy best", show=False, id="study.copy",
                tooltip="Copy the command line of the best trial"),
        *chart_bindings("study", omit=("smooth", "stop_before", "stop_after", "error_rate")),
        Binding("question_mark", "app.help", "Help", id="app.help", key_display="?",
                tooltip="Show all keys"),
        Binding("q", "app.quit", "Quit", id="app.quit", tooltip="Leave; the study goes on"),
    ]  # fmt: skip

    def __init__(self, name: str, glyphs: Glyphs, requests: StudyRequests) -> None:
        super().__init__()
        self._study_name, self._glyphs, self._requests = name, glyphs, requests
        self._overview: StudyOverview | None = None
        self._rows: Sequence[Row] = ()
        self._pointer, self._selected = 0, -1
        self._view, self._sort_by = VIEWS[0], "trial"

    def compose(self) -> ComposeResult:
        """Title, table, views, footer."""
        yield TitleRow("study-title")
        with Container(id="study-body"):
            yield TrialTable()
            with Vertical(id="study-views"):
                yield TitleRow("study-view-title")
                yield Chart("", glyphs=self._glyphs, id="study-curves")
                yield Chart("", glyphs=self._glyphs, id="study-progress")
                yield Slices("study-slices")
                yield Importance("study-importance")
                yield Parallel("study-parallel")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Use ASCII where the terminal shows nothing else."""
        for widget in self.query(TextWidget):
            widget.ascii_only = self._glyphs is Glyphs.ASCII
        self._show_view()
        self.query_one("#study-progress", Chart).scene.step_unit = "trial"
        self.query_one("#study-title", TitleRow).show([(self._study_name, "title")])

    # -- showing ------------------------------------------------------------------------------

    def show_overview(self, overview: StudyOverview) -> None:
        """Show the study as it is now."""
        self._overview = overview
        self._draw()

    def _draw(self) -> None:
        overview = self._overview
        if overview is None or not self.is_mounted:
            return
        self._rows = self._sorted(overview)
        self._follow_selected()
        best = overview.best
        names = list(overview.description.space.dimensions)
        self.query_one(TrialTable).show(
            self._rows, names, overview.description.goal, self._pointer, self._sort_by,
            best.number if best else -1,
        )  # fmt: skip
        self._draw_title(overview)
        self._draw_view(overview)

    def _sorted(self, overview: StudyOverview) -> list[Row]:
        rows, name = list(overview.rows), self._sort_by
        if name == "value":
            worst = float("-inf") if overview.description.goal.maximize else float("inf")
            return sorted(rows, key=lambda row: worst if row.value is None else row.value,
                          reverse=overview.description.goal.maximize)  # fmt: skip
        if name == "state":
            return sorted(rows, key=lambda row: row.state)
        if name == "trial":
            return rows
        return sorted(rows, key=lambda row: _sort_key(row.params.get(name)))

    def _follow_selected(self) -> None:
        """Keep the pointer on the selected trial in any order."""
        numbers = [row.number for row in self._rows]
        if self._selected in numbers:
            self._pointer = numbers.index(self._selected)
        self._pointer = max(0, min(self._pointer, len(self._rows) - 1))
        if self._rows:
            self._selected = self._rows[self._pointer].number

    def _draw_title(self, overview: StudyOverview) -> None:
        goal, counts, best = overview.description.goal, overview.counts, overview.best
        words = [f"{counts[state]} {state}" for state in
                 ("complete", "pruned", "training", "queued", "failed", "diverged", "lost")
                 if counts[state]]  # fmt: skip
        right: list[Span] = []
        if overview.requests.paused:
            right.append(("paused  ", "alert"))
        if best is not None:
            right.append((f"best {best.value:.5g}, trial {best.number}", "live"))
        self.query_one("#study-title", TitleRow).show(
            [
                (overview.name, "title"),
                (f"   {' · '.join(words)}", "text"),
                (f"   {goal.direction} {sanitize(goal.metric, limit=80)}", "dim"),
            ],
            right,
        )  # fmt: skip

    def _draw_view(self, overview: StudyOverview) -> None:
        metric = sanitize(overview.description.goal.metric, limit=80)
        title = TITLES[self._view]
        note = "  ".join(view if view != self._view else view.upper() for view in VIEWS)
        self.query_one("#study-view-title", TitleRow).show([(title, "title")], [(note, "dim")])
        if self._view == "curves":
            self.query_one("#study-curves", Chart).title = metric
            self.query_one("#study-curves", Chart).show(self._curve_lines())
        elif self._view == "progress":
            self.query_one("#study-progress", Chart).title = f"best {metric} by trial"
            self.query_one("#study-progress", Chart).show(self._progress_lines(overview))
        else:
            self.query_one(f"#study-{self._view}", StudyPanel).show(overview, self._selected)

    def _curve_lines(self) -> list[Line]:
        """The curve of each trial; the selected one and the best in colours of their own."""
        overview = self._overview
        if overview is None:
            return []
        maximize = overview.description.goal.maximize
        ranked = sorted((row for row in self._rows if row.curve and row.value is not None),
                        key=lambda row: row.value or 0.0, reverse=maximize)  # fmt: skip
        chosen = [row for row in ranked if row.number == self._selected]
        chosen += [row for row in ranked if row not in chosen][: MAX_CURVES - len(chosen)]
        lines = [Line(str(row.number), _points(row.curve), is_void=True)
                 for row in ranked if row not in chosen]  # fmt: skip
        for place, row in enumerate(chosen):
            lines.append(Line(str(row.number), _points(row.curve), style=place,
                              letter=LETTERS[place],
                              layer=1 + (row.number == self._selected)))  # fmt: skip
        return lines

    def _progress_lines(self, overview: StudyOverview) -> list[Line]:
        values = [(row.number, row.value) for row in overview.rows
                  if row.state == "complete" and row.value is not None]  # fmt: skip
        best = Line("best so far", _points(overview.best_so_far()), style=0, layer=1)
        return [best, Line("each trial", _points(values), style=1)] if values else []

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

    @on(TrialTable.HeaderClicked)
    def _header_clicked(self, message: TrialTable.HeaderClicked) -> None:
        if message.column != "curve":
            self._sort_by = message.column
            self._draw()

    # -- steering -----------------------------------------------------------------------------

    def action_pause(self) -> None:
        """Begin no more trials, or begin them again."""
        self._try(self._requests.toggle_pause)

    def action_stop_trial(self) -> None:
        """Stop the selected trial."""
        if self._selected >= 0:
            number = self._selected
            self._try(lambda: self._requests.stop_trial(number))

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
        now = self._overview.requests if self._overview else Requests()
        text = str(now.trials or len(self._rows) + 10)
        self._ask("How many trials there shall be in all:", text, self._requests.set_trials)

    def action_copy_best(self) -> None:
        """Copy the command line of the best trial, and show it."""
        command = self._overview.command if self._overview else ""
        if command:
            self.app.copy_to_clipboard(command)
        self.notify(command or "no trial is complete yet", markup=False)

    def _ask(self, question: str, text: str, do: Callable[[str], str], error: str = "") -> None:
        def answered(line: str | None) -> None:
            if line:
                try:
                    self.notify(do(line), markup=False)
                except UserError as failure:
                    self._ask(question, line, do, str(failure))

        self.app.push_screen(LineDialog(question, text, error), answered)

    def _try(self, do: Callable[[], str]) -> None:
        try:
            self.notify(do(), markup=False)
        except UserError as failure:
            self.notify(str(failure), severity="warning", markup=False)


def _points(curve: Sequence[tuple[int, float]]) -> Points:
    steps, values = zip(*curve, strict=True) if curve else ((), ())
    return Points.of_sorted(np.array(steps, np.int64), np.array(values, np.float32))


def _sort_key(value: object) -> tuple[int, float, str]:
    """Numbers before texts, before what is missing."""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return (1, 0.0, str(value)) if value is not None else (2, 0.0, "")
