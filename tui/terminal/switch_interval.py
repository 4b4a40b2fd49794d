"""How long a key waits for a thread that runs Python, and that thread for the answer to the key.

A thread of lower priority that asks for the interpreter stops the screen's thread until it has had
its turn, for which it first waits for a core: that may take as long as all of the answer. So may a
garbage collection.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.0005
"""How long the screen waits until a thread that runs Python gives way; Python's default of 5 ms
passes several times between a key and the changed screen, as the training is such a thread."""


ANSWER_SECONDS = 0.01
"""How long another thread waits at most while a key, or a move of the mouse, is answered."""
_is_short = False


@contextmanager
def short_switch_interval() -> Iterator[None]:
    """Let threads take turns sooner in the block."""
    global _is_short  # noqa: PLW0603 - of the process, as the interval is
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    _is_short = True
    try:
        yield
    finally:
        _is_short = False
        sys.setswitchinterval(before)
        gc.enable()


def keep_interpreter() -> None:
    """Let other threads and the garbage collection wait until `share_interpreter`: a key came.

    Only in a block with a short interval; threads wait for at most `ANSWER_SECONDS` each time.
    """
    if _is_short:
        sys.setswitchinterval(ANSWER_SECONDS)
        gc.disable()


def share_interpreter() -> None:
    """Let threads take turns as before: the answer is on its way to the terminal."""
    if _is_short:
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.enable()
