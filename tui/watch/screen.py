"""The one screen of `trainpad watch`: pages of charts and the rest, runs beside them."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input

from tui.watch.header import KINDS, EmptyState, ProblemBar, RunList, WatchHeader
from tui.watch.hparams import HParamTable
from tui.watch.model import TagItem, WatchModel
from tui.watch.pages import ChartPages, Pages
from tui.watch.panels import Heatmap, ImageTile, TextTile
from tui.widgets.canvas import Glyphs
from tui.widgets.footer import KeyFooter
from tui.widgets.text_widget import TextWidget


def _chart(key: str, action: str, title: str, tooltip: str, display: str = "") -> Binding:
    """A key that does the same to all charts."""
    name = title.lower().replace(" ", "_")
    return Binding(key, f"chart({action})", title, show=False, id=f"watch.{name}",
                   tooltip=tooltip, key_display=display or None)  # fmt: skip


class WatchScreen(Screen[None]):
    """Watch anybody's event files."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"look('{kind}')", title, show=False, id=f"watch.{kind}",
                    tooltip=f"Look at {title.lower()}")
            for number, (kind, title) in enumerate(KINDS.items(), 1)
        ),
        Binding("pagedown,n", "turn(1)", "Page", id="watch.next", key_display="n",
                tooltip="The next page"),
        Binding("pageup,p", "turn(-1)", "Back", id="watch.previous", key_display="p",
                tooltip="The page before"),
        Binding("slash", "filter", "Filter", id="watch.filter", key_display="/", priority=True,
                tooltip="Show the tags that hold a text, or match a regular expression"),
        Binding("escape", "clear", "All tags", show=False, id="watch.clear",
                tooltip="Without the filter again"),
        Binding("up,k", "choose(-1)", "Run", show=False, id="watch.up", key_display="↑",
                tooltip="Choose the run above"),
        Binding("down,j", "choose(1)", "Run", show=False, id="watch.down", key_display="↓",
                tooltip="Choose the run below"),
        Binding("space", "toggle_run", "Run", id="watch.toggle",
                tooltip="Show the chosen run, or hide it"),
        Binding("enter", "only", "Only", show=False, id="watch.only",
                tooltip="Show the chosen run alone"),
        Binding("a", "all", "All", show=False, id="watch.all",
                tooltip="Show all runs, or none"),
        Binding("r", "runs", "Runs", id="watch.runs",
                tooltip="The list of runs, or the charts alone"),
        Binding("o", "overlap", "Overlap", id="watch.overlap",
                tooltip="What restarts replaced, beside what holds"),
        Binding("f", "full", "Full", id="watch.full", tooltip="One chart alone, and back"),
        _chart("m", "'next_smoothing'", "Smooth", "Smoothing: none, 0.6, 0.9, 0.97"),
        _chart("l", "'toggle_log'", "Log", "Logarithmic or linear y axes"),
        _chart("x", "'next_axis'", "Axis", "x by step, time since the start, or the clock"),
        _chart("plus,equals_sign", "'zoom', 0.5", "Zoom in", "Show half as much", "+"),
        _chart("minus", "'zoom', 2.0", "Zoom out", "Show twice as much", "-"),
        _chart("left", "'move', -1", "Earlier", "Move the cursor or the view to earlier steps"),
        _chart("right", "'move', 1", "Later", "Move the cursor or the view to later steps"),
        _chart("i", "'toggle_cursor'", "Cursor", "A cursor that reads the values at a step"),
        _chart("0", "'show_all'", "Whole", "Show everything from the first step on"),
        _chart("end", "'follow'", "Newest", "Show the newest steps and move along"),
        Binding("question_mark", "app.help", "Help", id="app.help", key_display="?",
                tooltip="Every key"),
        Binding("q", "app.quit", "Quit", id="app.quit", tooltip="Leave"),
    ]  # fmt: skip

    def __init__(self, model: WatchModel, title: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._model, self._title, self._glyphs = model, title, glyphs
        self._kind = "scalars"
        self._views: dict[str, Pages | HParamTable] = {}
        self._counts: dict[str, int] = {}
        self._ready = False

    def compose(self) -> ComposeResult:
        """Header, one view of each kind, the runs, what is wrong, the filter, the keys."""
        glyphs = self._glyphs
        self._views = {
            "scalars": ChartPages(glyphs),
            "histograms": Pages("histograms", _items_of("histograms"), lambda: Heatmap(glyphs)),
            "texts": Pages("texts", _items_of("texts"), TextTile),
            "images": Pages("images", _items_of("images"), lambda: ImageTile(glyphs)),
            "hparams": HParamTable(),
        }
        yield WatchHeader(self._title)
        with Horizontal(id="watch-body"):
            yield from self._views.values()
            yield EmptyState(f"no event files in {self._title} yet; waiting for some")
            yield RunList()
        yield ProblemBar()
        yield Input(placeholder="part of a tag, or a regular expression", compact=True)
        yield KeyFooter()

    def on_mount(self) -> None:
        """Nothing is focused: keys belong to the screen until the filter is opened."""
        self.query_one(Input).display = False
        for lines in self.query(TextWidget):
            lines.ascii_only = self._glyphs is Glyphs.ASCII
        self._ready = True
        self.set_interval(1.0, self._update_ages)
        self.show_model()

    @property
    def _view(self) -> Pages | HParamTable:
        return self._views[self._kind]

    def show_model(self) -> None:
        """Show everything as it is now."""
        if not self._ready:
            return
        self.set_class(len(self._model.runs) > 1, "-several")
        counts = {kind: view.collect(self._model) for kind, view in self._views.items()}
        empty = not counts[self._kind]
        for kind, view in self._views.items():
            view.display = kind == self._kind and not empty
        blank = self.query_one(EmptyState)
        blank.display = empty
        if empty:
            blank.show(self._model, self._kind)
        else:
            self._view.show(self._model)
        runs = self.query_one(RunList)
        runs.show(self._model)
        self.query_one(ProblemBar).show(self._model, runs.selected)
        self._counts = counts
        self._update_header()

    def _update_ages(self) -> None:
        """Say anew how old the last records are."""
        self.query_one(RunList).redraw()
        self._update_header()

    def _update_header(self) -> None:
        where = self._view.position_text if self._counts.get(self._kind) else ""
        self.query_one(WatchHeader).show(self._model, self._counts, self._kind, where)

    @on(Pages.Resized)
    def _resized(self) -> None:
        self.show_model()

    # -- keys ---------------------------------------------------------------------------------

    def action_look(self, kind: str) -> None:
        """Go to another kind."""
        self._kind = kind
        self.show_model()

    def action_turn(self, by: int) -> None:
        """Go to another page."""
        self._view.turn(by)
        self.show_model()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the filter, a slash is text."""
        if action == "filter" and self._ready:
            return self.focused is not self.query_one(Input)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Open the filter; the key has priority, so that the next one is text already."""
        entry = self.query_one(Input)
        entry.display = True
        self.set_focus(entry)

    def action_clear(self) -> None:
        """Close the filter, and show all tags."""
        entry = self.query_one(Input)
        entry.value = ""
        self._close_filter()

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self._model.pattern = event.value
        self.show_model()

    @on(Input.Submitted)
    def _close_filter(self) -> None:
        self.set_focus(None)
        self.query_one(Input).display = False

    def action_choose(self, by: int) -> None:
        """Choose another run; the list comes up where it is hidden."""
        self._show_runs()
        self.query_one(RunList).move(by)
        self.show_model()

    def action_toggle_run(self) -> None:
        """Show the chosen run, or hide it."""
        entry = self.query_one(RunList).selected
        self._show_runs()
        if entry is not None:
            self._model.set_visible(lambda other: other.visible != (other is entry))
            self.show_model()

    def action_only(self) -> None:
        """Show the chosen run alone."""
        chosen = self.query_one(RunList).selected
        self._show_runs()
        self._model.set_visible(lambda entry: entry is chosen)
        self.show_model()

    def action_all(self) -> None:
        """Show all runs, or none where all are shown."""
        every = all(entry.visible for entry in self._model.runs.values())
        self._model.set_visible(lambda _entry: not every)
        self.show_model()

    @on(RunList.Toggled)
    def _toggled(self) -> None:
        self.action_toggle_run()

    @on(WatchHeader.KindSelected)
    def _kind_selected(self, message: WatchHeader.KindSelected) -> None:
        self.action_look(message.kind)

    def action_runs(self) -> None:
        """The list of runs, or not."""
        self._show_runs(not self.query_one(RunList).display)

    def _show_runs(self, wanted: bool = True) -> None:
        self.set_class(wanted, "-runs")
        self.set_class(not wanted, "-bare")

    def action_overlap(self) -> None:
        """What restarts replaced, or not."""
        watched = self._model
        watched.overlap = not watched.overlap
        if watched.overlap and not watched.has_overlap():
            self.notify("no run was restarted: nothing overlaps", markup=False, timeout=4)
        self.show_model()

    def action_full(self) -> None:
        """One place alone on a page, or as many as fit."""
        for view in self._views.values():
            if isinstance(view, Pages):
                view.full = not view.full
        self.show_model()

    def action_chart(self, action: str, *arguments: float) -> None:
        """Do to all charts what their own key does to one."""
        charts = self._views["scalars"]
        if isinstance(charts, ChartPages):
            charts.act(action, *arguments)


def _items_of(kind: str) -> Callable[[WatchModel], Sequence[TagItem[object]]]:
    return lambda watched: watched.items(kind)
