"""A chart of curves that may be millions of steps long, redrawn several times a second.

plotext lays out the axis labels, once for each size and limits; numpy draws the curves into cells,
at a cost that depends on the chart's width only; and only changed rows are sent to the terminal.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from core.run.log import MarkKind
from tui.chart import palette
from tui.chart.axes import Axis
from tui.chart.drawing import StripCache, draw
from tui.chart.keys import ChartAction
from tui.chart.marks import Mark
from tui.chart.scene import Scene
from tui.chart.traces import Line
from tui.terminal.characters import Glyphs
from tui.widgets.strip_widget import StripWidget

__all__ = ["Axis", "Chart", "Glyphs", "Line", "Mark", "MarkKind"]

PAN_FRACTION = 0.25
SMOOTHINGS = (0.0, 0.6, 0.9, 0.97)


class Chart(StripWidget):
    """Curves over steps or time, with marks at events of the run. Its screen has the keys."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(palette.COMPONENT_STYLES)
    DEFAULT_CSS = palette.CSS

    class ViewChanged(Message):
        """A key or the mouse may have changed the x range or the cursor."""

        def __init__(self, chart: "Chart") -> None:
            super().__init__()
            self.chart = chart

    def __init__(
        self,
        title: str = "",
        *,
        glyphs: Glyphs = Glyphs.BRAILLE,
        logarithmic: bool = False,
        fractions: bool = False,
        id: str | None = None,  # noqa: A002  Textual's own parameter name
    ) -> None:
        super().__init__(id=id)
        self.title = title
        self.shows_fractions = fractions
        self.scene = Scene(glyphs, logarithmic)
        self._actions: Mapping[ChartAction, Callable[..., Any]] = {
            "zoom": self.zoom,
            "move": self.move,
            "stop_cursor": self.stop_cursor,
            "show_all": self.show_all,
            "follow": self.follow,
            "toggle_cursor": self.toggle_cursor,
            "toggle_log": self.toggle_log,
            "toggle_error_rate": self.toggle_error_rate,
            "next_axis": self.next_axis,
            "next_smoothing": self.next_smoothing,
        }
        self._labels_ready = False
        self._plot_left, self._plot_width = 0, 1
        """The first cell of the plot and its width, as they were drawn last."""
        self._is_logarithmic = False
        """Whether the y axis was drawn logarithmic last."""
        self.linked: Sequence[Chart] = (self,)
        self._styles: list[Style] = []
        self._strip_cache = StripCache()

    def show(
        self,
        lines: Sequence[Line],
        marks: Sequence[Mark] = (),
        planned_steps: int = 0,
        *,
        is_planned: bool = True,
    ) -> None:
        """Draw these lines as they are now, with marks in the order of their steps.

        ``planned_steps`` is where the x axis ends; with 0 it grows with the lines. It is marked as
        the end of a plan if `is_planned`, and not as that of runs that are over.
        """
        scene = self.scene
        scene.is_planned = is_planned
        scene.lines, scene.planned_steps = lines, planned_steps
        scene.marks.update(marks)
        self.redraw()

    def act(self, action: ChartAction, *arguments: float) -> None:
        """Do what a key of the chart does, and redraw."""
        self.change(action, *arguments)
        self._redraw_linked()

    def change(self, action: ChartAction, *arguments: float) -> None:
        """Do what a key of the chart does, to be drawn by who calls this."""
        self._actions[action](*arguments)

    def link(self, *others: "Chart") -> None:
        """Share x range, kind of axis and cursor with other charts from now on."""
        self.scene.link(*(other.scene for other in others))
        linked = (self, *others)
        for chart in linked:
            chart.linked = linked

    def _redraw_linked(self) -> None:
        for chart in self.linked:
            chart.redraw()
        self.post_message(self.ViewChanged(self))

    @property
    def chart_styles(self) -> list[Style]:
        """The styles of the theme, by ``ChartStyle``."""
        if not self._styles:
            self._styles = palette.theme_styles(self)
        return self._styles

    def set_glyphs(self, glyphs: Glyphs) -> None:
        """Draw with these characters from now on."""
        self.scene.glyphs = glyphs
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The legend, the plot with the labels of y, and the labels of x."""
        strips, layout, _ = draw(
            self.scene,
            self.title,
            width,
            height,
            self.chart_styles,
            labelled=self._labels_ready,
            strips=self._strip_cache,
        )
        if layout is not None:
            self._plot_left, self._plot_width = layout.left, layout.canvas.width
            self._is_logarithmic = layout.logarithmic
        return strips

    def plain_strips(self) -> list[Strip]:
        """The rows without colours: a band is shades, not tints."""
        tinted, self.scene.tinted = self.scene.tinted, False
        try:
            return draw(self.scene, self.title, *self.size).strips
        finally:
            self.scene.tinted = tinted

    def on_mount(self) -> None:
        """Import plotext only once the first screen is painted."""
        few_colours = self.app.console.color_system == "standard" or self.app.no_color
        self.scene.tinted = not few_colours
        self.call_after_refresh(self._enable_labels)

    def notify_style_update(self) -> None:
        """Use the colours of a new theme."""
        self._styles, self._strip_cache = [], StripCache()
        super().notify_style_update()

    # -- actions: `act` redraws afterwards -----------------------------------------------------

    def zoom(self, factor: float) -> None:
        """Show ``factor`` times as much, around the cursor or up to the newest value."""
        self.scene.viewport.zoom(factor, self.scene.cursor.x, *self.scene.extent())

    def move(self, direction: int) -> None:
        """Move the cursor by a cell, or the view by a quarter; to earlier steps if negative."""
        scene = self.scene
        if scene.cursor.x is None:
            scene.viewport.pan(PAN_FRACTION * direction, *scene.extent())
        else:
            shown = scene.shown_range(self._plot_width)
            scene.cursor.move(direction, shown, self._plot_width, scene.axis is Axis.STEP)

    def stop_cursor(self, direction: int) -> None:
        """Move the cursor to the next evaluation, mark or NaN; to the one before if negative."""
        self.scene.stop_cursor(direction)

    def show_all(self) -> None:
        """Show everything so far; if that is shown, the whole plan."""
        viewport = self.scene.viewport
        planned = viewport.visible is None and not viewport.whole_plan
        viewport.show_all()
        viewport.whole_plan = planned

    def follow(self) -> None:
        """Show the newest part, and move along with it."""
        self.scene.viewport.follow(*self.scene.extent())

    def toggle_cursor(self) -> None:
        """Put the cursor on the newest step, or remove it."""
        self.scene.cursor.toggle(self.scene.extent()[1])

    def toggle_log(self) -> None:
        """Switch between a logarithmic and a linear y axis."""
        scene = self.scene
        if self._is_logarithmic and not scene.logarithmic:
            scene.automatic_log = False
        else:
            scene.logarithmic = not scene.logarithmic

    def toggle_error_rate(self) -> None:
        """Switch fractions to error rates and back, on the linked charts that show fractions."""
        for chart in self.linked:
            chart.scene.error_rate = chart.shows_fractions and not chart.scene.error_rate

    def next_axis(self) -> None:
        """Switch from steps to relative time to wall time, if any line's times are known."""
        self.scene.next_axis()

    def next_smoothing(self) -> None:
        """Smooth with the next weight, and after the last not at all."""
        stronger = (weight for weight in SMOOTHINGS if weight > self.scene.smoothing)
        self.scene.smoothing = next(stronger, 0.0)

    # -- mouse --------------------------------------------------------------------------------

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in around the pointer."""
        self._zoom_at(event, 0.5)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out around the pointer."""
        self._zoom_at(event, 2.0)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click was."""
        self._move_cursor_to(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the cursor along with the pointer, if there is a cursor."""
        if self.scene.cursor.x is not None:
            self._move_cursor_to(event.x)

    def _move_cursor_to(self, x: int) -> None:
        scene = self.scene
        shown = scene.shown_range(self._plot_width)
        scene.cursor.move_to(x - self._plot_left, shown, self._plot_width)
        self._redraw_linked()

    def _zoom_at(self, event: events.MouseEvent, factor: float) -> None:
        event.stop()
        scene = self.scene
        start, stop = scene.shown_range(self._plot_width)
        center = start + (event.x - self._plot_left + 0.5) / self._plot_width * (stop - start)
        scene.viewport.zoom(factor, min(stop, max(start, center)), *scene.extent())
        self._redraw_linked()

    # -- drawing ------------------------------------------------------------------------------

    def _enable_labels(self) -> None:
        self._labels_ready = True
        self.redraw()
