"""Advisory locks between processes, released by the system however a process ends."""

import fcntl
import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from trainpad.errors import RunError

RUN_LOCK = "lock"
"""The file that the process which owns a run keeps locked."""


def open_lock(path: Path) -> int:
    """Open a file to be locked, which is made where there is none; return its descriptor.

    Raises:
        OSError: as the system says.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)


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


def unlock(descriptor: int) -> None:
    """Release the lock of an open file.

    Raises:
        OSError: the file system has no locks.
    """
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_locked(path: Path, *, without_locks: bool = False) -> bool:
    """Return whether a process keeps a file locked; False where the file cannot be opened.

    Args:
        path: The file.
        without_locks: What is returned on a file system that has no locks.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not lock(descriptor, attempts=1, wait=0.0, shared=True)
    except OSError:
        return without_locks
    finally:
        os.close(descriptor)


def take_run_lock(directory: Path) -> int:
    """Become the one writer of a run directory; return the descriptor of its file `lock`.

    The system releases it with the process, and its modification time is the heartbeat. On a file
    system without locks only the heartbeat tells that somebody writes.

    Raises:
        RunError: another process is writing this run.
        OSError: the directory cannot be written.
    """
    descriptor = open_lock(directory / RUN_LOCK)
    try:
        with suppress(OSError):
            if not lock(descriptor, attempts=10, wait=0.02):
                raise RunError(f"another process is writing the run {directory.name}")
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        content = json.dumps(holder).encode()
        os.pwrite(descriptor, content, 0)
        os.ftruncate(descriptor, len(content))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
