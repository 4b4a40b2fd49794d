"""Which threads go first where cores are few: those that answer a person, before those that train.

Where computing keeps the cores busy, Linux lets a thread that was woken by a key wait for 5 to
10 ms each time. The price: other busy processes of the same session or container get a larger part
of the cores than training, three times as much for each thread; those of other sessions do not.
"""

import os
import sys
import threading
from contextlib import suppress

NICE = 5
"""How far a yielding thread stands back, on the scale of nice(1)."""


def lower_thread_priority() -> None:
    """Let this thread, and those that it starts, stand back; only Linux knows it of a thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, max(now, NICE))


def limit_blas_threads() -> None:
    """Have NumPy multiply on one thread; to be called before it is imported.

    OpenBLAS has a thread for each core, and once used they spin for 20 to 40 ms in case there is
    more: at two calls a second that took 4 % of two cores from training.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
