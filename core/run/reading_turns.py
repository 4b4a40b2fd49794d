"""Whose turn it is while a long file is read: the reading thread waits while a key is answered.

A thread that computes gives way every 5 ms; one that pauses does so at once. But the screen's
thread lets others run, too, in each of the many calls of NumPy that draw a chart, and each time it
would wait until the reader has parsed its next lines.
"""

import threading
import time
from typing import Final

PAUSE: Final = 0.0002
"""Seconds of a pause where nobody waits."""
MAX_ANSWER: Final = 0.1
"""Seconds after which a key counts as answered."""
_answered = threading.Event()
_answered.set()
_until = 0.0
"""The time by the monotonic clock at which the key that came last counts as answered."""


def begin_answer() -> None:
    """Let the threads that read wait: a key or a button is being handled."""
    global _until  # noqa: PLW0603 - of the process, as the interpreter's lock is
    _until = time.monotonic() + MAX_ANSWER
    _answered.clear()


def end_answer() -> None:
    """Let the threads that read go on."""
    _answered.set()


def give_way() -> None:
    """Pause the calling thread, which reads a long file, so that others have their turn."""
    time.sleep(PAUSE)
    if not _answered.is_set() and (left := _until - time.monotonic()) > 0:
        _answered.wait(left)
