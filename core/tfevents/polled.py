"""A growing file that is polled: whether it has changed, and why it cannot be read."""

import os
from pathlib import Path


class PolledFile:
    """A file by its path; reading it is up to the subclass."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        """Size of the file at the last poll, in bytes."""
        self.modified = 0.0
        """When it was last written, in Unix time, as of the last poll."""
        self.unreadable = ""
        """Why the last attempt to read failed, or empty."""
        self.gone = False
        """Whether the file was missing at the last attempt."""
        self._last_stat: tuple[int, int, int] | None = None

    def has_news(self) -> bool:
        """Return whether size, mtime or inode changed since the last call."""
        try:
            status = os.stat(self.path)  # noqa: PTH116 - half the cost of Path.stat, and called often
        except OSError as error:
            return self._failed(error)
        self.gone, self.size, self.modified = False, status.st_size, status.st_mtime
        seen = (status.st_size, status.st_ino, status.st_mtime_ns)
        news = seen != self._last_stat
        self._last_stat = seen
        return news

    def _failed(self, error: OSError) -> bool:
        """Store why reading failed; return False."""
        self.unreadable = f"cannot be read: {error.strerror}"
        self.gone = isinstance(error, FileNotFoundError)
        self._last_stat = None  # try again at the next poll: permissions change, mounts come back
        return False
