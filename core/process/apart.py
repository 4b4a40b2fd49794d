"""Threads that take no signals.

While a matrix is multiplied, the stack pointer may lie in the heap, in TensorFlow 2.21 and before
(https://github.com/uxlfoundation/oneDNN/issues/4845), so that a signal's handler would overwrite
what is there: one in five runs that SIGTERM should have saved crashed instead. So threads that
compute take none, and those that they start do not either. The main thread, which has to, handles
them on another stack (`core.session.headless`).
"""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Result = TypeVar("Result")
SYNCHRONOUS: Final = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}
"""Signals of what a thread did itself: nobody else can take them."""


def block_signals() -> None:
    """Leave signals to other threads, and have threads that this one starts do so too."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - SYNCHRONOUS)


def run_with_signals_blocked(call: Callable[[], Result]) -> Result:
    """What `call` returns, or raises, on a thread that takes no signals."""
    with ThreadPoolExecutor(1, "apart", initializer=block_signals) as pool:
        return pool.submit(call).result()
