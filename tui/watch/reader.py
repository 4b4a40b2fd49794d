"""The thread that reads event files; it posts batches, and nothing else happens there."""

import threading
from collections.abc import Callable, Sequence

from textual.message import Message

from core.tfevents.logdir import Update, poll_forever

POLL_INTERVAL = 1.0
"""Seconds between two looks at the files."""


class UpdateReceived(Message):
    """There is something new."""

    def __init__(self, update: Update) -> None:
        super().__init__()
        self.update = update


class ReadFailed(Message):
    """Reading came to an end that it should not have."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class LogdirWorker(threading.Thread):
    """Reads until it is told to `leave`."""

    def __init__(self, paths: Sequence[str], post: Callable[[Message], object]) -> None:
        super().__init__(name="watch", daemon=True)
        self._paths, self._post = paths, post
        self._stopping = threading.Event()

    def run(self) -> None:
        """Read and post; a batch without news is posted once, when all has been read."""
        caught_up = False
        try:
            for update in poll_forever(
                self._paths, interval=POLL_INTERVAL, sleep=self._stopping.wait
            ):
                if self._stopping.is_set():
                    return
                if update.changes or not caught_up:
                    self._post(UpdateReceived(update))
                caught_up = update.caught_up
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the app decides
            self._post(ReadFailed(error))

    def stop(self) -> None:
        """Stop at the next batch."""
        self._stopping.set()
