"""Threads of a process that trains behind a screen: signals, priority, BLAS and garbage collection.

Signals: while a matrix is multiplied, the stack pointer may point into the heap, in TensorFlow 2.21
and before (https://github.com/uxlfoundation/oneDNN/issues/4845), so that a signal handler that runs
on that thread overwrites the heap: one in five runs that SIGTERM should have saved crashed instead.
Threads that compute therefore block signals, and so do the threads that they start. The main
thread, which must handle signals, does so on a separate stack (`core.process.signals`).

Priority: where training keeps all cores busy, Linux lets a thread that a key press woke wait for 5
to 10 ms. So threads that train lower their priority. The price: other busy processes of the same
session or container get up to three times the CPU share of a training thread; processes of other
sessions do not.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

Result = TypeVar("Result")
SYNCHRONOUS: Final = {
    signal.SIGSEGV,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGABRT,
}
"""Signals that a thread raises itself: no other thread can handle them."""
NICE = 5
"""How much nicer a thread with lowered priority is than its process, on the scale of nice(1)."""


def block_signals() -> None:
    """Block all signals but `SYNCHRONOUS` on this thread and on threads that it starts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - SYNCHRONOUS)


def run_with_signals_blocked(call: Callable[[], Result]) -> Result:
    """Run `call` on a new thread with signals blocked; return or raise what it does."""
    from concurrent.futures import ThreadPoolExecutor  # loads logging, which `--help` need not

    with ThreadPoolExecutor(1, "signals-blocked", initializer=block_signals) as pool:
        return pool.submit(call).result()


def lower_thread_priority() -> None:
    """Make this thread, and threads that it starts, `NICE` nicer than the process is.

    Only Linux has a niceness for each thread; elsewhere this does nothing.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            now = os.getpriority(os.PRIO_PROCESS, thread)
            of_process = os.getpriority(os.PRIO_PROCESS, os.getpid())
            os.setpriority(os.PRIO_PROCESS, thread, max(now, of_process + NICE))


def limit_blas_threads() -> None:
    """Have NumPy multiply matrices on one thread; call this before NumPy is imported.

    OpenBLAS starts a thread for each core. After a call these spin for 20 to 40 ms, waiting for the
    next one: at two calls a second that took 4 % of two cores from training.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def relax_gc() -> None:
    """Collect young objects after 10,000 allocations, and old ones far less often than by default.

    A full collection takes a third of a second once TensorFlow is loaded, and stops every thread,
    the screen's included.
    """
    gc.set_threshold(10_000, 20, 50)


def freeze_gc() -> None:
    """Exclude all objects that exist now from garbage collection: they stay for good."""
    gc.freeze()
