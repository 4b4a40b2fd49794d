"""A grid of charts, as many as fit on a page; they share the x range, its kind and the cursor."""

from collections.abc import Sequence

from textual import events, on
from textual.containers import Container
from textual.message import Message

from core.run.state import RunState
from tui.chart.chart import Chart
from tui.chart.keys import ChartAction
from tui.chart.marks import Mark
from tui.chart.scene import Scene
from tui.chart.tags import Matcher, shown_tag
from tui.chart.viewport import Range
from tui.curves.grouping import Quantity, quantities
from tui.curves.metric_lines import lines_of
from tui.terminal.characters import Glyphs
from tui.widgets.tiling import Tiling

TILING = Tiling(48, 13, max_columns=3, max_rows=4)


class MetricChart(Chart):
    """One quantity of a run; a click selects it."""

    class Chosen(Message):
        """The chart was clicked."""

        def __init__(self, chart: "MetricChart") -> None:
            super().__init__()
            self.chart = chart

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs=glyphs)
        self.quantity: Quantity | None = None
        self._drawn: tuple[object, ...] = ()
        """What it was drawn from last."""

    def show_quantity(
        self, quantity: Quantity, run: RunState, marks: Sequence[Mark], title: str
    ) -> None:
        """Draw the curves of a quantity, if it has changed."""
        found = [(role, run.metrics[name]) for role, name in quantity.metrics]
        versions = tuple(series.version for _, series in found)
        drawn = (
            quantity,
            id(run),
            versions,
            len(marks),
            marks[-1:],
            run.axis_end,
            run.is_live,
            title,
        )
        if drawn == self._drawn:
            return
        self._drawn, self.quantity, self.title = drawn, quantity, title
        self.shows_fractions = quantity.is_accuracy and all(
            0 <= series.last <= 1 for _, series in found
        )
        lines = lines_of(quantity, run)
        self.show(lines, marks, run.axis_end, is_planned=run.is_live)

    @on(events.Click)
    def _choose(self) -> None:
        """Textual calls this in addition to the handler of `Chart`, which moves the cursor."""
        self.post_message(self.Chosen(self))


class ChartGrid(Container):
    """The charts of a run's metrics, in pages; one of those on the page is selected."""

    DEFAULT_CSS = """
    ChartGrid { layout: grid; grid-gutter: 1 2; width: 1fr; height: 1fr; overflow: hidden; }
    """

    class Resized(Message):
        """The number of charts that fit may have changed."""

    def __init__(self, glyphs: Glyphs, id: str) -> None:  # noqa: A002  Textual's parameter name
        super().__init__(id=id)
        self.full = False
        """Whether the selected chart is alone on the page."""
        self.pinned: list[str] = []
        """The titles of the charts that come first."""
        self.first: Sequence[str] = ()
        """The titles or metrics of the charts that come after the loss."""
        self._glyphs = glyphs
        self._pattern = ""
        self.matches = Matcher("")
        """Returns whether a metric matches the filter."""
        self._run = RunState()
        self._marks: Sequence[Mark] = ()
        self._quantities: list[Quantity] = []
        self._named: tuple[object, ...] = ()
        """What the quantities follow from."""
        self._visible: Range | None = None
        """The x range at the last drawing."""
        self._selected: str | None = None
        """The title of the selected chart, which may be empty; None for the first."""
        self.shared_scene = Scene(glyphs, logarithmic=False)
        """Has the kind of axis, scale, smoothing and x range of all charts."""

    # -- what is shown ------------------------------------------------------------------------

    @property
    def pattern(self) -> str:
        """The filter: a substring of a metric's name, or a regular expression."""
        return self._pattern

    @pattern.setter
    def pattern(self, pattern: str) -> None:
        self._pattern, self.matches = pattern, Matcher(pattern)

    @property
    def charts(self) -> list[MetricChart]:
        """The charts on the page."""
        return [chart for chart in self.query_children(MetricChart) if chart.display]

    @property
    def count(self) -> int:
        """How many charts there are on all pages."""
        return len(self._quantities)

    @property
    def position_text(self) -> str:
        """The page, if there are several; else empty."""
        size = self._page_size
        pages = -(-self.count // size)
        return f"page {self._index // size + 1:,}/{pages:,}" if pages > 1 else ""

    @property
    def selected(self) -> Quantity | None:
        """The selected quantity."""
        return self._quantities[self._index] if self._quantities else None

    @property
    def _index(self) -> int:
        if self._selected is None:
            return 0
        titles = [quantity.title for quantity in self._quantities]
        return titles.index(self._selected) if self._selected in titles else 0

    @property
    def _page_size(self) -> int:
        columns, rows = (1, 1) if self.full else TILING.grid_of(*self.size)
        return columns * rows

    def show(self, run: RunState, marks: Sequence[Mark]) -> None:
        """Draw the charts of the page as they are now."""
        if run is not self._run:
            self._run = run
            self.shared_scene.viewport.reset()
            for chart in self.query_children(MetricChart):
                chart.scene.reset_view()
        self._marks = marks
        self._update_quantities()
        self.draw()

    def _update_quantities(self) -> None:
        named = len(self._run.metrics), id(self._run), self._pattern, tuple(self.pinned)
        if named != self._named:
            self._named = named
            names = (name for name in self._run.metrics if self.matches(name))
            self._quantities = quantities(names, frozenset(self.pinned), self.first)

    def draw(self) -> None:
        """Draw the page of the selected chart."""
        self._update_quantities()
        size = self._page_size
        first = self._index // size * size
        page = self._quantities[first : first + size]
        columns = 1 if self.full else min(TILING.grid_of(*self.size)[0], max(1, len(page)))
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = max(1, -(-len(page) // columns))
        if self._mount_charts(len(page)):
            self._link()
        several = len(page) > 1
        for place, (chart, quantity) in enumerate(zip(self.charts, page, strict=False)):
            mark = "▶ " if several and first + place == self._index else ""
            pin = "▲ " if quantity.title in self.pinned else ""
            title = f"{mark}{pin}{shown_tag(quantity.title)}"
            chart.show_quantity(quantity, self._run, self._marks, title)
            self._set_up(chart)
        self._follow_range()

    def _follow_range(self) -> None:
        """Draw charts without new values as well once the x range that all share has moved."""
        charts = self.charts
        visible = charts[0].scene.visible_range if charts else None
        if visible != self._visible:
            self._visible = visible
            for chart in charts:
                chart.redraw()

    def _mount_charts(self, number: int) -> bool:
        """Mount and show so many charts; return whether others than before are shown."""
        charts = list(self.query_children(MetricChart))
        shown = sum(chart.display for chart in charts)
        new = [MetricChart(self._glyphs) for _ in range(len(charts), number)]
        self.mount(*new)
        for index, chart in enumerate([*charts, *new]):
            chart.display = index < number
        return bool(new) or shown != number

    def _link(self) -> None:
        """Let the charts on the page share x range, cursor, scale and smoothing."""
        charts = self.charts
        if charts:
            shared = self.shared_scene
            charts[0].scene.viewport, charts[0].scene.cursor = shared.viewport, shared.cursor
            charts[0].link(*charts[1:])
        self._apply_shared()

    def _apply_shared(self) -> None:
        for chart in self.charts:
            self._set_up(chart)
            chart.redraw()

    def _set_up(self, chart: MetricChart) -> None:
        """Give a chart the settings of all."""
        shared, scene = self.shared_scene, chart.scene
        scene.planned_epochs = self._run.program.planned_epochs or 0
        scene.axis, scene.logarithmic = shared.axis, shared.logarithmic
        scene.smoothing = shared.smoothing
        scene.error_rate = shared.error_rate and chart.shows_fractions

    def on_resize(self) -> None:
        """Ask for the page to be drawn again."""
        self.post_message(self.Resized())

    # -- keys and mouse -----------------------------------------------------------------------

    def select(self, by: int) -> None:
        """Select another chart; the first follows the last."""
        if self._quantities:
            self._selected = self._quantities[(self._index + by) % self.count].title
            self.draw()

    def turn(self, by: int) -> None:
        """Go to another page; the first follows the last."""
        if self._quantities:
            size = self._page_size
            pages = -(-self.count // size)
            page = (self._index // size + by) % pages
            self._selected = self._quantities[page * size].title
            self.draw()

    def toggle_pin(self) -> None:
        """Move the selected chart to the front, or back to its place."""
        if (selected := self.selected) is None:
            return
        title = self._selected = selected.title
        if title in self.pinned:
            self.pinned.remove(title)
        else:
            self.pinned.append(title)
        self.draw()

    @on(MetricChart.Chosen)
    def _choose(self, message: MetricChart.Chosen) -> None:
        if message.chart.quantity is not None:
            self._selected = message.chart.quantity.title
            self.draw()

    def act(self, action: ChartAction, *arguments: float) -> None:
        """Do what a key of the charts does, to all of them."""
        charts = self.charts
        if not charts:
            return
        leader = next((chart for chart in charts if chart.quantity == self.selected), charts[0])
        leader.change(action, *arguments)
        shared, scene = self.shared_scene, leader.scene
        shared.axis, shared.logarithmic = scene.axis, scene.logarithmic
        shared.smoothing = scene.smoothing
        if action == "toggle_error_rate":
            shared.error_rate = any(chart.scene.error_rate for chart in charts)
        self._apply_shared()
