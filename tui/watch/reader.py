"""The thread that reads the files and posts batches of changes."""

import threading
from collections.abc import Callable, Sequence

from textual.message import Message

from core.foreign.find import ForeignFiles
from core.tfevents.logdir import Update, poll_forever

POLL_INTERVAL = 1.0
"""Seconds between two polls."""


class UpdateReceived(Message):
    """A batch of changes."""

    def __init__(self, update: Update) -> None:
        super().__init__()
        self.update = update


class ReadFailed(Message):
    """Reading stopped because of an unexpected error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class LogdirWorker(threading.Thread):
    """Poll the files until `stop` is called."""

    def __init__(self, paths: Sequence[str], post: Callable[[Message], object]) -> None:
        super().__init__(name="watch", daemon=True)
        self._paths, self._post = paths, post
        self._stopping = threading.Event()

    def run(self) -> None:
        """Read and post; an empty batch is posted only once, after everything has been read."""
        caught_up = False
        try:
            for update in poll_forever(
                self._paths,
                others=ForeignFiles(),
                interval=POLL_INTERVAL,
                sleep=self._stopping.wait,
            ):
                if self._stopping.is_set():
                    return
                if update.changes or not caught_up:
                    self._post(UpdateReceived(update))
                caught_up = update.caught_up
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the app decides
            self._post(ReadFailed(error))

    def stop(self) -> None:
        """Stop after the current batch."""
        self._stopping.set()
