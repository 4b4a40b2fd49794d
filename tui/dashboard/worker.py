"""The worker thread: reads an iterator of events and posts each one; it does nothing else.

When it stops, the iterator stays suspended, and another thread can continue it. So the worker
itself keeps what that thread needs to know: the event posted last may never have been handled.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Final

from textual.message import Message

from core.process.threads import block_signals, lower_thread_priority
from core.run.attached_events import MetricPoints
from core.run.events import Event, Opened, Started, Tick
from core.session.headless import FAILED, exit_status
from trainpad.errors import UserError

MAX_WAIT: Final = 1.0
"""Seconds for which the worker waits at most until the app has handled numbers."""


class EventReceived(Message):
    """The worker read an event."""

    def __init__(self, worker: "EventWorker", event: Event) -> None:
        super().__init__()
        self.worker = worker
        self.event = event


class SourceEnded(Message):
    """The worker read the last event, or the iterator raised `error`."""

    def __init__(self, worker: "EventWorker", error: Exception | None) -> None:
        super().__init__()
        self.worker = worker
        self.error = error

    @property
    def is_refusal(self) -> bool:
        """Whether the run could not start because what was requested is impossible."""
        return isinstance(self.error, UserError) and not self.worker.started


class EventWorker(threading.Thread):
    """Reads events until they end or `stop` is called."""

    def __init__(
        self,
        events: Iterator[Event],
        post: Callable[[Message], object],
        *,
        trains: bool = False,
    ) -> None:
        """A worker that reads `events`; with `trains`, at a lower priority than the UI thread."""
        # A daemon: quitting while TensorFlow is being imported must not wait for that.
        super().__init__(name="train", daemon=True)
        self.events = events
        self.ended = False
        """Whether the events ended, with or without an error."""
        self.error: Exception | None = None
        """What the iterator raised."""
        self.opened: Opened | None = None
        """The event that says which run it is, once it was read."""
        self.started = False
        """Whether a step may have been done."""
        self.status = FAILED
        """The exit status that follows from the events so far."""
        self._post = post
        self._trains = trains
        self._stopping = threading.Event()
        self._handled = threading.Event()

    def run(self) -> None:
        """Read and post."""
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
                    self._handled.clear()
                    self._post(EventReceived(self, event))
                if isinstance(event, MetricPoints) and event.fraction_read < 1.0:
                    self._wait_until_handled()
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the app decides
            self._finish(error)

    def _wait_until_handled(self) -> None:
        """Read no further in a long file while the app has something to do with it.

        Otherwise the messages would be a queue in which keys wait, and two threads that compute
        hinder each other.
        """
        if not self._stopping.is_set():
            self._handled.wait(MAX_WAIT)

    def note_handled(self) -> None:
        """Go on reading: the app has handled the event that was posted last."""
        self._handled.set()

    def track(self, event: Event) -> None:
        """Update what the worker keeps from the next event."""
        self.status = exit_status(event, self.status)
        if isinstance(event, Opened):
            self.opened = event
        self.started = self.started or isinstance(event, Started)

    def _finish(self, error: Exception | None) -> None:
        self.ended, self.error = True, error
        self._post(SourceEnded(self, error))

    def stop(self, timeout: float | None) -> bool:
        """Stop after the current event; return whether that was within `timeout` seconds."""
        self._stopping.set()
        self._handled.set()
        if self.ident is not None:
            self.join(timeout)
        return not self.is_alive()

    def restarted(self) -> "EventWorker":
        """A new, running worker that continues the events, or this one if they have ended.

        Waits for the event that this worker is still reading: an iterator has one reader at a time.
        """
        self.stop(None)
        if self.ended:
            return self
        worker = EventWorker(self.events, self._post, trains=self._trains)
        worker.opened, worker.started, worker.status = self.opened, self.started, self.status
        worker.start()
        return worker

    def drain(self, on_event: Callable[[Event], object] = lambda _event: None) -> None:
        """Read the remaining events on the calling thread; the worker must have stopped."""
        for event in self.events:
            self.track(event)
            on_event(event)
