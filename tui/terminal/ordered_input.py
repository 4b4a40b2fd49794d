"""Keys and the mouse are obeyed in the order in which they came.

Textual hands a report of the mouse to the widget under it at once, while a key bubbles up from the
focused widget until the app looks for its binding. Where both come in one piece, as they do when a
line has stalled, strokes would overtake the keys before them, and be cleared by a `c` that came
first. So whatever comes after a key waits until that one was obeyed.
"""

from collections import deque
from functools import partial
from typing import Any, TypeVar

from textual import on
from textual.events import Event, InputEvent, Key, Paste
from textual.message import Message
from textual.screen import Screen

from tui.terminal.precise import PartialUpdateApp

Result = TypeVar("Result")
KEY_TIMEOUT = 0.25
"""Seconds after which a key is taken for obeyed: a widget may go with the news of it."""


class KeyHandled(Message):
    """Bubbles behind a key: where this comes, the key has been."""

    def __init__(self, key: Key, screen: Screen[Any]) -> None:
        super().__init__()
        self.key = key
        self.screen = screen
        """The screen that had it."""


class OrderedInputApp(PartialUpdateApp[Result]):
    """An app that obeys one thing after another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_flight: Key | None = None
        self._queued: deque[Event] = deque()

    async def on_event(self, event: Event) -> None:
        """Keep what a user does until the key before it was obeyed."""
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
        """Go on; on a screen that the key brought, when that can be seen and clicked."""
        go_on = partial(self._dispatch_queued, message.key)
        if (
            not self._queued
            or self.screen is message.screen
            or not self.screen.call_after_refresh(self.call_later, go_on)
        ):
            await go_on()

    async def _dispatch_queued(self, key: Key) -> None:
        if key is self._in_flight:
            self._in_flight = None
            while self._queued and self._in_flight is None:
                await self._dispatch(self._queued.popleft())
