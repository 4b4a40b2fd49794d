"""Files: how large and how old, and written so that a crash leaves the old or the new one whole."""

import itertools
import os
import stat
from contextlib import suppress
from pathlib import Path

from core.rundir.errors import RunError

COUNT = itertools.count()


def write_atomic(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Put `content` at `path`, readable by this user alone.

    Raises:
        OSError: as the system says; `path` is then as it was.
    """
    # A signal's handler may write while the interrupted thread does.
    partial = path.with_name(f".{path.name}.{os.getpid()}{next(COUNT):04}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(partial, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise


def size_of(path: Path) -> int:
    """Bytes in a plain file; 0 where there is none, or something else that would never end."""
    try:
        about = path.stat()
    except OSError:
        return 0
    return about.st_size if stat.S_ISREG(about.st_mode) else 0


def changed_at(path: Path) -> float:
    """When a file was last written, Unix time; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def read_private(path: Path, limit: int) -> bytes:
    """The content of a file that only this user can have written.

    Raises:
        RunError: it is not a plain file of this user's, others may write it, or it is too large.
        OSError: as the system says.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise RunError(f"{path.name} is a link; it must be a file") from error
        raise
    try:
        _check_private(path.name, os.fstat(descriptor), limit)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(descriptor)


def _check_private(name: str, about: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise RunError(f"{name} is not a plain file")
    if about.st_uid != os.geteuid():
        raise RunError(f"{name} belongs to another user")
    if about.st_mode & 0o022:
        raise RunError(f"{name} can be written by other users")
    if about.st_size > limit:
        raise RunError(f"{name} is larger than {limit:,} bytes")
