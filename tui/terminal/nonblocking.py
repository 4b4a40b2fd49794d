"""Open a terminal again for reading or writing that never waits."""

import os
import sys


def reopen_without_waiting(descriptor: int, flags: int) -> int | None:
    """Open the file of a descriptor again, with `flags`, so that no call waits for it.

    Not waiting is a property of an open file, and the terminal's is shared with the shell: so that
    one stays as it is. Returns None where it cannot be opened: outside of Linux, and if the
    terminal belongs to another user.
    """
    if sys.platform != "linux":
        return None
    try:
        return os.open(
            f"/proc/self/fd/{descriptor}", flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        )
    except OSError:
        return None
