"""The sketch pad: a square field on which a digit is drawn with the mouse or with keys alone.

The widget knows ink and nothing of digits: it keeps strokes (``tui.pad_sheet``), shows them
(``tui.pad_raster``) and tells the screen that they changed; the screen decides when to ask a
network. A terminal reports the mouse in cells, many times in a stroke, and bytes are dear over
SSH, so a move of the pen repaints only the spans of cells whose grey changed.
"""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.pad_raster import PadRaster
from tui.pad_sheet import Point, Points, Sheet, State, clip_to_square
from tui.pixels import GREY, GREYS, RAMP, Tones, half_blocks

MOST_ROWS = 28
PEN = 0.085
"""The pen's width as a part of the field's side: MNIST's, when a digit fills two thirds of it."""
THINNEST, THICKEST = 0.03, 0.2
PEN_STEP = 0.01
HINT = ("draw a digit here", "drag, or arrows and space", "right drag or e erases")
TILE = 8
CURSORS = {"up": "[]", "down": "()", "erase": "{}"}


class _Tile(Widget):
    """A few columns of the field. Textual sends a changed row from its widget's left edge on."""

    ALLOW_SELECT = False
    DEFAULT_CSS = f"_Tile {{ width: {TILE}; height: 100%; }}"

    def __init__(self, left: int, row: Callable[[int], Strip]) -> None:
        super().__init__()
        self.left = left
        self._row = row

    def render_line(self, y: int) -> Strip:
        """This tile's part of a row of the field."""
        return self._row(y).crop(self.left, self.left + self.size.width)


class SketchPad(Widget, can_focus=True):
    """A square field of ink; as large as its container allows, up to 56x28 cells."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sketch-pad--ink",
        "sketch-pad--hint",
        "sketch-pad--cursor",
    }
    DEFAULT_CSS = """
    SketchPad { width: auto; height: auto; layout: horizontal; overflow: hidden; }
    SketchPad > .sketch-pad--ink { color: $foreground; background: $surface; }
    SketchPad > .sketch-pad--hint { color: $text-muted; background: $surface; }
    SketchPad > .sketch-pad--cursor { color: $accent; background: $surface; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(0,-1)", "Up", show=False, id="pad.up", tooltip="Move up"),
        Binding("down,j", "move(0,1)", "Down", show=False, id="pad.down", tooltip="Move down"),
        Binding("left,h", "move(-1,0)", "Left", show=False, id="pad.left", tooltip="Move left"),
        Binding("right,l", "move(1,0)", "Right", show=False, id="pad.right", tooltip="Move right"),
        Binding("space", "pen", "Pen", id="pad.pen", tooltip="Put the pen down or take it up"),
        Binding("e", "eraser", "Erase", id="pad.erase", tooltip="Change between pen and eraser"),
        Binding("u", "undo", "Undo", id="pad.undo", tooltip="Take the last stroke back"),
        Binding("r", "redo", "Redo", id="pad.redo", tooltip="Draw again what was taken back"),
        Binding("c", "clear", "Clear", id="pad.clear", tooltip="Start on an empty field"),
        Binding("p", "older", "Previous", id="pad.older", tooltip="Show the drawing before"),
        Binding("n", "newer", "Next", id="pad.newer", tooltip="Show the drawing after"),
        Binding(
            "plus,equals_sign",
            "pen_width(1)",
            "Thicker",
            show=False,
            id="pad.thicker",
            tooltip="A thicker pen (or the wheel)",
        ),
        Binding(
            "minus",
            "pen_width(-1)",
            "Thinner",
            show=False,
            id="pad.thinner",
            tooltip="A thinner pen (or the wheel)",
        ),
    ]

    pen = reactive(PEN, repaint=False)
    """The pen's width, as a part of the field's side."""
    erasing = reactive(False, repaint=False)
    """Whether the pen is an eraser; the right mouse button is one anyway."""
    pen_down = reactive(False, repaint=False)
    """Whether moving by keys draws."""
    ascii = reactive(False, repaint=False)
    """Whether to draw with letters instead of half blocks."""

    class Changed(Message):
        """There is other ink on the pad."""

        def __init__(self, pad: "SketchPad", finished: bool) -> None:
            super().__init__()
            self.pad = pad
            self.finished = finished
            """False while the pen is down."""

        @property
        def control(self) -> "SketchPad":
            """The pad, for ``@on`` with a selector."""
            return self.pad

        @property
        def strokes(self) -> list[Points]:
            """The ink by now, in the unit square, as ``data.ink`` takes it."""
            return self.pad.strokes

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.set_reactive(SketchPad.ascii, ascii_only)
        self._sheet = Sheet()
        self._raster = PadRaster(1, GREYS)
        self._strips: dict[int, Strip] = {}
        self._tones: Tones | None = None
        self._at: Point | None = None
        """Where the pen is while a mouse button is held."""
        self._mouse_erases = False
        self._cursor = (0.5, 0.5)
        self._cursor_shown = False
        self._hint_shown = True

    def compose(self) -> ComposeResult:
        """Tiles for the widest field; what lies beyond a smaller one is cut off."""
        for left in range(0, 2 * MOST_ROWS, TILE):
            yield _Tile(left, self._kept_row)

    # -- what others ask ---------------------------------------------------------------------------

    @property
    def strokes(self) -> list[Points]:
        """The ink: arrays ``[n, 2]`` in the unit square, y downward."""
        return self._sheet.strokes

    @property
    def lines(self) -> State:
        """The ink with the width of the pen."""
        return self._sheet.lines

    @property
    def empty(self) -> bool:
        """Whether nothing is drawn."""
        return self._sheet.empty

    def load(self, lines: State) -> None:
        """Show other ink; what was drawn is kept among the last drawings, and can be undone."""
        self._replaced(self._sheet.load(lines))

    # -- size --------------------------------------------------------------------------------------

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002
        """Twice as many columns as rows: a square."""
        return 2 * self._rows_in(container)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many rows as the container has, up to 28."""
        return min(self._rows_in(container), max(1, width // 2))

    def _rows_in(self, container: Size) -> int:
        return max(1, min(MOST_ROWS, container.height, container.width // 2))

    @property
    def rows(self) -> int:
        """Rows of cells that the field has; columns are twice that."""
        return self._raster.side // 2

    def on_resize(self) -> None:
        """Draw the same ink at the new size."""
        rows = max(1, min(self.size.height, self.size.width // 2))
        self._raster = PadRaster(rows, GREYS)
        self._raster.redraw(self._sheet.lines)
        self._repaint()

    # -- mouse -------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Set pen or eraser down."""
        if event.button not in (1, 3):
            return
        event.stop()
        self.capture_mouse()
        self.pen_down = False
        self._show_cursor(False)
        self._mouse_erases = self.erasing or event.button == 3
        self._sheet.begin()
        self._at = self._point(event)
        self._go(self._at, self._at, self._mouse_erases)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draw or erase on; which, the pad remembers: reports of motion may carry no button."""
        if self._at is None:
            return
        event.stop()
        here = self._point(event)
        self._go(self._at, here, self._mouse_erases)
        self._at = here

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lift the pen."""
        if self._at is not None:
            event.stop()
            self.release_mouse()
            self._end_drag()

    def on_mouse_release(self) -> None:
        """The mouse was taken away: another screen, or the window lost it."""
        if self._at is not None:
            self._end_drag()

    def _end_drag(self) -> None:
        self._at = None
        self._sheet.finish()
        self.post_message(self.Changed(self, True))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A thicker pen."""
        event.stop()
        self.action_pen_width(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A thinner pen."""
        event.stop()
        self.action_pen_width(-1)

    def _point(self, event: events.MouseEvent) -> Point:
        """Where the mouse is: the middle of its cell, unless the terminal told more."""
        corner = self.content_region
        x, y = event.pointer_screen_x - corner.x, event.pointer_screen_y - corner.y
        if x == int(x) and y == int(y):
            x, y = x + 0.5, y + 0.5
        return x / (2 * self.rows), y / self.rows

    # -- keys --------------------------------------------------------------------------------------

    def action_move(self, right: int, down: int) -> None:
        """One step of a row's height, drawing or erasing on the way if the pen is down."""
        edge = 0.5 / self.rows
        here = self._cursor
        x, y = (
            min(max((int(v * self.rows) + 0.5 + step) / self.rows, edge), 1 - edge)
            for v, step in zip(here, (right, down), strict=True)
        )
        self._refresh_cursor()
        self._cursor = (float(x), float(y))
        self._show_cursor(True)
        if not self.pen_down or self._cursor == here:
            return
        if self.erasing:
            self._go(here, self._cursor, True)
        else:
            self._step()

    def _step(self) -> None:
        if self._sheet.step(self._cursor):
            self._paint(self._raster.redraw(self._sheet.lines))
        else:
            self._paint(self._raster.draw(self._sheet.lines[-1].points[-2:], self.pen))
        self.post_message(self.Changed(self, False))

    def action_pen(self) -> None:
        """Put the pen down where the cursor is, or take it up."""
        self.pen_down = not self.pen_down
        self._show_cursor(True)
        if self.pen_down:
            self._sheet.begin()
            self._go(self._cursor, self._cursor, self.erasing)
        else:
            self._sheet.finish()
            self.post_message(self.Changed(self, True))

    def action_eraser(self) -> None:
        """Change between pen and eraser."""
        self.pen_down = False
        self._sheet.finish()
        self.erasing = not self.erasing
        self._refresh_cursor()

    def action_pen_width(self, steps: int) -> None:
        """Another width for the lines that follow."""
        self.pen = min(max(self.pen + steps * PEN_STEP, THINNEST), THICKEST)

    def action_undo(self) -> None:
        """Take the last gesture back."""
        self._replaced(self._sheet.undo())

    def action_redo(self) -> None:
        """Draw again what was taken back."""
        self._replaced(self._sheet.redo())

    def action_clear(self) -> None:
        """Start on an empty field."""
        self._replaced(self._sheet.clear())

    def action_older(self) -> None:
        """Show the drawing before."""
        self._replaced(self._sheet.older())

    def action_newer(self) -> None:
        """Show the drawing after."""
        self._replaced(self._sheet.newer())

    # -- ink ---------------------------------------------------------------------------------------

    def _go(self, start: Point, end: Point, erase: bool) -> None:
        """Take pen or eraser from one point to another, of which only the field's part counts."""
        if erase:
            if self._sheet.erase(start, end, max(self.pen, PEN)):
                self._paint(self._raster.redraw(self._sheet.lines))
        else:
            self._draw(start, end)
        self.post_message(self.Changed(self, False))

    def _draw(self, start: Point, end: Point) -> None:
        inside = clip_to_square(start, end)
        if inside is None:
            return
        if not self._sheet.drawing or inside[0] != start:
            self._sheet.start(inside[0], self.pen)
        if inside[1] != inside[0]:
            self._sheet.extend(inside[1])
        self._paint(self._raster.draw(np.array(inside), self.pen))
        if inside[1] != end:
            self._sheet.lift()

    def _replaced(self, changed: bool) -> None:
        self.pen_down = False
        if changed:
            self._paint(self._raster.redraw(self._sheet.lines))
            self.post_message(self.Changed(self, True))

    # -- showing -----------------------------------------------------------------------------------

    def _paint(self, regions: list[Region]) -> None:
        """Repaint these cells and, if ink came or went, the hint."""
        if self._sheet.empty != self._hint_shown:
            self._hint_shown = self._sheet.empty
            regions = [*regions, *(Region(0, row, 2 * self.rows, 1) for row in self._hints())]
        for region in regions:
            self._strips.pop(region.y, None)
        for tile in self.query_children(_Tile):
            place = Region(tile.left, 0, TILE, self.rows)
            touched = [region.intersection(place) for region in regions]
            if any(touched):
                tile.refresh(*(part.translate((-tile.left, 0)) for part in touched if part))

    def _repaint(self) -> None:
        self._strips.clear()
        self._tones = None
        for tile in self.query_children(_Tile):
            tile.refresh()

    def _show_cursor(self, shown: bool) -> None:
        self._cursor_shown = shown
        self._refresh_cursor()

    def _refresh_cursor(self) -> None:
        column, row = self._cursor_cell()
        self._paint([Region(column, row, 2, 1)])

    def _cursor_cell(self) -> tuple[int, int]:
        x, y = self._cursor
        return 2 * int(x * self.rows), int(y * self.rows)

    def _hints(self) -> dict[int, str]:
        """What to write on an empty field, by row."""
        if self.rows < len(HINT) + 2:
            return {}
        top = (self.rows - len(HINT)) // 2
        return {top + i: text for i, text in enumerate(HINT)}

    def watch_ascii(self) -> None:
        """Show the same ink in the other way."""
        self._repaint()

    def watch_pen_down(self) -> None:
        """The cursor shows whether it draws."""
        self._refresh_cursor()

    def on_focus(self) -> None:
        """Keys work now."""
        self._refresh_cursor()

    def on_blur(self) -> None:
        """Keys go elsewhere; the cursor hides."""
        self._refresh_cursor()

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        super().notify_style_update()
        self._repaint()

    def _kept_row(self, y: int) -> Strip:
        """One row of cells, kept until its ink changes."""
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._row(y)
        return strip

    def _row(self, y: int) -> Strip:
        paper = self.get_component_rich_style("sketch-pad--hint")
        if y >= self.rows:
            return Strip.blank(self.size.width, paper)
        hint = self._hints().get(y) if self._hint_shown else None
        if hint is not None and len(hint) <= 2 * self.rows:
            strip = Strip([Segment(hint.center(2 * self.rows), paper)])
        elif self.ascii:
            strip = self._letters(y)
        else:
            top, bottom = self._raster.levels[2 * y : 2 * y + 2].tolist()
            strip = Strip(half_blocks(top, bottom, self._colours().steps(GREYS)))
        return self._with_cursor(strip, y)

    def _letters(self, y: int) -> Strip:
        mean = self._raster.levels[2 * y : 2 * y + 2].mean(axis=0) / (GREYS - 1)
        text = "".join(RAMP[level] for level in np.rint(mean * (len(RAMP) - 1)).astype(int))
        return Strip([Segment(text, self.get_component_rich_style("sketch-pad--ink"))])

    def _with_cursor(self, strip: Strip, y: int) -> Strip:
        column, row = self._cursor_cell()
        if row != y or not self._cursor_shown or not self.has_focus:
            return strip
        state = "erase" if self.erasing else "down" if self.pen_down else "up"
        style = self.get_component_rich_style("sketch-pad--cursor")
        cursor = Strip([Segment(CURSORS[state], style)])
        return Strip.join([strip.crop(0, column), cursor, strip.crop(column + 2)])

    def _colours(self) -> Tones:
        if self._tones is None:
            style = self.get_component_rich_style("sketch-pad--ink")
            self._tones = Tones(style.bgcolor or GREY.low, style.color or GREY.high)
        return self._tones
