"""A chart of curves that may be millions of steps long, drawn anew several times a second.

plotext lays out the axes' labels, once for each size and limits; numpy draws the curves into cells,
at a cost that depends on the chart's width alone; and only rows that changed go to the terminal.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from core.pyramid import Floats
from tui import chart_axes, chart_palette, plot
from tui.chart_axes import Axis
from tui.chart_header import Reading, header
from tui.chart_marks import Mark, MarkKind, between
from tui.chart_paint import Drawing, Placed, paint, paint_cursor
from tui.chart_palette import LINES, Ink
from tui.chart_trace import Line, Trace, smoothed, trace
from tui.chart_view import Limits, Range, Window
from tui.raster import Canvas, Glyphs
from tui.rows import Rows

LABEL_WIDTH = 7
"""Cells for the labels of y, the same on every chart so that charts below each other align."""
LEAST_FRAMED = (24, 5)
ZOOM = 0.5
PAN = 0.25


class Chart(Rows, can_focus=True):
    """Curves over steps or time, with marks for what happened on the way."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(chart_palette.COMPONENTS)
    DEFAULT_CSS = chart_palette.CSS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "plus,equals_sign",
            "zoom(0.5)",
            "Zoom in",
            id="chart.zoom_in",
            key_display="+",
            tooltip="Show half as much, around the cursor or up to the newest step",
            show=False,
        ),
        Binding(
            "minus",
            "zoom(2.0)",
            "Zoom out",
            id="chart.zoom_out",
            key_display="-",
            tooltip="Show twice as much",
            show=False,
        ),
        Binding(
            "left",
            "move(-1)",
            "Earlier",
            id="chart.earlier",
            show=False,
            tooltip="Move the cursor, or what is shown, to earlier steps",
        ),
        Binding(
            "right",
            "move(1)",
            "Later",
            id="chart.later",
            show=False,
            tooltip="Move the cursor, or what is shown, to later steps",
        ),
        Binding(
            "0",
            "show_all",
            "Whole run",
            id="chart.show_all",
            show=False,
            tooltip="Show everything from the first step on",
        ),
        Binding(
            "end",
            "follow",
            "Newest",
            id="chart.follow",
            show=False,
            tooltip="Show the newest steps and move along with them",
        ),
        Binding(
            "i",
            "toggle_cursor",
            "Cursor",
            id="chart.cursor",
            show=False,
            tooltip="A cursor that reads every line at a step",
        ),
        Binding(
            "l",
            "toggle_log",
            "Log scale",
            id="chart.log",
            show=False,
            tooltip="Logarithmic or linear y axis",
        ),
        Binding(
            "x",
            "next_axis",
            "Step or time",
            id="chart.axis",
            show=False,
            tooltip="x by step, by time since the start, or by the clock",
        ),
        Binding(
            "m",
            "next_smoothing",
            "Smoothing",
            id="chart.smoothing",
            show=False,
            tooltip="Exponential average: none, 0.6, 0.9 or 0.97",
        ),
    ]
    SMOOTHINGS = (0.0, 0.6, 0.9, 0.97)

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
        self.glyphs = glyphs
        self.logarithmic = logarithmic
        self.axis = Axis.STEP
        self.smoothing = 0.0
        self.cursor: float | None = None
        """Where on the x axis the cursor is, or None without one."""
        self.window = Window()
        self._limits = Limits()
        self._lines: Sequence[Line] = ()
        self._marks: Sequence[Mark] = ()
        self._planned_steps = 0
        self._shown_range: Range = (0.0, 1.0)
        self._styles: list[Style] = []

    def show(
        self, lines: Sequence[Line], marks: Sequence[Mark] = (), planned_steps: int = 0
    ) -> None:
        """Draw these lines as they are now, with marks in the order of their steps.

        ``planned_steps`` is how far the x axis reaches; 0 lets it grow with the lines.
        """
        self._lines, self._marks, self._planned_steps = lines, marks, planned_steps
        self.update_rows()

    def notify_style_update(self) -> None:
        """Take the theme's colours."""
        self._styles = []
        super().notify_style_update()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The header, the plot with its labels, and the labels of x."""
        self._styles = self._styles or chart_palette.palette(self)
        framed = width >= LEAST_FRAMED[0] and height >= LEAST_FRAMED[1]
        left, below = (LABEL_WIDTH, 1) if framed else (0, 0)
        if height < 2 or width < 2:
            return [self._header(width)]
        canvas = Canvas(width - left, height - 1 - below, self.glyphs)
        everything, newest = self._extent()
        shown = self._shown_range = self.window.range(everything, newest)
        drawings = self._drawings(np.linspace(*shown, canvas.columns + 1))
        limits = self._y_limits(drawings)
        paint(canvas, drawings, self._placed(shown, canvas.width), limits)
        if self.cursor is not None:
            paint_cursor(canvas, _cell(self.cursor, shown, canvas.width))
        if not framed:
            return [self._header(width), *self._strips(canvas, [""] * canvas.height)]
        frame = plot.frame(
            width,
            height - 1,
            chart_axes.x_ticks(self.axis, shown, canvas.width),
            chart_axes.y_ticks(limits, self.logarithmic, canvas.height, self.glyphs.dots[1], left),
        )
        labels = [row[:left] for row in frame.rows]
        below_plot = Strip([Segment(frame.rows[-1], self._styles[Ink.AXIS])])
        return [self._header(width), *self._strips(canvas, labels), below_plot]

    def action_zoom(self, factor: float) -> None:
        """Show ``factor`` times as much."""
        self.window.zoom(factor, self.cursor, *self._extent())
        self.update_rows()

    def action_move(self, direction: int) -> None:
        """Move the cursor by a cell, or what is shown by a quarter; earlier if negative."""
        start, stop = self._shown_range
        if self.cursor is None:
            self.window.pan(PAN * direction, *self._extent())
        else:
            step = (stop - start) / max(1, self.size.width - LABEL_WIDTH)
            self.cursor = min(stop, max(start, self.cursor + direction * step))
        self.update_rows()

    def action_show_all(self) -> None:
        """Show everything."""
        self.window.show_all()
        self.update_rows()

    def action_follow(self) -> None:
        """Show the newest part, and move along."""
        self.window.follow(*self._extent())
        self.update_rows()

    def action_toggle_cursor(self) -> None:
        """Put the cursor on the newest step, or take it away."""
        self.cursor = self._extent()[1] if self.cursor is None else None
        self.update_rows()

    def action_toggle_log(self) -> None:
        """Change between a logarithmic and a linear y axis."""
        self.logarithmic = not self.logarithmic
        self.update_rows()

    def action_next_axis(self) -> None:
        """Go on from steps to relative time to wall time, if the times are known."""
        if any(line.timeline is not None and len(line.timeline) for line in self._lines):
            axes = list(Axis)
            self.axis = axes[(axes.index(self.axis) + 1) % len(axes)]
            self.cursor = None
            self.window.show_all()
            self.update_rows()

    def action_next_smoothing(self) -> None:
        """Go on to the next weight of smoothing."""
        stronger = (weight for weight in self.SMOOTHINGS if weight > self.smoothing)
        self.smoothing = next(stronger, 0.0)
        self.update_rows()

    def _extent(self) -> tuple[Range, float]:
        return chart_axes.extent(self.axis, self._lines, self._planned_steps)

    def _drawings(self, edges: Floats) -> list[Drawing]:
        edges[-1] = np.nextafter(edges[-1], np.inf)
        found = []
        for place, line in enumerate(self._lines):
            timeline = None if self.axis is Axis.STEP else line.timeline
            if self.axis is not Axis.STEP and timeline is None:
                continue
            origin = chart_axes.origin(self.axis, line)
            raw = trace(line.series, edges, timeline, origin)
            smooth = None
            if self.smoothing:
                smooth = smoothed(line.series, edges, timeline, origin, self.smoothing)
            if self.logarithmic:
                raw = Trace(_log(raw.low), _log(raw.high), _log(raw.mean), raw.points)
                smooth = None if smooth is None else _log(smooth)
            found.append(Drawing(place, self._style(place), raw, smooth, self._letter(place)))
        return found

    def _y_limits(self, drawings: Sequence[Drawing]) -> Range:
        values = [part for d in drawings for part in (d.raw.low, d.raw.high, d.raw.mean)]
        joined = np.concatenate(values) if values else np.empty(0)
        joined = joined[np.isfinite(joined)]
        low, high = (joined.min(), joined.max()) if len(joined) else (np.nan, np.nan)
        return self._limits.update(float(low), float(high), self.logarithmic)

    def _placed(self, shown: Range, width: int) -> list[Placed]:
        if not self._lines:
            return []
        line = self._lines[0]
        first, last = (chart_axes.step_of(self.axis, line, x) for x in shown)
        marks = [*between(self._marks, first, last)]
        marks += [
            Mark(step, MarkKind.NONFINITE, f"{line.name} is {value}", str(value))
            for line in self._lines
            for step, value in line.series.nonfinite
            if first <= step <= last
        ]
        places = ((mark, chart_axes.x_of(self.axis, line, mark.step)) for mark in marks)
        return [Placed(_cell(x, shown, width), mark) for mark, x in places if x == x]

    def _header(self, width: int) -> Strip:
        readings = []
        for place, line in enumerate(self._lines):
            at: float = line.series.last_step
            if self.cursor is not None:
                at = chart_axes.step_of(self.axis, line, self.cursor)
            found = line.series.nearest(at)
            value = None if found is None else found[1]
            ink = Ink.LINE + self._style(place) % LINES
            readings.append(Reading(self._letter(place), line.name, value, ink))
        return header(self.title, self._note(), readings, width, self._styles)

    def _note(self) -> str:
        if self.cursor is None or not self._lines:
            return ""
        step = round(chart_axes.step_of(self.axis, self._lines[0], self.cursor))
        return f"step {step:,}"

    def _strips(self, canvas: Canvas, labels: Sequence[str]) -> list[Strip]:
        styles = self._styles
        return [
            Strip([Segment(label, styles[Ink.AXIS]), *(Segment(t, styles[s]) for t, s in runs)])
            for label, runs in zip(labels, canvas.runs(), strict=False)
        ]

    def _style(self, place: int) -> int:
        style = self._lines[place].style
        return style - 1 if style else place

    def _letter(self, place: int) -> str:
        return "abcdefghijklmnopqrstuvwxyz"[place % 26] if len(self._lines) > 1 else ""

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in."""
        event.stop()
        self.action_zoom(ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out."""
        event.stop()
        self.action_zoom(1 / ZOOM)


def _cell(x: float, shown: Range, width: int) -> int:
    start, stop = shown
    return min(width - 1, max(0, int((x - start) / (stop - start) * width)))


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.where(np.isnan(values), np.nan, -np.inf))
