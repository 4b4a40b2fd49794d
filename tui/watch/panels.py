"""The tiles of a page: a chart, a heatmap, texts, or images.

A page has as many tiles as fit. Each shows one item, and another one after turning the page.
"""

import time
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from core.run.durations import duration
from core.run.metric_names import is_accuracy
from core.tfevents.bounded import Storable
from core.tfevents.items import Histogram, Image, Text
from data.errors import DataError
from tui.chart.chart import Chart
from tui.chart.cursor import Cursor
from tui.chart.traces import Line
from tui.chart.viewport import Viewport
from tui.terminal.characters import Glyphs
from tui.watch.images import DisplayMode, arrange_in_rows, image_strips
from tui.watch.model import TagItem, WatchModel
from tui.widgets.heatmap import HeatmapGrid, HistogramSeries, full_range
from tui.widgets.strip_widget import StripWidget
from tui.widgets.text_widget import Span, TextWidget, fit

IMAGE_ROWS, SEVERAL_ROWS = 28, 14
"""Maximum height of an image in cells: one alone, and several."""


class RunChart(Chart):
    """One scalar tag of all runs; the x range and the cursor are shared with other charts."""

    def __init__(self, glyphs: Glyphs, window: Viewport, cursor: Cursor) -> None:
        super().__init__(glyphs=glyphs)
        self.scene.viewport, self.scene.cursor = window, cursor

    def show_item(self, tag: str, model: WatchModel) -> None:
        """Draw the curves of a tag."""
        lines = model.lines(tag)
        self.title = model.title(tag, lines)
        self.scene.step_unit = model.step_unit(tag)
        self.shows_fractions = is_accuracy(tag) and _are_fractions(lines)
        self.show(lines)


def _are_fractions(lines: Sequence[Line]) -> bool:
    """Whether all values are from 0 to 1."""
    for line in lines:
        steps = np.array([line.curve.first_step, line.curve.last_step + 1], np.float64)
        columns = line.curve.columns(steps)
        if columns.low[0] < 0 or columns.high[0] > 1:
            return False
    return True


class HistogramTile(HeatmapGrid):
    """The histograms of one tag over steps."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.ascii_only = glyphs is Glyphs.ASCII

    def show_item(self, item: TagItem[Histogram], model: WatchModel) -> None:
        """Draw a tag of one run."""
        titles = (title_of(item, model),)
        self.show([[HistogramSeries(titles, item.values, full_range(item.values))]])


class TextTile(TextWidget):
    """The texts of one tag, newest first."""

    DEFAULT_CSS = "TextTile { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self._texts: Sequence[Text] = ()

    def show_item(self, item: TagItem[Text], model: WatchModel) -> None:
        """Show a tag of one run."""
        self._title, self._texts = title_of(item, model), item.until(model.shown_step)
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """The title, and the step and text of each item, as far as they fit."""
        lines: list[list[Span]] = [[(fit(self._title, width), "title")]]
        for text in reversed(self._texts):
            lines.append([(f"step {text.step:,}", "dim")])
            for line in text.text.split("\n"):
                lines += [[(part, "text")] for part in chop_cells(line, max(2, width)) or [""]]
            if len(lines) >= height:
                break
        return lines


class ImageTile(StripWidget):
    """The images of one tag at one step."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"image-tile--title", "image-tile--note"}
    DEFAULT_CSS = """
    ImageTile {
        & > .image-tile--title { color: $foreground; text-style: bold; }
        & > .image-tile--note { color: $foreground 60%; }
    }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._title = ""
        self._image: Image | None = None
        self._place = ""

    def show_item(self, item: TagItem[Image], model: WatchModel) -> None:
        """Show a tag of one run."""
        shown = item.until(model.shown_step)
        self._title, self._image = title_of(item, model), shown[-1]
        several = len(item.values) > 1
        self._place = f"   {len(shown):,} of {len(item.values):,}" if several else ""
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The title with the step, and as many images as fit."""
        image = self._image
        if image is None:
            return []
        step = f"   step {image.step:,}{self._place}"
        title = fit(self._title, max(0, min(cell_len(self._title), width - len(step))))
        top = [
            Segment(self._glyphs.displayable(title), self._style("title")),
            Segment(step, self._style("note")),
        ]
        max_rows = IMAGE_ROWS if len(image.encoded) == 1 else SEVERAL_ROWS
        rows = max(1, min(max_rows, height - 1))
        images = [self._image_strips(content, width, rows) for content in image.encoded]
        return [Strip(top), *arrange_in_rows(images, width)]

    def _image_strips(self, content: bytes, width: int, rows: int) -> Sequence[Strip]:
        mode = DisplayMode(self._glyphs is Glyphs.ASCII, colours=not self.app.no_color)
        try:
            return image_strips(content, width, rows, mode)
        except DataError as error:
            return [Strip([Segment(str(error), self._style("note"))])]

    def _style(self, name: str) -> Style:
        style = self.get_component_rich_style(f"image-tile--{name}")
        return Style(color=style.color, bold=style.bold)


def title_of(item: TagItem[Storable], model: WatchModel) -> str:
    """Return the tag, and the run if several are visible."""
    return item.tag + (f"   {item.run_view.name}" if len(model.visible_runs) > 1 else "")


def age_text(when: float | None) -> str:
    """Return how long ago a time (seconds since 1970) was: ``7 s``, ``3 min``, ``2 h``, ``5 d``."""
    return "" if when is None else duration(time.time() - when, "coarse")
