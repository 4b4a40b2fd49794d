"""How an app was left stays what it was, whatever breaks on the way out.

An app may be left at any moment, also while a screen is being mounted. Textual then leaves out the
screen's children and still calls its `on_mount`, which does not find them; and an error there would
turn a line that dropped, or an order to stop and save, into a dashboard that failed.
"""

from typing import TypeVar

from textual.app import App

Result = TypeVar("Result")


class QuietExitApp(App[Result]):
    """An app that takes no error of a widget for its own once it is being left."""

    def _handle_exception(self, error: Exception) -> None:
        if not self._exit:
            super()._handle_exception(error)
