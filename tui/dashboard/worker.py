"""The worker thread: pulls a source of events and posts each; nothing else happens there.

When it leaves, the source stays suspended where it is, for another thread to pull on. So the pump
itself keeps what that thread has to know: an event that was posted last may never have been read.
"""

import threading
from collections.abc import Callable, Iterator

from textual.message import Message

from core.process.apart import take_no_signals
from core.process.priority import yield_to_others
from core.run.events import Event, Idle, Opened, Started
from core.session.headless import FAILED, exit_status
from trainpad.errors import UserError


class Happened(Message):
    """The source gave an event."""

    def __init__(self, pump: "Pump", event: Event) -> None:
        super().__init__()
        self.pump = pump
        self.event = event


class Ended(Message):
    """The source gave its last event, or broke with `error`."""

    def __init__(self, pump: "Pump", error: Exception | None) -> None:
        super().__init__()
        self.pump = pump
        self.error = error

    @property
    def is_refusal(self) -> bool:
        """Whether the source ended because what was asked of it cannot be done."""
        return isinstance(self.error, UserError) and not self.pump.started


class Pump(threading.Thread):
    """Pulls until the source ends or `leave` is called; then the source stays where it is."""

    def __init__(
        self,
        source: Iterator[Event],
        post: Callable[[Message], object],
        *,
        trains: bool = False,
    ) -> None:
        """A pump of `source`; one that `trains` stands back behind the screen."""
        # A daemon: quitting while TensorFlow is being imported must not wait for that.
        super().__init__(name="train", daemon=True)
        self.source = source
        self.ended = False
        """Whether the source gave its last event, or broke."""
        self.error: Exception | None = None
        """What it broke with."""
        self.opened: Opened | None = None
        """Which run it is of, as soon as that is known."""
        self.started = False
        """Whether a step may have been taken."""
        self.status = FAILED
        """The exit status that follows from the events so far."""
        self._post = post
        self._trains = trains
        self._leaving = threading.Event()

    def run(self) -> None:
        """Pull and post."""
        take_no_signals()
        if self._trains:
            yield_to_others()
        try:
            while not self._leaving.is_set():
                event = next(self.source, None)
                if event is None:
                    self._finish(None)
                    return
                self.note(event)
                if not isinstance(event, Idle):
                    self._post(Happened(self, event))
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the app decides
            self._finish(error)

    def note(self, event: Event) -> None:
        """Keep what follows from `event`."""
        self.status = exit_status(event, self.status)
        if isinstance(event, Opened):
            self.opened = event
        self.started = self.started or isinstance(event, Started)

    def _finish(self, error: Exception | None) -> None:
        self.ended, self.error = True, error
        self._post(Ended(self, error))

    def leave(self, timeout: float | None) -> bool:
        """Stop pulling after the present event; whether that came within `timeout` seconds."""
        self._leaving.set()
        if self.ident is not None:
            self.join(timeout)
        return not self.is_alive()

    def again(self) -> "Pump":
        """Another thread on the same source, if this one left it before its end; else this.

        Waits for the event that this one may still be pulling: a source has one reader at a time.
        """
        self.leave(None)
        if self.ended:
            return self
        pump = Pump(self.source, self._post, trains=self._trains)
        pump.opened, pump.started, pump.status = self.opened, self.started, self.status
        pump.start()
        return pump

    def pull_on(self, told: Callable[[Event], object] = lambda _event: None) -> None:
        """Pull the rest of the source on this thread; `leave` must have come to its end."""
        for event in self.source:
            self.note(event)
            told(event)
