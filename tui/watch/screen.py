"""The screen of `trainpad watch`: pages of charts, histograms, texts, images; and the runs."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from core.tfevents.bounded import Storable
from tui.chart.keys import ChartAction, chart_bindings
from tui.terminal.characters import Glyphs
from tui.watch.header import KINDS, EmptyState, ProblemBar, RunList, WatchHeader
from tui.watch.hparams import HParamTable
from tui.watch.model import TagItem, WatchModel
from tui.watch.pages import ChartPages, Pages
from tui.watch.panels import HistogramTile, ImageTile, TextTile
from tui.widgets.capture import CapturingScreen
from tui.widgets.footer import KeyFooter
from tui.widgets.text_widget import TextWidget

STEPPED = ("texts", "images")
"""Kinds of data that are shown at one step."""


class WatchScreen(CapturingScreen):
    """Show the numbers that any program wrote: event files, tables, JSON, `.wandb`."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"show_kind('{kind}')", title, show=False, id=f"watch.{kind}",
                    tooltip=f"Show {title.lower()}")
            for number, (kind, title) in enumerate(KINDS.items(), 1)
        ),
        Binding("pagedown,n", "turn(1)", "Page", id="watch.next", key_display="n",
                tooltip="Next page"),
        Binding("pageup,p", "turn(-1)", "Back", id="watch.previous", key_display="p",
                tooltip="Previous page"),
        Binding("slash", "filter", "Filter", id="watch.filter", key_display="/", priority=True,
                tooltip="Filter tags by a substring or a regular expression"),
        Binding("escape", "clear", "All tags", show=False, id="watch.clear",
                tooltip="Clear the filter"),
        Binding("up,k", "select_run(-1)", "Run", show=False, id="watch.up", key_display="↑",
                tooltip="Select the previous run"),
        Binding("down,j", "select_run(1)", "Run", show=False, id="watch.down", key_display="↓",
                tooltip="Select the next run"),
        Binding("space", "toggle_run", "Run", id="watch.toggle",
                tooltip="Show or hide the selected run"),
        Binding("enter", "only", "Only", show=False, id="watch.only", key_display="enter",
                tooltip="Show only the selected run"),
        Binding("a", "all", "All", show=False, id="watch.all",
                tooltip="Show all runs or none"),
        Binding("r", "runs", "Runs", id="watch.runs",
                tooltip="Show or hide the list of runs"),
        Binding("o", "show_void", "Void", id="watch.overlap",
                tooltip="Show, dim, the points that a restart replaced"),
        Binding("g", "group", "Group", id="watch.group",
                tooltip="Runs that differ only in their seed as mean and spread"),
        Binding("c", "difference", "Compare", id="watch.difference",
                tooltip="The differences to the selected run"),
        Binding("f", "full", "Full", id="watch.full", tooltip="One tile per page, or all that fit"),
        Binding("s", "sort", "Sort", id="watch.sort",
                tooltip="Sort the runs by the selected column of hyperparameters"),
        *chart_bindings("watch"),
        Binding("question_mark", "app.help", "Help", id="app.help", key_display="?",
                tooltip="Show all keys"),
        Binding("q", "app.quit", "Quit", id="app.quit", tooltip="Quit"),
    ]  # fmt: skip

    def __init__(self, model: WatchModel, title: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._model, self._title, self._glyphs = model, title, glyphs
        self._kind = "scalars"
        self._views: dict[str, Pages | HParamTable] = {}
        self._counts: dict[str, int] = {}
        self._is_composed = False

    def compose(self) -> ComposeResult:
        """Header, one view for each kind, list of runs, problems, filter, footer."""
        glyphs = self._glyphs
        self._views = {
            "scalars": ChartPages(glyphs),
            "histograms": Pages(
                "histograms", _items_of("histograms"), lambda: HistogramTile(glyphs)
            ),
            "texts": Pages("texts", _items_of("texts"), TextTile),
            "images": Pages("images", _items_of("images"), lambda: ImageTile(glyphs)),
            "hparams": HParamTable(),
        }
        yield WatchHeader(self._title)
        with Horizontal(id="watch-body"):
            yield from self._views.values()
            yield EmptyState(f"no numbers by step in {self._title} yet; waiting")
            yield RunList()
        yield ProblemBar()
        yield Input(placeholder="substring of a tag, or a regular expression", compact=True)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Hide the filter; nothing has focus, so keys go to the screen."""
        self.query_one(Input).display = False
        for widget in self.query(TextWidget):
            widget.ascii_only = self._glyphs is Glyphs.ASCII
        self._is_composed = True
        self.set_interval(1.0, self._update_ages)
        self.show_model()

    @property
    def _view(self) -> Pages | HParamTable:
        return self._views[self._kind]

    def show_model(self) -> None:
        """Show the current state of the model."""
        if not self._is_composed:
            return
        self.set_class(len(self._model.runs) > 1, "-several")
        counts = {kind: view.collect(self._model) for kind, view in self._views.items()}
        empty = not counts[self._kind]
        for kind, view in self._views.items():
            view.display = kind == self._kind and not empty
        empty_state = self.query_one(EmptyState)
        empty_state.display = empty
        if empty:
            empty_state.show(self._model, self._kind)
        else:
            self._view.show(self._model)
        runs = self.query_one(RunList)
        runs.show(self._model)
        self.query_one(ProblemBar).show(self._model, runs.selected)
        self._counts = counts
        self._update_header()

    def _update_ages(self) -> None:
        """Update the ages of the last records."""
        self.query_one(RunList).redraw()
        self._update_header()

    def _update_header(self) -> None:
        where = self._view.position_text if self._counts.get(self._kind) else ""
        self.query_one(WatchHeader).show(self._model, self._counts, self._kind, where)

    @on(Pages.Resized)
    def _resized(self) -> None:
        self.show_model()

    # -- keys ---------------------------------------------------------------------------------

    def action_show_kind(self, kind: str) -> None:
        """Show another kind of data."""
        self._kind = kind
        self.refresh_bindings()
        self.show_model()

    def action_turn(self, by: int) -> None:
        """Show another page."""
        self._view.turn(by)
        self.show_model()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a slash be text in the filter; only the table of hyperparameters is sorted."""
        if action == "sort":
            return self._kind == "hparams"
        if action == "filter" and self._is_composed:
            return self.focused is not self.query_one(Input)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Open the filter; the binding has priority, so that the next key is already text."""
        filter_input = self.query_one(Input)
        filter_input.display = True
        self.set_focus(filter_input)

    def action_clear(self) -> None:
        """Clear and close the filter."""
        self.query_one(Input).value = ""
        self._close_filter()

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self._model.pattern = event.value
        self.show_model()

    @on(Input.Submitted)
    def _close_filter(self) -> None:
        self.set_focus(None)
        self.query_one(Input).display = False

    def action_select_run(self, by: int) -> None:
        """Select another run of the table, or else of the list; show that if it is hidden."""
        if isinstance(self._view, HParamTable):
            self._view.move(by)
            self._update_header()
            return
        self._show_runs()
        self.query_one(RunList).move(by)
        self.show_model()

    def action_toggle_run(self) -> None:
        """Show or hide the selected run."""
        selected = self.query_one(RunList).selected
        self._show_runs()
        if selected is not None:
            self._model.set_visible(lambda run: run.visible != (run is selected))
            self.show_model()

    def action_only(self) -> None:
        """Show only the selected run."""
        selected = self.query_one(RunList).selected
        self._show_runs()
        self._model.set_visible(lambda run: run is selected)
        self.show_model()

    def action_all(self) -> None:
        """Show all runs; if all are shown, none."""
        all_visible = all(run.visible for run in self._model.runs.values())
        self._model.set_visible(lambda _run: not all_visible)
        self.show_model()

    @on(RunList.Toggled)
    def _toggled(self) -> None:
        self.action_toggle_run()

    @on(WatchHeader.KindSelected)
    def _kind_selected(self, message: WatchHeader.KindSelected) -> None:
        self.action_show_kind(message.kind)

    def action_runs(self) -> None:
        """Show or hide the list of runs."""
        self._show_runs(not self.query_one(RunList).display)

    def _show_runs(self, visible: bool = True) -> None:
        self.set_class(visible, "-runs")
        self.set_class(not visible, "-bare")

    def action_show_void(self) -> None:
        """Show or hide what restarts replaced."""
        model = self._model
        model.shows_void = not model.shows_void
        if model.shows_void and not model.void_count:
            self.notify("no run was restarted, so no point is void", markup=False, timeout=4)
        self.show_model()

    def action_group(self) -> None:
        """Draw runs that differ only in their seed as mean and spread, or each for itself."""
        self._model.is_grouped = not self._model.is_grouped
        self.show_model()

    def action_difference(self) -> None:
        """Draw the differences to the selected run, or the values again."""
        selected, charts = self.query_one(RunList).selected, self._views["scalars"]
        if selected is not None and isinstance(charts, ChartPages):
            charts.toggle_reference(selected.name)

    def action_full(self) -> None:
        """Show one tile per page, or as many as fit."""
        for view in self._views.values():
            if isinstance(view, Pages):
                view.full = not view.full
        self.show_model()

    def action_chart(self, action: ChartAction, *arguments: float) -> None:
        """Perform a chart action on all charts; elsewhere go to another step or column."""
        view, model = self._view, self._model
        if self._kind in STEPPED and isinstance(view, Pages):
            if action == "move":
                model.move_step(view.page, int(arguments[0]))
            elif action in ("follow", "show_all"):
                model.shown_step = None
            self.show_model()
        elif isinstance(view, HParamTable) and action == "move":
            view.move_column(int(arguments[0]))
        else:
            self._act_on_charts(action, *arguments)

    def action_sort(self) -> None:
        """Sort the table of hyperparameters by its selected column."""
        if isinstance(self._view, HParamTable):
            self._view.sort()
            self._update_header()

    def _act_on_charts(self, action: ChartAction, *arguments: float) -> None:
        charts = self._views["scalars"]
        if isinstance(charts, ChartPages):
            charts.act(action, *arguments)


def _items_of(kind: str) -> Callable[[WatchModel], Sequence[TagItem[Storable]]]:
    return lambda model: model.items(kind)
