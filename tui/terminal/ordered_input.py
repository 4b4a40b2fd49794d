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

from tui.terminal.precise import PreciseApp

Result = TypeVar("Result")
PATIENCE = 0.25
"""Seconds after which a key is taken for obeyed: a widget may go with the news of it."""


class Obeyed(Message):
    """Bubbles behind a key: where this comes, the key has been."""

    def __init__(self, key: Key, screen: Screen[Any]) -> None:
        super().__init__()
        self.key = key
        self.screen = screen
        """The screen that had it."""


class InOrderApp(PreciseApp[Result]):
    """An app that obeys one thing after another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._obeying: Key | None = None
        self._waiting: deque[Event] = deque()

    async def on_event(self, event: Event) -> None:
        """Keep what a user does until the key before it was obeyed."""
        if not isinstance(event, InputEvent | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._obeying is None:
            await self._obey(event)
        else:
            if not self._waiting:
                self.set_timer(PATIENCE, partial(self._go_on, self._obeying))
            self._waiting.append(event)

    async def _obey(self, event: Event) -> None:
        screen = self.screen if self.screen_stack else None
        target = self.focused or screen
        await super().on_event(event)
        if (
            isinstance(event, Key)
            and screen
            and target
            and target.post_message(Obeyed(event, screen))
        ):
            self._obeying = event

    @on(Obeyed)
    async def _take_next(self, message: Obeyed) -> None:
        """Go on; on a screen that the key brought, when that can be seen and clicked."""
        go_on = partial(self._go_on, message.key)
        if (
            not self._waiting
            or self.screen is message.screen
            or not self.screen.call_after_refresh(self.call_later, go_on)
        ):
            await go_on()

    async def _go_on(self, key: Key) -> None:
        if key is self._obeying:
            self._obeying = None
            while self._waiting and self._obeying is None:
                await self._obey(self._waiting.popleft())
