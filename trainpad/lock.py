"""Advisory locks between processes, released by the system however a process ends."""

import fcntl
import time


def lock(descriptor: int, *, attempts: int, wait: float, shared: bool = False) -> bool:
    """Take the lock of an open file; return False where another process keeps it.

    Args:
        descriptor: The open file; closing it releases the lock.
        attempts: How often it is tried.
        wait: Seconds between two attempts.
        shared: Whether other processes may hold the lock in the same way.

    Raises:
        OSError: the file system has no locks.
    """
    operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    for attempt in range(attempts):
        if attempt:
            time.sleep(wait)
        try:
            fcntl.flock(descriptor, operation)
        except BlockingIOError:
            continue
        return True
    return False
