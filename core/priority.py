"""Which threads go first where cores are few: those that answer a person, before those that train.

Computing keeps every core busy, and Linux then lets a thread that was woken by a key wait for 5 to
10 ms each time. A thread that yields costs training no more than the moments in which somebody
looks or types.
"""

import os
import sys
import threading
from contextlib import suppress

NICE = 10
"""How far a yielding thread stands back, on the scale of nice(1)."""


def yield_to_others() -> None:
    """Let this thread, and those that it starts, stand back; only Linux knows it of a thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, max(now, NICE))
