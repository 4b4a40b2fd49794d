"""Sentences that an app shows for a while, each once at a time."""

import time
from typing import TypeVar

from tui.widgets.command_palette import PaletteApp
from tui.widgets.help import PLAIN
from tui.widgets.text_widget import spelled

Result = TypeVar("Result")
TOLD = 4.0
"""Seconds for which a sentence stands on the screen."""


class TellingApp(PaletteApp[Result]):
    """An app with something to say, now and then."""

    _told = "", float("-inf")
    """The newest sentence, and when it was told."""

    def clear_notifications(self) -> None:
        """Take all sentences away, so that each may be told again."""
        self._told = "", float("-inf")
        super().clear_notifications()

    def tell(self, sentence: str) -> None:
        """Show a sentence, if there is one that does not stand there already."""
        told, at = self._told
        now = time.monotonic()
        if sentence and (sentence != told or now - at > TOLD):
            self._told = sentence, now
            shown = spelled(sentence) if self.has_class(PLAIN) else sentence
            self.notify(shown, markup=False, timeout=TOLD)
