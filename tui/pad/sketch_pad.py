"""The sketch pad: a widget to draw a digit with the mouse or the keyboard.

It stores strokes (`tui.pad.drawing`), shows them (`tui.pad.canvas`) and posts `Changed`; the
screen decides when to classify. The mouse reports many positions per stroke, and output is slow
over SSH, so moving the pen repaints only the cells that changed.
"""

import math
from typing import ClassVar

import numpy as np
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from core.process.free_core import FreeCore
from tui.pad.canvas import DrawingCanvas
from tui.pad.drawing import Drawing, Point, Points, Snapshot, clip_to_square
from tui.terminal.textual_private import repaint_now

PEN_WIDTH = 0.085
"""Default width of the pen, as a fraction of the side.

It is that of MNIST for a digit that fills two thirds of the field.
"""
MIN_PEN_WIDTH, MAX_PEN_WIDTH = 0.03, 0.2
PEN_STEP = 0.01
SMALLEST_MOVE = 1 / 8
"""Rows; shorter moves of the mouse, which reports pixels on some terminals, wait for the next."""
LEFT, RIGHT = 1, 3
"""The buttons that draw and erase."""
CURSORS = {"up": "[]", "down": "()", "erase": "{}"}


class SketchPad(DrawingCanvas, can_focus=True):
    """A square to draw on that fills its container."""

    KEYS_TITLE = "field"
    DRAWS_WITH_MOUSE = True
    """Moves of the mouse come straight here while it is captured."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(0,-1)", "Up", show=False, id="pad.up", tooltip="Move up"),
        Binding("down,j", "move(0,1)", "Down", show=False, id="pad.down", tooltip="Move down"),
        Binding("left,h", "move(-1,0)", "Left", show=False, id="pad.left", tooltip="Move left"),
        Binding("right,l", "move(1,0)", "Right", show=False, id="pad.right", tooltip="Move right"),
        Binding("space", "pen", "Pen", id="pad.pen", tooltip="Pen down or up"),
        Binding("e", "eraser", "Erase", id="pad.erase", tooltip="Switch between pen and eraser"),
        Binding("u", "undo", "Undo", id="pad.undo", tooltip="Undo the last stroke"),
        Binding("r", "redo", "Redo", id="pad.redo", tooltip="Redo"),
        Binding("c", "clear", "Clear", id="pad.clear", tooltip="Clear the drawing"),
        Binding("p", "older", "Previous", id="pad.older", tooltip="Previous drawing"),
        Binding("n", "newer", "Next", id="pad.newer", tooltip="Next drawing"),
        Binding("plus,equals_sign", "pen_width(1)", "Thicker", show=False, id="pad.thicker",
                tooltip="Thicker pen (also mouse wheel)"),
        Binding("minus", "pen_width(-1)", "Thinner", show=False, id="pad.thinner",
                tooltip="Thinner pen (also mouse wheel)"),
    ]  # fmt: skip

    pen_width = reactive(PEN_WIDTH, repaint=False)
    """Width of the pen, as a fraction of the side."""
    erasing = reactive(False, repaint=False)
    """Whether the pen erases; the right mouse button always does."""
    pen_down = reactive(False, repaint=False)
    """Whether moving with the keys draws."""

    class Changed(Message):
        """The drawing changed."""

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
        def points(self) -> list[Points]:
            """The points of all strokes, as `data.ink` takes them."""
            return self.pad.points

    def __init__(
        self,
        drawing: Drawing | None = None,
        *,
        ascii_only: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """Draw on `drawing`, or a new one."""
        super().__init__(drawing or Drawing(), ascii_only=ascii_only, id=id)
        self._mouse_at: Point | None = None
        """Position of the mouse while a button is held."""
        self._button = 0
        """The button that is held."""
        self._mouse_erases = False
        self._pressed_region = Region()
        """The place of the field when the button was pressed."""
        self._key_position: Point = (0.5, 0.5)
        """Position of the keyboard cursor."""
        self._keys_used = False
        self._unpainted: list[tuple[list[Point], float]] = []
        """Lines that were drawn and are not painted yet, with the width of the pen."""
        self._is_outdated = False
        """Whether what was erased is not painted yet."""
        self._has_moved = False
        """Whether moves of the pen changed the drawing since `Changed` was posted."""
        self._free_core = FreeCore()
        """A core that what trains does not use while the mouse draws."""

    # -- the drawing -------------------------------------------------------------------------------

    @property
    def points(self) -> list[Points]:
        """The points of all strokes, ``[n, 2]`` each, in the unit square; y points down."""
        return self._drawing.points

    @property
    def strokes(self) -> Snapshot:
        """All strokes, with the width of the pen."""
        return self._drawing.strokes

    @property
    def is_empty_drawing(self) -> bool:
        """Whether nothing is drawn."""
        return self._drawing.is_empty

    # -- mouse -------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start drawing or erasing; the middle button does nothing."""
        if event.button in (LEFT, RIGHT):
            event.stop()
            self.begin_drag(event)
            self.check_idle()

    def begin_drag(self, event: events.MouseDown) -> None:
        """Start drawing or erasing with the left or the right button, without showing it yet."""
        if event.button not in (LEFT, RIGHT):
            return
        self.capture_mouse()
        self._free_core.take()
        self.pen_down = False
        self._update_cursor(False)
        self._button = event.button
        self._mouse_erases = self.erasing or event.button == RIGHT
        self._drawing.begin_gesture()
        self._pressed_region = self.content_region
        self._mouse_at = self._mouse_point(event)
        self._move_pen(self._mouse_at, self._mouse_at, self._mouse_erases)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draw or erase, and show it once all moves that have arrived are in the drawing."""
        if self._mouse_at is not None:
            event.stop()
            self.drag(event)
            self.check_idle()

    def drag(self, event: events.MouseMove) -> None:
        """Draw or erase; end the gesture if its release was not reported, or the field moved."""
        if self._mouse_at is None:
            return
        if event.button != self._button:
            self.end_drag()
        else:
            self._free_core.take()  # again, if the mouse rested
            self._drag_to(event, SMALLEST_MOVE)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End the gesture where the button was released."""
        if self._mouse_at is None:
            return
        event.stop()
        if event.button in (0, self._button):  # some terminals do not say which one
            self._drag_to(event, 0)
            self.end_drag()

    def on_mouse_release(self) -> None:
        """End the gesture when the mouse was captured elsewhere or the window lost it.

        This message may arrive late, after the next stroke has started.
        """
        if self.app.mouse_captured is not self:
            self.end_drag()

    def on_resize(self) -> None:
        """Draw at the new size; end the gesture, which was made for the old one."""
        super().on_resize()
        self.end_drag()

    def on_hide(self) -> None:
        """End the gesture: a hidden pad is not drawn on."""
        self.end_drag()

    def on_unmount(self) -> None:
        """Let what trains use all cores: it may go on without a screen."""
        self._free_core.give_back()

    def on_blur(self) -> None:
        """End the gesture: a terminal in the background may not report the release."""
        self.end_drag()

    def _drag_to(self, event: events.MouseEvent, least: float) -> None:
        """Draw or erase up to the mouse, if it has moved by `least` rows or more."""
        if self.content_region != self._pressed_region:
            self.end_drag()
        elif self._mouse_at is not None:
            before, here = self._mouse_at, self._mouse_point(event)
            if here != before and math.dist(before, here) * self.rows >= least:
                self._move_pen(before, here, self._mouse_erases)
                self._mouse_at = here

    def end_drag(self) -> None:
        """End what the mouse draws, if it does."""
        self.release_mouse()
        self._free_core.give_back()
        if self._mouse_at is not None:
            self._mouse_at = None
            self._end_gesture()

    def _end_gesture(self) -> None:
        """End what is drawn, paint the rest of it, and report it as finished, as the last thing."""
        self._drawing.end_gesture()
        self._paint_moves()
        self._has_moved = False
        self.post_message(self.Changed(self, True))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Make the pen thicker."""
        event.stop()
        self.action_pen_width(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Make the pen thinner."""
        event.stop()
        self.action_pen_width(-1)

    def _mouse_point(self, event: events.MouseEvent) -> Point:
        """Return the position of the mouse: the centre of its cell, unless reported in pixels."""
        corner = self.content_region
        x, y = event.pointer_screen_x - corner.x, event.pointer_screen_y - corner.y
        if x == int(x) and y == int(y):
            x, y = x + 0.5, y + 0.5
        return x / (2 * self.rows), y / self.rows

    # -- keys --------------------------------------------------------------------------------------

    def action_move(self, right: int, down: int) -> None:
        """Move by the height of a row; draw or erase if the pen is down."""
        here = self._key_position
        self._key_position = self._grid_point(right, down)
        self._update_cursor(True)
        if not self.pen_down or self._key_position == here:
            return
        if self.erasing:
            self._move_pen(here, self._key_position, True)
            self.check_idle()
        else:
            self._draw_step()

    def _grid_point(self, right: int, down: int) -> Point:
        """Return the position some grid steps away; a step is the height of a row."""
        last = self.rows - 1
        column, row = (int(v * self.rows) for v in self._key_position)
        x, y = min(max(column + right, 0), last), min(max(row + down, 0), last)
        return (x + 0.5) / self.rows, (y + 0.5) / self.rows

    def _draw_step(self) -> None:
        if self._drawing.extend_by_key(self._key_position):
            self.redraw()
        else:
            self.add_segment(self._drawing.strokes[-1].points[-2:], self.pen_width)
        self.post_message(self.Changed(self, False))

    def _update_cursor(self, keys_used: bool) -> None:
        """Show the keyboard cursor with the state of the pen; hide it when the mouse is used."""
        self._keys_used = keys_used
        state = "erase" if self.erasing else "down" if self.pen_down else "up"
        self.show_cursor(self._key_position if keys_used else None, CURSORS[state])

    def action_pen(self) -> None:
        """Put the pen down at the cursor, or up."""
        self.pen_down = not self.pen_down
        if self.pen_down:
            self._key_position = self._grid_point(0, 0)
        self._update_cursor(True)
        if self.pen_down:
            self._drawing.begin_gesture()
            self._move_pen(self._key_position, self._key_position, self.erasing)
            self.check_idle()
        else:
            self._end_gesture()

    def action_eraser(self) -> None:
        """Switch between pen and eraser."""
        was_down, self.pen_down = self.pen_down, False
        self.erasing = not self.erasing
        self._update_cursor(self._keys_used)
        if was_down:
            self._end_gesture()
        else:
            self._drawing.end_gesture()

    def action_pen_width(self, steps: int) -> None:
        """Change the width for the next strokes."""
        self.pen_width = min(max(self.pen_width + steps * PEN_STEP, MIN_PEN_WIDTH), MAX_PEN_WIDTH)

    def action_undo(self) -> None:
        """Undo the last gesture."""
        self._drawing_replaced(self._drawing.undo())

    def action_redo(self) -> None:
        """Redo the last undone gesture."""
        self._drawing_replaced(self._drawing.redo())

    def action_clear(self) -> None:
        """Clear the drawing."""
        self._drawing_replaced(self._drawing.clear())

    def action_older(self) -> None:
        """Show the previous drawing."""
        self._drawing_replaced(self._drawing.older())

    def action_newer(self) -> None:
        """Show the next drawing."""
        self._drawing_replaced(self._drawing.newer())

    # -- drawing -----------------------------------------------------------------------------------

    def _move_pen(self, start: Point, end: Point, erase: bool) -> None:
        """Move pen or eraser between two points, which may be outside the pad; painted when idle.

        On a slow line many reports of the mouse arrive at once: they are painted as one.
        """
        if erase:
            erased = self._drawing.erase(start, end, max(self.pen_width, PEN_WIDTH))
            self._is_outdated = self._is_outdated or erased
        else:
            self._draw_segment(start, end)
        self._has_moved = True

    def _draw_segment(self, start: Point, end: Point) -> None:
        inside = clip_to_square(start, end)
        if inside is None:
            return
        if not self._drawing.has_open_stroke or inside[0] != start:
            self._drawing.pen_down(inside[0], self.pen_width)
        if inside[1] != inside[0]:
            self._drawing.extend(inside[1])
        self._paint_later(*inside)
        if inside[1] != end:
            self._drawing.pen_up()

    def _paint_later(self, start: Point, end: Point) -> None:
        points, width = self._unpainted[-1] if self._unpainted else ([], 0.0)
        if points and (points[-1], width) == (start, self.pen_width):
            points.append(end)
        else:
            self._unpainted.append(([start, end], self.pen_width))

    def on_idle(self) -> None:
        """Paint and report the moves of the pen, once all that have arrived are in the drawing."""
        is_dragging = self._mouse_at is not None  # otherwise moves are not for the pad
        if not (is_dragging and getattr(self.app, "has_queued_moves", False)):
            self.show_drag()

    def show_drag(self) -> None:
        """Paint and report the moves of the pen."""
        self._paint_moves()
        if self._has_moved:
            self._has_moved = False
            self.post_message(self.Changed(self, False))

    def _paint_moves(self) -> None:
        has_changed = self._is_outdated or bool(self._unpainted)
        if self._is_outdated:
            self.redraw()
        lines, self._unpainted = self._unpainted, []
        for points, width in lines:
            self.add_segment(np.array(points), width)
        if has_changed:
            repaint_now(self)

    def redraw(self) -> None:
        """Draw all strokes again."""
        self._unpainted, self._is_outdated = [], False
        super().redraw()

    def _drawing_replaced(self, changed: bool) -> None:
        was_down, self.pen_down = self.pen_down, False
        self._update_cursor(self._keys_used)
        if changed:
            self.redraw()
        if changed or was_down:
            self.post_message(self.Changed(self, True))
