"""A chart without its widget: its lines, its view, and the cells that they result in.

Every setting of a chart is an attribute here; its cells follow from these, the size, and the limits
of y that were drawn last. So charts are tested as text, without an app.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.run.log import MarkKind
from core.run.pyramid import Float64s
from tui.chart import axes
from tui.chart.axes import Axis
from tui.chart.cursor import Cursor, cell_of
from tui.chart.frame import Ticks
from tui.chart.legend import LegendEntry
from tui.chart.marks import Mark, MarkIndex
from tui.chart.paint import PlacedMark, PlottedLine, paint, paint_axis
from tui.chart.palette import LINE_STYLES, ChartStyle
from tui.chart.traces import Line, logarithm, smoothed, trace
from tui.chart.viewport import Range, Viewport, YLimits
from tui.terminal.characters import Glyphs
from tui.widgets.canvas import Canvas

LABEL_WIDTH = 7
"""Cells for the y labels, the same on every chart, so that charts below each other align."""
MIN_FRAMED_SIZE = (24, 4)
"""Width and height in cells below which a plot has no labels."""
MIN_RULED_HEIGHT = 7
"""Height in cells below which the x axis has no rule, and so no signs of marks."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MAX_NOTE_MARKS = 3
"""How many marks at the cursor are written out."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The plot's cells, and its labels; None on a chart too small for labels."""

    canvas: Canvas
    left: int = 0
    """Cells between the chart's left edge and the plot's."""
    axis: Canvas | None = None
    """The row below the plot with the rule of the x axis and the signs of marks."""
    x: Ticks | None = None
    y: Ticks | None = None

    def runs(self) -> list[list[tuple[str, int]]]:
        """For each row of the plot, and the rule of its axis, pieces of text with one style."""
        return self.canvas.runs() + (self.axis.runs() if self.axis is not None else [])


class Scene:
    """Lines, marks and the view of them."""

    def __init__(self, glyphs: Glyphs, logarithmic: bool) -> None:
        self.glyphs = glyphs
        self.logarithmic = logarithmic
        self.axis = Axis.STEP
        self.smoothing = 0.0
        self.lines: Sequence[Line] = ()
        self.marks = MarkIndex()
        self.planned_steps = 0
        self.reset_view()

    def reset_view(self) -> None:
        """Show the lines whole and without a cursor; for lines of another run."""
        self.viewport = Viewport()
        self.cursor = Cursor()
        self._y_limits = YLimits()

    def extent(self) -> tuple[Range, float]:
        """The full range of the x axis, and the newest value's position on it."""
        return axes.extent(self.axis, self.lines, self.planned_steps)

    @property
    def visible_range(self) -> Range:
        """The visible range of the x axis."""
        return self.viewport.range(*self.extent())

    def next_axis(self) -> None:
        """Switch to the next kind of x axis, at full range; steps only, if no times are known."""
        timed = any(line.timeline is not None and len(line.timeline) for line in self.lines)
        kinds = list(Axis) if timed else [Axis.STEP]
        at = kinds.index(self.axis) if self.axis in kinds else -1
        self.axis = kinds[(at + 1) % len(kinds)]
        self.cursor.x = None
        self.viewport.show_all()

    def layout(self, width: int, height: int, label_width: int = LABEL_WIDTH) -> Layout:
        """Draw lines and marks into ``width`` x ``height`` cells, labels included."""
        framed = width >= MIN_FRAMED_SIZE[0] and height >= MIN_FRAMED_SIZE[1]
        ruled = framed and height >= MIN_RULED_HEIGHT
        left, below = (label_width, 1 + ruled) if framed else (0, 0)
        canvas = Canvas(width - left, height - below, self.glyphs)
        shown = self.visible_range
        plotted = self._plot_lines(np.linspace(*shown, canvas.columns + 1))
        limits = self._update_limits(plotted)
        rows, dots = canvas.height, self.glyphs.dots[1]
        y = axes.y_ticks(limits, self.logarithmic, rows, dots, label_width)
        if framed and y.width > label_width:
            return self.layout(width, height, y.width)
        x = self.cursor.x
        cursor = None if x is None else cell_of(x, shown, canvas.width)
        marks = self._placed_marks(shown, canvas.width)
        paint(canvas, plotted, marks, limits, cursor)
        if not framed:
            return Layout(canvas)
        x_ticks = axes.x_ticks(self.axis, shown, canvas.width)
        axis = Canvas(canvas.width, 1, self.glyphs) if ruled else None
        if axis is not None:
            paint_axis(axis, x_ticks.cells, marks)
        return Layout(canvas, left, axis, x_ticks, y)

    def legend_entries(self) -> list[LegendEntry]:
        """Name and value of each line: at the cursor, or its newest value."""
        return [self._legend_entry(index, line) for index, line in enumerate(self.lines)]

    def cursor_note(self, width: int) -> str:
        """The cursor's position and the marks in its cell of ``width``; "" without a cursor."""
        if self.cursor.x is None or not self.lines:
            return ""
        step = axes.step_of(self.axis, self.lines[0], self.cursor.x)
        time = axes.format_position(self.axis, self.cursor.x)
        position = [f"step {math.floor(step):,}"] if math.isfinite(step) else []
        position += [time] if time else []
        start, stop = self.visible_range
        half = (stop - start) / width / 2
        around = (self.cursor.x - half, self.cursor.x + half)
        first, last = (axes.step_of(self.axis, self.lines[0], x) for x in around)
        marks = self.marks.between(float(np.floor(first)), last, MAX_NOTE_MARKS)
        return "   ".join([*position, *(mark.text for mark in marks)])

    def _legend_entry(self, index: int, line: Line) -> LegendEntry:
        step: float = line.curve.last_step
        if self.cursor.x is not None:
            step = float(np.floor(axes.step_of(self.axis, line, self.cursor.x)))
        found = line.curve.nearest(step)
        style = ChartStyle.LINE + self._style(index)
        value = None if found is None else found[1]
        return LegendEntry(self._letter(index), line.name, value, style)

    def _plot_lines(self, edges: Float64s) -> list[PlottedLine]:
        edges[-1] = np.nextafter(edges[-1], np.inf)  # the last step belongs to the last column
        timed = self.axis is not Axis.STEP
        return [
            self._plot_line(index, line, edges)
            for index, line in enumerate(self.lines)
            if line.timeline is not None or not timed
        ]

    def _plot_line(self, index: int, line: Line, edges: Float64s) -> PlottedLine:
        timeline = None if self.axis is Axis.STEP else line.timeline
        origin = axes.origin(self.axis, line)
        raw, smooth = trace(line.curve, edges, timeline, origin), None
        if self.smoothing:
            smooth = smoothed(line.curve, edges, timeline, origin, self.smoothing)
        if self.logarithmic:
            raw = raw.logarithm()
            smooth = None if smooth is None else logarithm(smooth)
        return PlottedLine(index, self._style(index), raw, smooth, self._letter(index), line.layer)

    def _update_limits(self, plotted: Sequence[PlottedLine]) -> Range:
        values = [part for line in plotted for part in (line.raw.low, line.raw.high, line.raw.mean)]
        joined = np.concatenate(values) if values else np.empty(0)
        joined = joined[np.isfinite(joined)]
        low, high = (joined.min(), joined.max()) if len(joined) else (np.nan, np.nan)
        return self._y_limits.update(float(low), float(high), self.logarithmic)

    def _placed_marks(self, shown: Range, width: int) -> list[PlacedMark]:
        if not self.lines:
            return []
        edges = axes.steps_of(self.axis, self.lines[0], np.linspace(*shown, width + 1))
        edges[-1] = np.nextafter(edges[-1], np.inf)
        placed = [PlacedMark(cell, mark) for cell, mark in self.marks.by_cell(edges)]
        return placed + [
            found for line in self.lines for found in self._nonfinite_marks(line, shown, width)
        ]

    def _nonfinite_marks(self, line: Line, shown: Range, width: int) -> list[PlacedMark]:
        if not line.curve.nonfinite.total:
            return []
        edges = axes.steps_of(self.axis, line, np.linspace(*shown, width + 1))
        found: dict[int, PlacedMark] = {}
        for step, value in line.curve.nonfinite:
            cell = int(np.searchsorted(edges, step, side="right")) - 1
            if 0 <= cell < width and cell not in found:
                label = "NaN" if math.isnan(value) else f"{value}"
                mark = Mark(step, MarkKind.NONFINITE, f"{line.name} is {label}", label)
                found[cell] = PlacedMark(cell, mark)
        return list(found.values())

    def _style(self, index: int) -> int:
        style = self.lines[index].style
        return (index if style is None else style) % LINE_STYLES

    def _letter(self, index: int) -> str:
        return LETTERS[index % len(LETTERS)] if len(self.lines) > 1 else ""
