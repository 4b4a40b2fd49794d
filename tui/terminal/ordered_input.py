"""Handle key and mouse events in arrival order.

Textual passes a mouse event to the widget under it at once, while a key bubbles up from the focused
widget until the app finds its binding. When both arrive together, as they do after a line has
stalled, strokes would overtake the keys before them, and be cleared by a `c` that was typed first.
And a widget captures the mouse only when it handles the press: a release in the same read would be
passed to the widget under it instead, and the capture would never end. So everything that arrives
after a key, a press or a release of a button waits until that has been handled.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar, cast

from textual import on
from textual.errors import NoWidget
from textual.events import (
    Event,
    InputEvent,
    Key,
    MouseDown,
    MouseEvent,
    MouseMove,
    MouseUp,
    Paste,
)
from textual.geometry import Offset
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from core.run.reading_turns import begin_answer, end_answer
from tui.terminal.textual_private import PatchedApp, context_of, forward, is_idle, note_press

Result = TypeVar("Result")
INPUT_TIMEOUT = 0.25
"""Seconds after which input counts as handled if its widget was removed: `InputHandled` is lost."""
MAX_TIMEOUTS = 12
"""After so many of them it counts as handled in any case: what follows should not wait forever."""
AWAITED = Key, MouseDown, MouseUp
"""The input that must have been handled before the next is dispatched."""


class DrawsWithMouse(Protocol):
    """A widget with ``DRAWS_WITH_MOUSE``, which gets moves of the mouse while it captures it."""

    def begin_drag(self, event: MouseDown) -> None:
        """Begin to draw where a button was pressed."""

    def drag(self, event: MouseMove) -> None:
        """Draw up to the mouse."""

    def show_drag(self) -> None:
        """Show what was drawn."""


class InputHandled(Message):
    """Bubbles up behind a key or a button: when it arrives, that has been handled."""

    def __init__(self, event: Event, screen: Screen[Any]) -> None:
        super().__init__()
        self.event = event
        self.screen = screen
        """The screen that received the event."""


class OrderedInputApp(PatchedApp[Result]):
    """An app that handles one input event after another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_flight: Event | None = None
        self._receiver: Widget | None = None
        """What handles the event in flight."""
        self._queued: deque[Event] = deque()
        self._is_dispatching = False
        self._dragged: Widget | None = None
        """What drew and does not show it yet."""

    async def on_event(self, event: Event) -> None:
        """Queue input until the key or button before it has been handled."""
        if not isinstance(event, InputEvent | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._in_flight is None and isinstance(event, MouseMove) and self._drags(event):
            pass
        elif self._in_flight is None:
            await self._dispatch(event)
        else:
            if not self._queued:
                self._check_later(self._in_flight, MAX_TIMEOUTS)
            self._queued.append(event)

    def _drags(self, event: MouseMove) -> bool:
        """Give a move to the widget that captured the mouse, if it draws with it.

        Textual also looks for the style and a tooltip under the mouse, which takes longer than the
        ink.
        """
        widget = self._drawing_widget
        if widget is None:
            return False
        self.mouse_position = Offset(event.x, event.y)
        return forward(event, widget)

    @property
    def _drawing_widget(self) -> Widget | None:
        """The widget that captured the mouse, if it draws with it."""
        widget = self.mouse_captured
        return widget if getattr(widget, "DRAWS_WITH_MOUSE", False) else None

    @property
    def has_queued_moves(self) -> bool:
        """Whether moves of the mouse come next, which arrived with what is being handled."""
        return bool(self._queued) and isinstance(self._queued[0], MouseMove)

    def drag_now(self, event: MouseMove) -> bool:
        """Draw with a move of the mouse, unless other input is waiting; return whether it was.

        What else is due meanwhile, such as the frame of an answer, comes after the ink.
        """
        widget = self._drawing_widget
        if widget is None or not self._is_next(widget):
            return False
        with self._drawing_with(widget, event) as drawing:
            drawing.drag(event)
        return True

    def press_now(self, event: MouseDown) -> bool:
        """Begin to draw with a press of a button, as `drag_now` goes on; return whether it did.

        Only on a widget that has the focus: Textual does what else belongs to a press.
        """
        widget = self.focused if self.app_focus and self.mouse_captured is None else None
        if (
            widget is None
            or not getattr(widget, "DRAWS_WITH_MOUSE", False)
            or not self._is_next(widget)
            or self.screen.selections
            or self._target(event) is not widget
        ):
            return False
        note_press(self, widget)
        with self._drawing_with(widget, event) as drawing:
            drawing.begin_drag(event)
        return True

    def _is_next(self, widget: Widget) -> bool:
        """Whether a widget may draw now: no other input is waiting.

        What the app has just had it draw may be followed by messages of its own in its queue.
        """
        is_waiting = self._is_dispatching or self._in_flight is not None
        is_ready = self._dragged is widget or is_idle(widget)
        return is_ready and not is_waiting and is_idle(self)

    @contextmanager
    def _drawing_with(self, widget: Widget, event: MouseEvent) -> Iterator["DrawsWithMouse"]:
        """A block in which a widget draws with an event; `show_drag` shows it."""
        self.mouse_position = Offset(event.x, event.y)
        self._dragged = widget
        with context_of(self, widget):
            yield cast("DrawsWithMouse", widget)

    def show_drag(self) -> None:
        """Show what `press_now` and `drag_now` drew."""
        widget, self._dragged = self._dragged, None
        if widget is not None and widget.is_attached:
            with context_of(self, widget):
                cast("DrawsWithMouse", widget).show_drag()

    async def _dispatch(self, event: Event) -> None:
        screen = self.screen if self.screen_stack else None
        target = self._target(event) if screen else None
        if isinstance(event, AWAITED):
            begin_answer()
        self._is_dispatching = True
        try:
            await super().on_event(event)
        finally:
            self._is_dispatching = False
        if isinstance(event, AWAITED) and screen and target and self._follow(event, screen, target):
            self._in_flight, self._receiver = event, target
        else:
            end_answer()

    def _follow(self, event: Event, screen: Screen[Any], target: Widget) -> bool:
        """Have `InputHandled` arrive after an event; return whether it will.

        A button need not bubble up from a widget that draws with it.
        """
        handled = InputHandled(event, screen)
        if isinstance(event, Key) or not getattr(target, "DRAWS_WITH_MOUSE", False):
            return target.post_message(handled)
        return target.call_later(self.post_message, handled)

    def _target(self, event: Event) -> Widget:
        """Return the widget that Textual passes this event to."""
        if not isinstance(event, MouseDown | MouseUp):
            return self.focused or self.screen
        try:
            return self.mouse_captured or self.screen.get_widget_at(event.x, event.y)[0]
        except NoWidget:
            return self.screen

    @on(InputHandled)
    async def _input_handled(self, message: InputHandled) -> None:
        """Go on with the queue; if the event opened a screen, once that one is laid out."""
        dispatch_queued = partial(self._dispatch_queued, message.event)
        if (
            not self._queued
            or self.screen is message.screen
            or not self.screen.call_after_refresh(self.call_later, dispatch_queued)
        ):
            await dispatch_queued()

    def _check_later(self, event: Event, timeouts: int) -> None:
        self.set_timer(INPUT_TIMEOUT, partial(self._check, event, timeouts))

    async def _check(self, event: Event, timeouts: int) -> None:
        """Go on with the queue if the event's widget is gone; wait on where it is only busy."""
        is_there = self._receiver is not None and self._receiver.is_attached
        if event is self._in_flight and is_there and timeouts > 1:
            self._check_later(event, timeouts - 1)
        else:
            await self._dispatch_queued(event)

    async def _dispatch_queued(self, event: Event) -> None:
        if event is self._in_flight:
            self._in_flight = None
            end_answer()
            while self._queued and self._in_flight is None:
                queued = self._queued.popleft()
                if not (isinstance(queued, MouseMove) and self._drags(queued)):
                    await self._dispatch(queued)
