"""The rows of a chart: its title with the values, the plot with its labels, the axis below.

On a screen, in a pipe and in a picture they are the same.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.chart import frame
from tui.chart.axes import Axis
from tui.chart.fault import fault_text
from tui.chart.layout import Layout
from tui.chart.legend import Legend, rows_needed
from tui.chart.palette import STYLE_COUNT, ChartStyle
from tui.chart.scene import Scene
from tui.widgets.canvas import CellRow, runs_of

PLAIN = [Style()] * STYLE_COUNT
"""The styles of a chart without colours, by `ChartStyle`."""


class Drawing(NamedTuple):
    """The rows of a chart, and what they are made from; no layout on a chart of one row."""

    strips: list[Strip]
    layout: Layout | None
    fault: Exception | None = None
    """Why there is a sentence in the place of the chart, if there is."""


def draw(
    scene: Scene,
    title: str,
    width: int,
    height: int,
    styles: Sequence[Style] = PLAIN,
    *,
    labelled: bool = True,
    strips: "StripCache | None" = None,
) -> Drawing:
    """Draw a chart of ``width`` x ``height`` cells, with the rows in ``strips`` that are equal.

    Where that fails, draw its title and a sentence about the error: the other charts go on.
    """
    cache = StripCache() if strips is None else strips
    try:
        rows = rows_needed(title, scene.labels(), width, height)
        layout = scene.layout(width, height - rows) if height > rows and width > 1 else None
        top = _legend(scene, title, layout).strips(width, rows, styles)
        below = plot_strips(scene, layout, styles, cache, labelled=labelled) if layout else []
    except Exception as error:  # noqa: BLE001 - an error of any kind is said
        return Drawing(_sentence(error, title, width, height, styles), None, error)
    return Drawing([*top, *below], layout)


def _legend(scene: Scene, title: str, layout: Layout | None) -> Legend:
    plot_width = layout.canvas.width if layout else 1
    settings = scene.settings(layout.logarithmic if layout else scene.logarithmic)
    return Legend(
        " · ".join([title, *settings]),
        scene.cursor_note(plot_width),
        scene.legend_entries(plot_width),
        scene.glyphs,
    )


def _sentence(
    error: Exception, title: str, width: int, height: int, styles: Sequence[Style]
) -> list[Strip]:
    """The rows in the place of a chart that cannot be drawn."""
    lines = [(title, ChartStyle.TITLE)]
    lines += [(row, ChartStyle.AXIS) for row in wrap(fault_text(error), max(1, width))]
    said = [Strip([Segment(text, styles[style])]) for text, style in lines[:height]]
    rows = [strip.adjust_cell_length(width) for strip in said]
    return rows + [Strip.blank(width)] * (height - len(rows))


class StripCache:
    """The rows of the last frame: most of the next one are the same, and making them costs most."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, CellRow], Strip] = {}

    def strips(
        self, labels: Sequence[str], rows: Sequence[CellRow], styles: Sequence[Style]
    ) -> list[Strip]:
        """The rows with their labels; those of the last call are the same objects."""
        last, self._last = self._last, {}
        for label, row in zip(labels, rows, strict=True):
            key = label, row
            strip = last.get(key)
            if strip is None:
                segments = [Segment(text, styles[style]) for text, style in runs_of(row)]
                strip = Strip([Segment(label, styles[ChartStyle.AXIS]), *segments])
            self._last[key] = strip
        return [self._last[label, row] for label, row in zip(labels, rows, strict=True)]


def plot_strips(
    scene: Scene,
    layout: Layout,
    styles: Sequence[Style],
    cache: StripCache,
    *,
    labelled: bool = True,
) -> list[Strip]:
    """The rows of a plot with its labels, which are left blank unless it is ``labelled``."""
    canvas, left, axis = layout.canvas, layout.left, styles[ChartStyle.AXIS]
    labels, below = [""] * canvas.height, list[str]()
    if layout.framed:
        width, height = canvas.width + layout.y.ticks.width, canvas.height + 1
        rows = frame.frame(width, height, layout.x.ticks, layout.y.ticks) if labelled else ()
        labels = [*(rows or [" " * width] * height)]
        below = [_with_unit(labels.pop(), scene) if labelled else labels.pop()]
    strips = cache.strips([label[:left] for label in labels], canvas.cells(), styles)
    if layout.rule:
        segments = [Segment(text, styles[style]) for text, style in layout.rule]
        strips.append(Strip([Segment(" " * left, axis), *segments]))
    return strips + [Strip([Segment(label, axis)]) for label in below]


def _with_unit(labels: str, scene: Scene) -> str:
    """The labels of an x axis, with their unit left of them if there is room."""
    unit = scene.step_unit if scene.axis is Axis.STEP else ""
    room = len(labels) - len(labels.lstrip())
    return unit + labels[len(unit) :] if room > len(unit) else labels
