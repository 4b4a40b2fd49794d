"""How long a key waits for a thread that runs Python, and that thread for the answer to the key.

A thread of lower priority that asks for the interpreter stops the screen's thread until it has had
its turn, for which it first waits for a core: that may take as long as all of the answer. So may a
garbage collection.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

SWITCH_SECONDS = 0.0005
"""How long the screen waits until a thread that runs Python gives way; Python's default of 5 ms
passes several times between a key and the changed screen, as the training is such a thread."""
ANSWER_SECONDS = 0.01
"""How long another thread waits at most while a key, or a move of the mouse, is answered."""
GARBAGE_SECONDS = 0.5
"""How long garbage is kept at most where input comes all the time and nothing is answered."""
_is_short = False
_kept_since = 0.0
"""Since when no garbage is collected, by the monotonic clock."""


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
    global _kept_since  # noqa: PLW0603 - of the process, as the interval is
    if not _is_short:
        return
    sys.setswitchinterval(ANSWER_SECONDS)
    now = monotonic()
    if gc.isenabled():
        _kept_since = now
        gc.disable()
    elif now - _kept_since > GARBAGE_SECONDS:
        gc.enable()


def share_interpreter() -> None:
    """Let threads take turns as before: the answer is on its way to the terminal."""
    if _is_short:
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.enable()
