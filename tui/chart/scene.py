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
from tui.chart.traces import Line, smoothed, trace
from tui.chart.viewport import Range, Viewport, YLimits, diverges, robust_range
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
    logarithmic: bool = False
    """Whether the y axis is logarithmic."""

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
        self.tinted = False
        """Whether the terminal has colours enough for a band to be a background."""
        self.error_rate = False
        """Whether fractions are drawn as 1 minus their value."""
        self.lines: Sequence[Line] = ()
        self.marks = MarkIndex()
        self.planned_steps = 0
        self.viewport = Viewport()
        self.cursor = Cursor()
        self.linked: Sequence[Scene] = (self,)
        self.reset_view()

    def link(self, *others: "Scene") -> None:
        """Share x range, kind of axis and cursor with other scenes from now on."""
        linked = (self, *others)
        for scene in linked:
            scene.viewport, scene.cursor, scene.linked = self.viewport, self.cursor, linked

    def reset_view(self) -> None:
        """Show the lines whole and without a cursor; for lines of another run."""
        self.viewport.reset()
        self.cursor.x = None
        self.automatic_log = True
        """Whether the y axis becomes logarithmic when the values diverge."""
        self._y_limits = YLimits()

    def extent(self) -> tuple[Range, float]:
        """The full range of the x axis, and the newest value's position on it."""
        lines = [line for scene in self.linked for line in scene.lines]
        planned = max(scene.planned_steps for scene in self.linked)
        first, newest = axes.extent(self.axis, lines)
        planned = planned if self.axis is Axis.STEP else 0
        return self.viewport.full(first, newest, planned), newest

    @property
    def visible_range(self) -> Range:
        """The visible range of the x axis."""
        return self.viewport.range(*self.extent())

    def next_axis(self) -> None:
        """Switch to the next kind of x axis, at full range; steps only, if no times are known."""
        timed = any(line.timeline is not None and len(line.timeline) for line in self.lines)
        kinds = list(Axis) if timed else [Axis.STEP]
        at = kinds.index(self.axis) if self.axis in kinds else -1
        for scene in self.linked:
            scene.axis = kinds[(at + 1) % len(kinds)]
        self.cursor.x = None
        self.viewport.reset()

    def layout(self, width: int, height: int, label_width: int = LABEL_WIDTH) -> Layout:
        """Draw lines and marks into ``width`` x ``height`` cells, labels included."""
        framed = width >= MIN_FRAMED_SIZE[0] and height >= MIN_FRAMED_SIZE[1]
        ruled = framed and height >= MIN_RULED_HEIGHT
        left, below = (label_width, 1 + ruled) if framed else (0, 0)
        canvas = Canvas(width - left, height - below, self.glyphs, tinted=self.tinted)
        shown = self.visible_range
        plotted = self._plot_lines(np.linspace(*shown, canvas.columns + 1))
        logarithmic = self.logarithmic or self._diverges(plotted)
        if logarithmic:
            plotted = [line.logarithm() for line in plotted]
        limits = self._update_limits(plotted, logarithmic)
        rows, dots = canvas.height, self.glyphs.dots[1]
        y = axes.y_ticks(limits, logarithmic, rows, dots, label_width)
        if framed and y.width > label_width:
            return self.layout(width, height, y.width)
        x = self.cursor.x
        cursor = None if x is None else cell_of(x, shown, canvas.width)
        marks = self._placed_marks(shown, canvas.width)
        paint(canvas, plotted, marks, limits, cursor)
        if not framed:
            return Layout(canvas, logarithmic=logarithmic)
        x_ticks = axes.x_ticks(self.axis, shown, canvas.width)
        axis = Canvas(canvas.width, 1, self.glyphs) if ruled else None
        if axis is not None:
            paint_axis(axis, x_ticks.cells, marks)
        return Layout(canvas, left, axis, x_ticks, y, logarithmic)

    def settings(self, logarithmic: bool) -> list[str]:
        """In words, every setting of the view that is not the default."""
        words = {
            "error rate": self.error_rate,
            "log": self.logarithmic,
            "log, as it diverges": logarithmic and not self.logarithmic,
            f"smoothed {self.smoothing:g}": self.smoothing,
            "by time": self.axis is Axis.RELATIVE,
            "by clock": self.axis is Axis.WALL,
            "whole plan": self.viewport.whole_plan and self.viewport.visible is None,
            "newest": self.viewport.following,
        }
        return [word for word, is_set in words.items() if is_set]

    def legend_entries(self, width: int = 1) -> list[LegendEntry]:
        """Name and value of each line: in the cursor's cell of ``width``, or its newest value."""
        return [self._legend_entry(index, line, width) for index, line in enumerate(self.lines)]

    def cursor_note(self, width: int) -> str:
        """The cursor's position and the marks in its cell of ``width``; "" without a cursor."""
        if self.cursor.x is None or not self.lines:
            return ""
        line, (start, stop) = self.lines[0], self._cursor_cell(self.cursor.x, width)
        steps = axes.steps_of(self.axis, line, np.array([start, stop]))
        position = [self._steps_note(line, steps, self.cursor.x)]
        position.append(axes.format_position(self.axis, self.cursor.x))
        marks = self.marks.between(float(np.floor(steps[0])), float(steps[1]), MAX_NOTE_MARKS)
        return "   ".join(text for text in [*position, *(mark.text for mark in marks)] if text)

    def _steps_note(self, line: Line, steps: Float64s, x: float) -> str:
        """The steps in a cell that the values at the cursor are of."""
        if not np.isfinite(steps).all():
            step = axes.step_of(self.axis, line, x)
            return f"step {math.floor(step):,}" if math.isfinite(step) else ""
        newest = max(line.curve.last_step for line in self.lines)
        first, last = math.ceil(steps[0]), min(math.ceil(steps[1]) - 1, newest)
        return f"steps {first:,} to {last:,}" if first < last else f"step {first:,}"

    def _cursor_cell(self, x: float, width: int) -> Range:
        """The positions on the axis where the cursor's cell begins and ends."""
        edges = np.linspace(*self.visible_range, width + 1)
        edges[-1] = np.nextafter(edges[-1], np.inf)
        cell = cell_of(x, self.visible_range, width)
        return float(edges[cell]), float(edges[cell + 1])

    def _legend_entry(self, index: int, line: Line, width: int) -> LegendEntry:
        style = ChartStyle.LINE + self._style(index)
        values = self._values_at_cursor(line, width)
        if self.error_rate and values is not None:
            mean, low, high = values
            values = (1 - mean, 1 - high, 1 - low)
        if values is None:
            return LegendEntry(self._letter(index), line.name, None, style)
        mean, low, high = values
        spread = (low, high) if low < high else None
        return LegendEntry(self._letter(index), line.name, mean, style, spread)

    def _values_at_cursor(self, line: Line, width: int) -> tuple[float, float, float] | None:
        """Mean, least and greatest value in the cursor's cell; else the nearest one three times."""
        curve, x = line.curve, self.cursor.x
        if x is None:
            found = curve.nearest(curve.last_step)
        else:
            edges = np.array(self._cursor_cell(x, width))
            steps = axes.steps_of(self.axis, line, edges)
            if curve.count(steps[0], steps[1]) > 1:
                columns = curve.columns(steps)
                return float(columns.mean[0]), float(columns.low[0]), float(columns.high[0])
            found = curve.nearest(float(np.floor(axes.step_of(self.axis, line, x))))
        return None if found is None else (found[1], found[1], found[1])

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
        if self.error_rate:
            raw = raw.complement()
            smooth = None if smooth is None else 1 - smooth
        return PlottedLine(index, self._style(index), raw, smooth, self._letter(index), line.layer)

    def _diverges(self, plotted: Sequence[PlottedLine]) -> bool:
        return self.automatic_log and any(diverges(line.raw.mean) for line in plotted)

    def _update_limits(self, plotted: Sequence[PlottedLine], logarithmic: bool) -> Range:
        low = np.concatenate([np.empty(0), *(line.raw.low for line in plotted)])
        high = np.concatenate([np.empty(0), *(line.raw.high for line in plotted)])
        if logarithmic:
            finite = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
            limits = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
        else:
            limits = robust_range(low, high)
        return self._y_limits.update(float(limits[0]), float(limits[1]), logarithmic)

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
