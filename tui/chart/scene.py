"""A chart without its widget: its lines, its view, and the cells that they result in.

Every setting of a chart is an attribute here; its cells follow from these, the size, and the limits
of y that were drawn last. So charts are tested as text, without an app.
"""

import math
from collections.abc import Sequence

import numpy as np

from core.run.pyramid import Float64s
from tui.chart import axes, readings
from tui.chart.axes import Axis, XAxis
from tui.chart.cells import cell_of, edges_of
from tui.chart.cursor import Cursor
from tui.chart.layout import Layout
from tui.chart.legend import LegendEntry, LineLabel, digits_for
from tui.chart.line_letters import letter_of, lettered, line_label
from tui.chart.marks import MarkIndex
from tui.chart.paint import PlottedLine, paint
from tui.chart.palette import LINE_STYLES, ChartStyle
from tui.chart.placed_marks import nonfinite_notes, placed_marks
from tui.chart.readings import Values
from tui.chart.rule import Plan, rule
from tui.chart.stops import next_stop, stops
from tui.chart.ticks import step_labels
from tui.chart.traces import Line, Trace, combined, smoothed, trace
from tui.chart.viewport import Range, Viewport, YLimits, diverges, robust_range
from tui.terminal.characters import Glyphs
from tui.widgets.canvas import Canvas

LABEL_WIDTH = 7
"""Cells for the y labels, the same on every chart, so that charts below each other align."""
MIN_FRAMED_SIZE = (24, 4)
"""Width and height in cells below which a plot has no labels."""
MIN_RULED_HEIGHT = 7
"""Height in cells below which the x axis has no rule, and so no signs of marks."""
MANY_LETTERS = 4
"""So many letters below each other would be more than a row from some of their lines."""
MAX_NOTE_MARKS = 3
"""How many marks at the cursor are written out."""


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
        self.reference = ""
        """The name of the line that is subtracted from all, or of a member; "" for none."""
        self.lines: Sequence[Line] = ()
        self.marks = MarkIndex()
        self.step_unit = "steps"
        """What is counted along an axis of steps, in the plural."""
        self.planned_steps = 0
        self.planned_epochs = 0
        self.is_planned = True
        """Whether the axis ends at a plan, and not where runs have ended."""
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
        self._smoothed: dict[int, Float64s | None] = {}
        """What was drawn last of each line that is smoothed, by column of dots."""
        self._digits = 4
        """How many digits of values the limits of y that were drawn last ask for."""

    def extent(self) -> tuple[Range, float]:
        """The full range of the x axis, and the newest value's position on it."""
        lines = [line for scene in self.linked for line in scene.lines]
        first, newest = axes.extent(self.axis, lines)
        if references := [line for scene in self.linked if (line := scene.reference_line)]:
            newest = min(newest, axes.extent(self.axis, references)[1])
        return self.viewport.full(first, newest, self._planned), newest

    @property
    def _planned(self) -> int:
        """Where the plan ends on the axis; 0 without one."""
        if self.axis is Axis.STEP:
            return max(scene.planned_steps for scene in self.linked)
        if self.axis is Axis.EPOCH:
            return max(scene.planned_epochs for scene in self.linked)
        return 0

    def _plan(self, edges: Float64s) -> Plan | None:
        """The plan's end; None if it is not between these edges of cells, or exceeded."""
        planned, newest = self._planned, self.extent()[1]
        is_planned = any(scene.is_planned for scene in self.linked)
        if not (planned and is_planned) or newest > planned or not edges[0] < planned <= edges[-1]:
            return None
        cell = cell_of(edges, planned)
        return Plan(cell, step_labels([planned])[0], is_reached=cell_of(edges, newest) >= cell - 1)

    @property
    def visible_range(self) -> Range:
        """The visible range of the x axis."""
        return self.viewport.range(*self.extent())

    def next_axis(self) -> None:
        """Switch to the next kind of x axis that is known of any line, at full range."""
        known = {axis for axis in Axis for line in self.lines if axes.timeline_of(axis, line)}
        kinds = [axis for axis in Axis if axis is Axis.STEP or axis in known]
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
        x = self._x_axis(canvas.width)
        edges = edges_of(x.shown, canvas.columns)
        cells = edges[:: self.glyphs.dots[0]]
        plotted = self._plot_lines(edges)
        self._smoothed = {id(self.lines[line.index]): line.smoothed for line in plotted}
        logarithmic = self._is_logarithmic(plotted)
        if logarithmic:
            plotted = [line.logarithm() for line in plotted]
        limits = self._update_limits(plotted, logarithmic)
        y = axes.y_axis(limits, logarithmic, canvas.height, self.glyphs.dots[1], label_width)
        if framed and y.ticks.width > label_width:
            return self.layout(width, height, y.ticks.width)
        self._digits = 4 if logarithmic else digits_for(*limits)
        at = self.cursor.x
        cursor = None if at is None else cell_of(cells, at)
        marks = placed_marks(self.axis, self.lines, self.marks, cells)
        paint(canvas, plotted, marks, y.limits, cursor)
        plan = self._plan(cells)
        x = x.until(plan.cell) if plan else x
        below_plot: Sequence[tuple[str, int]] = ()
        if ruled:
            below_plot = rule(canvas.width, self.glyphs, x.ticks.cells, x.minor, marks, plan)
        return Layout(canvas, x, y, left, below_plot, framed, logarithmic)

    def settings(self, logarithmic: bool) -> list[str]:
        """In words, every setting of the view that is not the default."""
        words = {
            f"minus {self.reference}": self.reference_line is not None,
            "error rate": self.error_rate,
            "log": logarithmic and self.logarithmic,
            "log, as it diverges": logarithmic and not self.logarithmic,
            f"smoothed {self.smoothing:g}": self.smoothing,
            "by epoch": self.axis is Axis.EPOCH,
            "by time": self.axis is Axis.RELATIVE,
            "by clock": self.axis is Axis.WALL,
            "whole plan": self.viewport.whole_plan and self.viewport.visible is None,
            "newest": self.viewport.following,
        }
        return [word for word, is_set in words.items() if is_set]

    def labels(self) -> list[LineLabel]:
        """The label of each line in the legend."""
        return [self._label(index) for index, line in enumerate(self.lines) if not line.is_void]

    def _label(self, index: int) -> LineLabel:
        return line_label(self.lines, index, self.glyphs, tinted=self.tinted)

    def legend_entries(self, width: int = 1) -> list[LegendEntry]:
        """Name and value of each line: in the cursor's cell of ``width``, or its newest value."""
        return [
            self._legend_entry(index, line, width)
            for index, line in enumerate(self.lines)
            if not line.is_void
        ]

    def cursor_note(self, width: int) -> str:
        """The cursor's position and the marks in its cell of ``width``; "" without a cursor."""
        x = self.cursor.x
        if x is None or not self.lines:
            return ""
        line = self.lines[0].parts[0]
        cell = np.array(self._cursor_cell(x, width))
        steps = axes.steps_of(self.axis, line, cell)
        marks = self.marks.between(float(steps[0]), float(steps[1]), MAX_NOTE_MARKS)
        notes = [*nonfinite_notes(self.axis, self.lines, cell), *(mark.text for mark in marks)]
        position = [
            readings.steps_note(self.axis, self.lines, x, steps, self.step_unit),
            axes.format_position(self.axis, x),
        ]
        return "   ".join(text for text in [*position, *notes[:MAX_NOTE_MARKS]] if text)

    @property
    def cursor_step(self) -> float | None:
        """The step of the first line at the cursor; None without a cursor or beyond the line."""
        if self.cursor.x is None or not self.lines:
            return None
        step = axes.step_of(self.axis, self.lines[0].parts[0], self.cursor.x)
        return step if math.isfinite(step) else None

    def stop_cursor(self, direction: int) -> None:
        """Move the cursor to the next evaluation, mark or NaN; to the one before if negative."""
        lines = [line for scene in self.linked for line in scene.lines]
        found = stops(self.axis, lines, [scene.marks for scene in self.linked])
        self.cursor.x = next_stop(found, self.cursor.x, direction)

    def shown_range(self, width: int) -> Range:
        """What the x axis of a plot of ``width`` cells shows: the visible range, or a bit more."""
        return self._x_axis(width).shown

    def _x_axis(self, width: int) -> XAxis:
        """The x axis of a plot of ``width`` cells, which shows the visible range.

        Where many lines end at its end, with the plan, it has as many cells more for letters.
        """
        start, stop = self.visible_range
        letters = max(len(lettered(scene.lines)) for scene in self.linked)
        if MANY_LETTERS <= letters < width // 2 and stop == self._planned:
            newest = self.extent()[1]
            if newest > stop - letters * (stop - start) / width:
                stop += letters * (stop - start) / (width - letters)
        return axes.x_axis(self.axis, (start, stop), width)

    def _cursor_cell(self, x: float, width: int) -> Range:
        """The positions on the axis where the cursor's cell begins and ends."""
        edges = self._edges(width)[:: self.glyphs.dots[0]]
        cell = cell_of(edges, x)
        return float(edges[cell]), float(edges[cell + 1])

    def _edges(self, width: int) -> Float64s:
        """Where the columns of dots of a plot of ``width`` cells begin, and where the last ends."""
        return edges_of(self.shown_range(width), width * self.glyphs.dots[0])

    @property
    def reference_line(self) -> Line | None:
        """The line that is subtracted from all, if there is one."""
        if not self.reference:
            return None
        for line in self.lines:
            if any(part.name == self.reference for part in line.parts):
                return line
        return None

    def _legend_entry(self, index: int, line: Line, width: int) -> LegendEntry:
        label, style = self._label(index), ChartStyle.LINE + self._style(index)
        reference, values = self.reference_line, None
        if reference is None:
            values = self._values(line, self.cursor.x, width)
        else:
            x = self.cursor.x if self.cursor.x is not None else self._last_shown(line, reference)
            both = (self._values(line, x, width), self._values(reference, x, width))
            values = both[0].minus(both[1].mean) if both[0] and both[1] else None
        if values is None:
            return LegendEntry(label, None, style)
        has_spread = values.low < values.high and line is not reference
        spread = (values.low, values.high) if has_spread else None
        signed = reference is not None
        is_group = bool(line.members)
        digits = self._digits
        return LegendEntry(label, values.mean, style, spread, is_group, signed, digits)

    def _last_shown(self, *lines: Line) -> float:
        """The last visible position at which all of these lines have values."""
        return min(self.visible_range[1], *(axes.extent(self.axis, [line])[1] for line in lines))

    def _values(self, line: Line, x: float | None, width: int) -> Values | None:
        """The values in the cell of a position, or the newest."""
        if x is None:
            values = readings.newest(line)
        else:
            values = readings.in_cell(self.axis, line, x, self._cursor_cell(x, width))
        if values is None:
            return None
        values = values.complement() if self.error_rate else values
        smooth = self._smoothed.get(id(line))
        if smooth is None or self.reference:
            return values
        column = None if x is None else cell_of(self._edges(width), x)
        mean = readings.at_column(smooth, column)
        return values if mean is None else values.smoothed(mean, is_newest=x is None)

    def _plot_lines(self, edges: Float64s) -> list[PlottedLine]:
        plotted = [
            self._plot_line(index, line, edges)
            for index, line in enumerate(self.lines)
            if self.axis is Axis.STEP or axes.timeline_of(self.axis, line.parts[0]) is not None
        ]
        reference = self.reference_line
        if reference is None:
            return plotted
        base = [line.values for line in plotted if self.lines[line.index] is reference]
        return [line.minus(base[0]) for line in plotted] if base else plotted

    def _plot_line(self, index: int, line: Line, edges: Float64s) -> PlottedLine:
        found = [self._trace(part, edges) for part in line.parts]
        raw, smooth = found[0]
        if line.members:
            means = [raw.mean if smooth is None else smooth for raw, smooth in found]
            ends = [raw.ends if smooth is None else smooth for raw, smooth in found]
            raw, smooth = combined(means, ends, [raw.points for raw, _ in found]), None
        letter, number = letter_of(self.lines, index), index if line.style is None else line.style
        return PlottedLine(
            index,
            number % LINE_STYLES,
            number // LINE_STYLES,
            raw,
            smooth,
            letter,
            line.layer,
            has_band=self._has_band(line),
            is_void=line.is_void,
            newest=self._newest_visible(line, edges) if letter and smooth is None else math.nan,
        )

    def _newest_visible(self, line: Line, edges: Float64s) -> float:
        """The newest value of a line, as its letter is ordered by; NaN where it is not visible."""
        values = readings.newest(line)
        if values is None or axes.extent(self.axis, [line])[1] > edges[-1]:
            return math.nan
        return 1 - values.mean if self.error_rate else values.mean

    def _has_band(self, line: Line) -> bool:
        """Whether the band of a line is drawn."""
        if line.has_band is not None or line.is_void:
            return bool(line.has_band)
        return bool(line.members) or line.layer > 0 or len(self.lines) == 1

    def _trace(self, line: Line, edges: Float64s) -> tuple[Trace, Float64s | None]:
        """A line by column of dots, and smoothed if lines are."""
        timeline = axes.timeline_of(self.axis, line)
        origin = axes.origin(self.axis, line)
        raw, smooth = trace(line.curve, edges, timeline, origin), None
        if self.smoothing:
            smooth = smoothed(line.curve, edges, timeline, origin, self.smoothing)
        if self.error_rate:
            raw = raw.complement()
            smooth = None if smooth is None else 1 - smooth
        return raw, smooth

    def _is_logarithmic(self, plotted: Sequence[PlottedLine]) -> bool:
        """Whether the y axis is logarithmic, as was chosen or as values diverge."""
        if self.reference_line is not None:  # differences are of both signs
            return False
        return self.logarithmic or (
            self.automatic_log and any(diverges(line.raw.mean) for line in plotted)
        )

    def _update_limits(self, plotted: Sequence[PlottedLine], logarithmic: bool) -> Range:
        low = np.concatenate([np.empty(0), *(line.drawn[0] for line in plotted)])
        high = np.concatenate([np.empty(0), *(line.drawn[1] for line in plotted)])
        if logarithmic:
            finite = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
            limits = (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)
        else:
            limits = robust_range(low, high)
        return self._y_limits.update(float(limits[0]), float(limits[1]), logarithmic)

    def _style(self, index: int) -> int:
        style = self.lines[index].style
        return (index if style is None else style) % LINE_STYLES
