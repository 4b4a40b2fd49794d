"""The worker thread: pulls a source of events and posts each; nothing else happens there.

When it leaves, the source stays suspended where it is, for another thread to pull on. So the pump
itself keeps what that thread has to know: an event that was posted last may never have been read.
"""

import threading
from collections.abc import Callable, Iterator

from textual.message import Message

from core.process.apart import block_signals
from core.process.priority import lower_thread_priority
from core.run.events import Event, Opened, Started, Tick
from core.session.headless import FAILED, exit_status
from trainpad.errors import UserError


class EventReceived(Message):
    """The source gave an event."""

    def __init__(self, worker: "EventWorker", event: Event) -> None:
        super().__init__()
        self.worker = worker
        self.event = event


class SourceEnded(Message):
    """The source gave its last event, or broke with `error`."""

    def __init__(self, worker: "EventWorker", error: Exception | None) -> None:
        super().__init__()
        self.worker = worker
        self.error = error

    @property
    def is_refusal(self) -> bool:
        """Whether the source ended because what was asked of it cannot be done."""
        return isinstance(self.error, UserError) and not self.worker.started


class EventWorker(threading.Thread):
    """Pulls until the source ends or `leave` is called; then the source stays where it is."""

    def __init__(
        self,
        events: Iterator[Event],
        post: Callable[[Message], object],
        *,
        trains: bool = False,
    ) -> None:
        """A pump of `source`; one that `trains` stands back behind the screen."""
        # A daemon: quitting while TensorFlow is being imported must not wait for that.
        super().__init__(name="train", daemon=True)
        self.events = events
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
        self._stopping = threading.Event()

    def run(self) -> None:
        """Pull and post."""
        block_signals()
        if self._trains:
            lower_thread_priority()
        try:
            while not self._stopping.is_set():
                event = next(self.events, None)
                if event is None:
                    self._finish(None)
                    return
                self.track(event)
                if not isinstance(event, Tick):
                    self._post(EventReceived(self, event))
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the app decides
            self._finish(error)

    def track(self, event: Event) -> None:
        """Keep what follows from `event`."""
        self.status = exit_status(event, self.status)
        if isinstance(event, Opened):
            self.opened = event
        self.started = self.started or isinstance(event, Started)

    def _finish(self, error: Exception | None) -> None:
        self.ended, self.error = True, error
        self._post(SourceEnded(self, error))

    def stop(self, timeout: float | None) -> bool:
        """Stop pulling after the present event; whether that came within `timeout` seconds."""
        self._stopping.set()
        if self.ident is not None:
            self.join(timeout)
        return not self.is_alive()

    def restarted(self) -> "EventWorker":
        """Another thread on the same source, if this one left it before its end; else this.

        Waits for the event that this one may still be pulling: a source has one reader at a time.
        """
        self.stop(None)
        if self.ended:
            return self
        pump = EventWorker(self.events, self._post, trains=self._trains)
        pump.opened, pump.started, pump.status = self.opened, self.started, self.status
        pump.start()
        return pump

    def drain(self, on_event: Callable[[Event], object] = lambda _event: None) -> None:
        """Pull the rest of the source on this thread; `leave` must have come to its end."""
        for event in self.events:
            self.track(event)
            on_event(event)
