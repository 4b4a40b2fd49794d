"""A chart of curves that may be millions of steps long, drawn anew several times a second.

plotext lays out the axes' labels, once for each size and limits; numpy draws the curves into cells,
at a cost that depends on the chart's width alone; and only rows that changed go to the terminal.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.strip import Strip

from core.run.log import MarkKind
from tui.chart import frame, palette
from tui.chart.axes import Axis
from tui.chart.keys import BINDINGS
from tui.chart.legend import Legend
from tui.chart.marks import Mark
from tui.chart.palette import ChartStyle
from tui.chart.scene import Layout, Scene
from tui.chart.traces import Line
from tui.widgets.canvas import Glyphs
from tui.widgets.strip_widget import StripWidget

__all__ = ["Axis", "Chart", "Glyphs", "Line", "Mark", "MarkKind"]

PAN_FRACTION = 0.25
SMOOTHINGS = (0.0, 0.6, 0.9, 0.97)


class Chart(StripWidget, can_focus=True):
    """Curves over steps or time, with marks for what happened on the way.

    The keys work while the chart has the focus; a screen can call the actions at any time.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(palette.COMPONENT_STYLES)
    DEFAULT_CSS = palette.CSS
    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]

    def __init__(
        self,
        title: str = "",
        *,
        glyphs: Glyphs = Glyphs.BRAILLE,
        logarithmic: bool = False,
        id: str | None = None,  # noqa: A002  Textual's own parameter name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.title = title
        self.scene = Scene(glyphs, logarithmic)
        self._labels_ready = False
        self._styles: list[Style] = []

    def show(
        self, lines: Sequence[Line], marks: Sequence[Mark] = (), planned_steps: int = 0
    ) -> None:
        """Draw these lines as they are now, with marks in the order of their steps.

        ``planned_steps`` is how far the x axis reaches; 0 lets it grow with the lines.
        """
        scene = self.scene
        scene.lines, scene.planned_steps = lines, planned_steps
        scene.marks.update(marks)
        self.redraw()

    @property
    def palette(self) -> list[Style]:
        """The styles of the theme, by ``Ink``."""
        if not self._styles:
            self._styles = palette.theme_styles(self)
        return self._styles

    def set_glyphs(self, glyphs: Glyphs) -> None:
        """Draw with other characters from now on."""
        self.scene.glyphs = glyphs
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The title and values, the plot with the labels of y, and the labels of x."""
        scene = self.scene
        composed = scene.layout(width, height - 1) if height > 1 and width > 1 else None
        heading = Legend(self.title, scene.cursor_note(), scene.legend_entries(), scene.glyphs)
        top = heading.render(width, self.palette)
        return [top, *self._plot_strips(composed)] if composed else [top]

    def on_mount(self) -> None:
        """Have plotext imported only when the first screen is up."""
        self.call_after_refresh(self._enable_labels)

    def notify_style_update(self) -> None:
        """Take the theme's colours."""
        self._styles = []
        super().notify_style_update()

    def action_zoom(self, factor: float) -> None:
        """Show ``factor`` times as much, around the cursor or up to the newest value."""
        self.scene.viewport.zoom(factor, self.scene.cursor.x, *self.scene.extent())
        self.redraw()

    def action_move(self, direction: int) -> None:
        """Move the cursor by a cell, or what is shown by a quarter; earlier if negative."""
        scene = self.scene
        if scene.cursor.x is None:
            scene.viewport.pan(PAN_FRACTION * direction, *scene.extent())
        else:
            scene.cursor.move(direction, scene.shown, scene.plot_width, scene.axis is Axis.STEP)
        self.redraw()

    def action_show_all(self) -> None:
        """Show everything."""
        self.scene.viewport.show_all()
        self.redraw()

    def action_follow(self) -> None:
        """Show the newest part, and move along."""
        self.scene.viewport.follow(*self.scene.extent())
        self.redraw()

    def action_toggle_cursor(self) -> None:
        """Put the cursor on the newest step, or take it away."""
        self.scene.cursor.toggle(self.scene.extent()[1])
        self.redraw()

    def action_toggle_log(self) -> None:
        """Change between a logarithmic and a linear y axis."""
        self.scene.logarithmic = not self.scene.logarithmic
        self.redraw()

    def action_next_axis(self) -> None:
        """Go on from steps to relative time to wall time, if any line's times are known."""
        self.scene.next_axis()
        self.redraw()

    def action_next_smoothing(self) -> None:
        """Go on to the next weight of smoothing, and after the last to none."""
        stronger = (weight for weight in SMOOTHINGS if weight > self.scene.smoothing)
        self.scene.smoothing = next(stronger, 0.0)
        self.redraw()

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
        scene.cursor.move_to(x - scene.plot_left, scene.shown, scene.plot_width)
        self.redraw()

    def _zoom_at(self, event: events.MouseEvent, factor: float) -> None:
        event.stop()
        scene = self.scene
        start, stop = scene.shown
        about = start + (event.x - scene.plot_left + 0.5) / scene.plot_width * (stop - start)
        scene.viewport.zoom(factor, min(stop, max(start, about)), *scene.extent())
        self.redraw()

    def _enable_labels(self) -> None:
        self._labels_ready = True
        self.redraw()

    def _plot_strips(self, composed: Layout) -> list[Strip]:
        canvas, x, y = composed.canvas, composed.x, composed.y
        labels = [""] * canvas.height
        if x is not None and y is not None:
            width, height = canvas.width + y.width, canvas.height + 1
            blank = [" " * width] * height
            labels = [*frame.frame(width, height, x, y).rows] if self._labels_ready else blank
        left, styles = self.scene.plot_left, self.palette
        rows = [
            Strip(
                [
                    Segment(label[:left], styles[ChartStyle.AXIS]),
                    *(Segment(t, styles[s]) for t, s in runs),
                ]
            )
            for label, runs in zip(labels, canvas.runs(), strict=False)
        ]
        below = labels[canvas.height :]
        return rows + [Strip([Segment(label, styles[ChartStyle.AXIS])]) for label in below]
