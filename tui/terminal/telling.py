"""Sentences that an app shows for a while, each once at a time."""

import time
from typing import TypeVar

from tui.widgets.command_palette import CommandPaletteApp
from tui.widgets.help import ASCII_CLASS
from tui.widgets.text_widget import to_ascii

Result = TypeVar("Result")
TOAST_SECONDS = 4.0
"""Seconds for which a sentence stands on the screen."""


class ToastApp(CommandPaletteApp[Result]):
    """An app with something to say, now and then."""

    _last_toast = "", float("-inf")
    """The newest sentence, and when it was told."""

    def clear_notifications(self) -> None:
        """Take all sentences away, so that each may be told again."""
        self._last_toast = "", float("-inf")
        super().clear_notifications()

    def toast(self, message: str) -> None:
        """Show a sentence, if there is one that does not stand there already."""
        told, at = self._last_toast
        now = time.monotonic()
        if message and (message != told or now - at > TOAST_SECONDS):
            self._last_toast = message, now
            shown = to_ascii(message) if self.has_class(ASCII_CLASS) else message
            self.notify(shown, markup=False, timeout=TOAST_SECONDS)
