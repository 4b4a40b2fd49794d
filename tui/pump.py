"""The worker thread: pulls a source of events and posts each; nothing else happens there."""

import threading
from collections.abc import Callable, Iterator

from textual.message import Message

from core.events import Event, Idle


class Happened(Message):
    """The source gave an event."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class Ended(Message):
    """The source gave its last event, or broke with `error`."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error


class Pump(threading.Thread):
    """Pulls until the source ends or `leave` is called; then the source stays where it is."""

    def __init__(self, source: Iterator[Event], post: Callable[[Message], object]) -> None:
        # A daemon: quitting while TensorFlow is being imported must not wait for that.
        super().__init__(name="train", daemon=True)
        self.source = source
        self._post = post
        self._leaving = threading.Event()
        self.ended = False

    def run(self) -> None:
        """Pull and post."""
        try:
            while not self._leaving.is_set():
                event = next(self.source, None)
                if event is None:
                    break
                if not isinstance(event, Idle):
                    self._post(Happened(event))
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the app decides
            self._finish(error)
        else:
            if not self._leaving.is_set():
                self._finish(None)

    def _finish(self, error: Exception | None) -> None:
        self.ended = True
        self._post(Ended(error))

    def leave(self, timeout: float | None) -> bool:
        """Stop pulling after the present event; whether that came within `timeout` seconds."""
        self._leaving.set()
        self.join(timeout)
        return not self.is_alive()
