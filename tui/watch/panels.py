"""The tiles of a page: a chart, a heatmap, texts, or images.

A page has as many tiles as fit. Each shows one item, and another one after turning the page.
"""

import time
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from core.run.durations import duration
from core.tfevents.items import Histogram, Image, Text
from data.errors import DataError
from tui.chart.chart import Chart
from tui.chart.cursor import Cursor
from tui.chart.viewport import Viewport
from tui.terminal.characters import Glyphs
from tui.watch.heatmap import heatmap_image, value_range
from tui.watch.images import DisplayMode, arrange_in_rows, image_strips
from tui.watch.model import TagItem, WatchModel
from tui.watch.scene import RunScene
from tui.widgets.half_blocks import Tones, render_image
from tui.widgets.strip_widget import StripWidget
from tui.widgets.text_widget import Span, TextWidget, align_right, fit

LABEL_WIDTH = 9
"""Width of the y labels, in cells."""
BLACK = Color.from_rgb(18, 18, 18)
IMAGE_ROWS, SEVERAL_ROWS = 28, 14
"""Maximum height of an image in cells: one alone, and several."""


class RunChart(Chart):
    """One scalar tag of all runs; the x range and the cursor are shared with other charts."""

    class Pointed(Message):
        """The mouse changed the x range or the cursor."""

    def __init__(self, glyphs: Glyphs, window: Viewport, cursor: Cursor) -> None:
        super().__init__(glyphs=glyphs)
        self.scene = RunScene(glyphs, logarithmic=False)
        self.scene.viewport, self.scene.cursor = window, cursor

    def show_item(self, tag: str, model: WatchModel) -> None:
        """Draw the curves of a tag."""
        lines = model.lines(tag)
        names = dict.fromkeys(line.name for line in lines)
        # A single curve has no letter, so its run is named if there are others.
        run_name = f"   {next(iter(names))}" if len(names) == 1 < len(model.visible_runs) else ""
        self.title = tag + run_name
        self.show(lines)

    @on(events.Click)
    @on(events.MouseMove)
    @on(events.MouseScrollUp)
    @on(events.MouseScrollDown)
    def _pointed(self) -> None:
        """Textual calls this in addition to the handlers of `Chart`, which do the work."""
        self.post_message(self.Pointed())


class Heatmap(StripWidget):
    """Histograms of one tag over steps: the more values in a cell, the brighter it is."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"heatmap--title", "heatmap--label", "heatmap--max"}
    DEFAULT_CSS = """
    Heatmap {
        & > .heatmap--title { color: $foreground; text-style: bold; }
        & > .heatmap--label { color: $foreground 55%; }
        & > .heatmap--max { color: #56b4e9; }
        &:light > .heatmap--max { color: #0072b2; }
    }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._title = ""
        self._histograms: Sequence[Histogram] = ()

    def show_item(self, item: TagItem[Histogram], model: WatchModel) -> None:
        """Draw a tag of one run."""
        self._title, self._histograms = title_of(item, model), item.values
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """Title, image with the minimum and maximum value at its left, and the steps."""
        label, limits = self._style("label"), value_range(self._histograms)
        top = Strip(
            [Segment(self._glyphs.displayable(fit(self._title, width)), self._style("title"))]
        )
        if limits is None or height < 3 or width < 3 * LABEL_WIDTH:
            note = "" if self._histograms and limits else "no finite values"
            return [top, Strip([Segment(note, label)])]
        size = Size(width - LABEL_WIDTH, height - 2)
        ends = {0: _edge_text(limits[1]), size.height - 1: _edge_text(limits[0])}
        body = [
            Strip([Segment(align_right(ends.get(y, ""), LABEL_WIDTH - 1) + " ", label), *strip])
            for y, strip in enumerate(self._picture(limits, size))
        ]
        steps = [f"{histogram.step:,}" for histogram in self._histograms]
        last = steps[-1] if len(steps) > 1 else ""
        below = " " * LABEL_WIDTH + steps[0] + align_right(last, size.width - len(steps[0]))
        return [top, *body, Strip([Segment(below, label)])]

    def _picture(self, limits: tuple[float, float], size: Size) -> list[Strip]:
        max_rows = self.get_component_rich_style("heatmap--max").color or BLACK
        tones = Tones(self.rich_style.bgcolor or BLACK, max_rows)
        ascii_only = self._glyphs is Glyphs.ASCII
        values = heatmap_image(self._histograms, limits, 2 * size.height, size.width)
        return render_image(values, tones, ascii_only=ascii_only)

    def _style(self, name: str) -> Style:
        style = self.get_component_rich_style(f"heatmap--{name}")
        return Style(color=style.color, bold=style.bold)


class TextTile(TextWidget):
    """The texts of one tag, newest first."""

    DEFAULT_CSS = "TextTile { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self._texts: Sequence[Text] = ()

    def show_item(self, item: TagItem[Text], model: WatchModel) -> None:
        """Show a tag of one run."""
        self._title, self._texts = title_of(item, model), item.values
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
    """The newest images of one tag."""

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

    def show_item(self, item: TagItem[Image], model: WatchModel) -> None:
        """Show a tag of one run."""
        self._title, self._image = title_of(item, model), item.values[-1]
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The title with the step, and as many images as fit."""
        image = self._image
        if image is None:
            return []
        step = f"   step {image.step:,}"
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


def _edge_text(value: float) -> str:
    """Return a value with as many digits as fit."""
    texts = (f"{value:.{digits}g}" for digits in (4, 3, 2))
    return next((text for text in texts if len(text) < LABEL_WIDTH), f"{value:.1g}")


def title_of(item: TagItem[object], model: WatchModel) -> str:
    """Return the tag, and the run if several are visible."""
    return item.tag + (f"   {item.run_view.name}" if len(model.visible_runs) > 1 else "")


def age_text(when: float | None) -> str:
    """Return how long ago a time (seconds since 1970) was: ``7 s``, ``3 min``, ``2 h``, ``5 d``."""
    return "" if when is None else duration(time.time() - when, "coarse")
