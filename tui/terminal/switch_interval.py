"""How long a key waits for a thread that runs Python."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.0005
"""How long the screen waits until a thread that runs Python gives way; Python's default of 5 ms
passes several times between a key and the changed screen, as the training is such a thread."""


@contextmanager
def short_switch_interval() -> Iterator[None]:
    """Let threads take turns sooner in the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
