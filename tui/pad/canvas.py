"""The drawing area of the pad: ink, boxes, the keyboard cursor, and a hint while it is empty."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.pad.boxes import DigitBox, Mark, box_marks
from tui.pad.drawing import Drawing, Point, Points
from tui.pad.raster import PadRaster
from tui.widgets.half_blocks import GREY, GREY_LEVELS, RAMP, Tones, half_blocks

MAX_ROWS = 80
"""More would make each repaint slow, and no digit needs them."""
KEYS_HINT = "drag, or arrows and space", "right drag or e erases"


class DrawingCanvas(Widget):
    """A square drawing area that fills its container, up to 160x80 cells."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "drawing-canvas--ink",
        "drawing-canvas--hint",
        "drawing-canvas--cursor",
        "drawing-canvas--box",
        "drawing-canvas--digit",
    }
    DEFAULT_CSS = """
    DrawingCanvas { width: auto; height: auto; }
    DrawingCanvas > .drawing-canvas--ink { color: $foreground; background: $surface; }
    DrawingCanvas > .drawing-canvas--hint { color: $text-muted; background: $surface; }
    DrawingCanvas > .drawing-canvas--cursor {
        color: $accent; background: $surface; text-style: bold;
    }
    DrawingCanvas > .drawing-canvas--box { color: $accent 50%; background: $surface; }
    DrawingCanvas > .drawing-canvas--digit {
        color: $accent; background: $surface; text-style: bold;
    }
    """

    ascii = reactive(False, repaint=False)
    """Whether to draw with ASCII characters instead of half blocks."""

    def __init__(
        self,
        drawing: Drawing,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(DrawingCanvas.ascii, ascii_only)
        self._drawing = drawing
        self._raster = PadRaster(1, GREY_LEVELS)
        self._tones: Tones | None = None
        self._cursor: Point | None = None
        self._cursor_glyph = "[]"
        self._hint_shown = True
        self._subject = "a digit "
        self._boxes: Sequence[DigitBox] = ()
        self._marks: dict[int, list[Mark]] = {}
        """The characters of the boxes, by row."""

    # -- the drawing -------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw all strokes again."""
        self._show_hint(self._drawing.is_empty)
        self._refresh_cells(self._raster.redraw(self._drawing.strokes))

    def add_segment(self, points: Points, width: float) -> None:
        """Draw a line that was just added to the drawing; cheaper than `redraw`."""
        self._show_hint(False)
        self._refresh_cells(self._raster.add_segment(points, width))

    def show_cursor(self, at: Point | None, glyph: str = "[]") -> None:
        """Show a cursor of two cells at a point in the unit square, or hide it."""
        if (at, glyph) == (self._cursor, self._cursor_glyph):
            return
        self._refresh_cursor()
        self._cursor, self._cursor_glyph = at, glyph
        self._refresh_cursor()

    def show_boxes(self, boxes: Sequence[DigitBox]) -> None:
        """Draw a box around each digit, where there is no ink; only rows that change are sent."""
        self._boxes = boxes
        before, self._marks = self._marks, self._marks_now()
        rows = [
            row
            for row in sorted({*before, *self._marks})
            if before.get(row) != self._marks.get(row) and row < self.rows
        ]
        self._refresh_cells([Region(0, row, 2 * self.rows, 1) for row in rows])

    def _marks_now(self) -> dict[int, list[Mark]]:
        return box_marks(self._boxes, self.rows, ascii_only=self.ascii)

    def ask_for_digits(self, digits: bool) -> None:
        """Say on the empty pad that a digit is to be drawn, or only that it is the place to."""
        subject = "a digit " if digits else ""
        if subject != self._subject:
            self._subject = subject
            self._refresh_all()

    def _show_hint(self, shown: bool) -> None:
        if shown != self._hint_shown:
            self._hint_shown = shown
            self._refresh_cells([Region(0, row, 2 * self.rows, 1) for row in self._hint_rows()])

    def _refresh_cursor(self) -> None:
        if self._cursor is not None:
            column, row = self._cell(self._cursor)
            self._refresh_cells([Region(column, row, 2, 1)])

    def _cell(self, point: Point) -> tuple[int, int]:
        """Return column and row of the two cells at a point."""
        x, y = (min(int(v * self.rows), self.rows - 1) for v in point)
        return 2 * x, y

    # -- size --------------------------------------------------------------------------------------

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002
        """Return twice the number of rows, which is a square."""
        return 2 * self._rows_in(container)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return the rows that fit the container."""
        return min(self._rows_in(container), max(1, width // 2))

    def _rows_in(self, container: Size) -> int:
        return max(1, min(MAX_ROWS, container.height, container.width // 2))

    @property
    def rows(self) -> int:
        """Height in cells; the width is twice that."""
        return self._raster.side // 2

    def on_resize(self) -> None:
        """Draw the strokes at the new size."""
        rows = max(1, min(self.size.height, self.size.width // 2))
        self._raster = PadRaster(rows, GREY_LEVELS)
        self._raster.redraw(self._drawing.strokes)
        self._marks = self._marks_now()
        self._refresh_all()

    # -- painting ----------------------------------------------------------------------------------

    def _refresh_cells(self, regions: list[Region]) -> None:
        """Repaint these regions."""
        if regions:  # refresh() without regions repaints everything
            self.refresh(*regions)

    def _refresh_all(self) -> None:
        self._tones = None
        self.refresh()

    def _hint_rows(self) -> dict[int, str]:
        """Return the lines of the hint by row; empty where they do not fit."""
        hint = [f"draw {self._subject}here", *KEYS_HINT]
        if self.rows < len(hint) + 2:
            return {}
        top = (self.rows - len(hint)) // 2
        return {top + i: text for i, text in enumerate(hint)}

    def watch_ascii(self) -> None:
        """Repaint with the other characters."""
        self._marks = self._marks_now()
        self._refresh_all()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._refresh_cursor()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._refresh_cursor()

    def notify_style_update(self) -> None:
        """Repaint with the colours of the new theme."""
        super().notify_style_update()
        self._refresh_all()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return these rows of cells, one at a time: ink changes few of them.

        Textual would look for borders, padding, opacity and links in each, of which there are
        none here, and take three times as long as it takes to draw the row.
        """
        width, (_, background) = self.size.width, self.background_colors
        beside = Style(bgcolor=background.rich_color)  # of rows that are drawn for another size
        strips = [self.render_line(y).adjust_cell_length(width, beside) for y in crop.line_range]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Return one row of cells."""
        paper = self.get_component_rich_style("drawing-canvas--hint")
        if y >= self.rows:
            return Strip.blank(self.size.width, paper)
        hint = self._hint_rows().get(y) if self._hint_shown else None
        if hint is not None and len(hint) <= 2 * self.rows:
            strip = Strip([Segment(hint.center(2 * self.rows), paper)])
        elif self.ascii:
            strip = self._ascii_row(y)
        else:
            top, bottom = self._raster.levels[2 * y : 2 * y + 2].tolist()
            strip = Strip(half_blocks(top, bottom, self._ink_tones().gradient(GREY_LEVELS)))
        return self._with_cursor(self._with_marks(strip, y), y)

    def _with_marks(self, strip: Strip, y: int) -> Strip:
        """The row with the boxes, where both pixels of a cell are paper."""
        marks = self._marks.get(y)
        if not marks:
            return strip
        ink: list[bool] = self._raster.levels[2 * y : 2 * y + 2].max(axis=0).astype(bool).tolist()
        for mark in sorted(marks, key=lambda mark: mark.is_text):
            kind = "digit" if mark.is_text else "box"
            style = self.get_component_rich_style(f"drawing-canvas--{kind}")
            for start, text in _on_paper(mark, ink):
                drawn = Strip([Segment(text, style)])
                strip = Strip.join([strip.crop(0, start), drawn, strip.crop(start + len(text))])
        return strip

    def _ascii_row(self, y: int) -> Strip:
        mean = self._raster.levels[2 * y : 2 * y + 2].mean(axis=0) / (GREY_LEVELS - 1)
        text = "".join(RAMP[level] for level in np.rint(mean * (len(RAMP) - 1)).astype(int))
        return Strip([Segment(text, self.get_component_rich_style("drawing-canvas--ink"))])

    def _with_cursor(self, strip: Strip, y: int) -> Strip:
        if self._cursor is None or not self.has_focus:
            return strip
        column, row = self._cell(self._cursor)
        if row != y:
            return strip
        style = self.get_component_rich_style("drawing-canvas--cursor")
        cursor = Strip([Segment(self._cursor_glyph, style)])
        return Strip.join([strip.crop(0, column), cursor, strip.crop(column + 2)])

    def _ink_tones(self) -> Tones:
        if self._tones is None:
            style = self.get_component_rich_style("drawing-canvas--ink")
            self._tones = Tones(style.bgcolor or GREY.low, style.color or GREY.high)
        return self._tones


def _on_paper(mark: Mark, ink: Sequence[bool]) -> Iterator[tuple[int, str]]:
    """The parts of a mark, with their columns, that lie on cells without ink."""
    part, start = "", mark.column
    for column, character in enumerate(mark.text, mark.column):
        if not ink[column]:
            start = start if part else column
            part += character
        elif part:
            yield start, part
            part = ""
    if part:
        yield start, part
