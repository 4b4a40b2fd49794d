"""Handle key and mouse events in arrival order.

Textual passes a mouse event to the widget under it at once, while a key bubbles up from the focused
widget until the app finds its binding. When both arrive together, as they do after a line has
stalled, strokes would overtake the keys before them, and be cleared by a `c` that was typed first.
So everything that arrives after a key waits until that key has been handled.
"""

from collections import deque
from functools import partial
from typing import Any, TypeVar

from textual import on
from textual.events import Event, InputEvent, Key, Paste
from textual.message import Message
from textual.screen import Screen

from tui.terminal.textual_private import PatchedApp

Result = TypeVar("Result")
KEY_TIMEOUT = 0.25
"""Seconds after which a key counts as handled: its `KeyHandled` is lost if a widget is removed."""


class KeyHandled(Message):
    """Bubbles up behind a key: when it arrives, the key has been handled."""

    def __init__(self, key: Key, screen: Screen[Any]) -> None:
        super().__init__()
        self.key = key
        self.screen = screen
        """The screen that received the key."""


class OrderedInputApp(PatchedApp[Result]):
    """An app that handles one input event after another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_flight: Key | None = None
        self._queued: deque[Event] = deque()

    async def on_event(self, event: Event) -> None:
        """Queue input until the key before it has been handled."""
        if not isinstance(event, InputEvent | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._in_flight is None:
            await self._dispatch(event)
        else:
            if not self._queued:
                self.set_timer(KEY_TIMEOUT, partial(self._dispatch_queued, self._in_flight))
            self._queued.append(event)

    async def _dispatch(self, event: Event) -> None:
        screen = self.screen if self.screen_stack else None
        target = self.focused or screen
        await super().on_event(event)
        if (
            isinstance(event, Key)
            and screen
            and target
            and target.post_message(KeyHandled(event, screen))
        ):
            self._in_flight = event

    @on(KeyHandled)
    async def _key_handled(self, message: KeyHandled) -> None:
        """Go on with the queue; if the key opened a screen, once that one is laid out."""
        dispatch_queued = partial(self._dispatch_queued, message.key)
        if (
            not self._queued
            or self.screen is message.screen
            or not self.screen.call_after_refresh(self.call_later, dispatch_queued)
        ):
            await dispatch_queued()

    async def _dispatch_queued(self, key: Key) -> None:
        if key is self._in_flight:
            self._in_flight = None
            while self._queued and self._in_flight is None:
                await self._dispatch(self._queued.popleft())
