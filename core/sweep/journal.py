"""Optuna's journal file, with a lock that ends with its process."""

import os
from pathlib import Path
from typing import Any, cast

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from trainpad.errors import RunError
from trainpad.lock import lock

MAX_LINE = 1 << 20
"""Bytes; a line of the journal is shorter."""


class JournalLock:
    """The lock of a journal: `flock` on a file beside it.

    Optuna's own locks are files that a killed process leaves, and block others for half a minute.
    What such a process has written of a line is cut off when the next one takes the lock: Optuna
    would append to it, and could not read the journal any more.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._descriptor = -1

    def acquire(self) -> bool:
        """Take the lock."""
        path = f"{self._journal}.lock"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if not lock(self._descriptor, attempts=3000, wait=0.02):
            os.close(self._descriptor)
            raise RunError(f"{path}: another process has kept it locked for a minute")
        _cut_torn_line(self._journal)
        return True

    def release(self) -> None:
        """Let the lock go."""
        os.close(self._descriptor)


def _cut_torn_line(path: Path) -> None:
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - MAX_LINE)
        file.seek(start)
        tail = file.read()
        if tail and not tail.endswith(b"\n"):
            file.truncate(start + tail.rfind(b"\n") + 1)


def open_storage(journal: Path) -> JournalStorage:
    """The storage of a study; creates the journal where there is none.

    Raises:
        RunError: the journal cannot be read or written.
    """
    try:
        return JournalStorage(JournalFileBackend(str(journal), cast("Any", JournalLock(journal))))
    except OSError as error:
        raise RunError(f"{journal} cannot be used: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{journal} is damaged and cannot be read") from error
