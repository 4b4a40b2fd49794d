"""Files of a run directory: replaced whole, appended to, and read without trusting them.

Other users may write many of the paths that the program reads: a FIFO in the place of a file would
block it for ever, a link to a device would fill its memory, and so would a sparse file. So all
files are opened for reading here (a test checks that), and read up to a limit.

A reader needs no lock: a file is either replaced by a rename, so that there is the old or the new
one, or grows by whole records, so that a process that is killed leaves at most a torn last one.
"""

import errno
import itertools
import os
import re
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from trainpad.errors import RunError
from trainpad.probe import is_mine

RUN_FILE = "run.json"
"""The file that makes a folder a run directory."""
PARTIAL = re.compile(r"\.(.+)\.\d+\.part")
"""The names of temporary files and folders."""
STALE_SECONDS = 3600.0
_COUNT = itertools.count()
"""Makes the names of temporary files unique among the threads of this process."""


def write_atomic(path: Path, content: bytes, *, sync: bool = True, mode: int = 0o600) -> None:
    """Replace the file at `path` by one with this content.

    Args:
        path: The file; its folder must exist.
        content: What it holds afterwards.
        sync: Whether the content is on the disk before the rename, so that a machine that loses
            power leaves the old or the new file, not an empty one.
        mode: Who may read and write it; by default this user alone.

    Raises:
        OSError: as the system says; `path` is then unchanged.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{next(_COUNT):04}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(partial, flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if mode != 0o600:
                os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise


class NotPlainError(OSError):
    """A path that should be a regular file is a folder, a FIFO, a socket or a device."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file", str(path))


def open_plain(path: Path, *, follow_links: bool = True) -> BufferedReader:
    """Open a regular file for reading; never blocks, as a FIFO or a device could.

    Raises:
        NotPlainError: it is something else than a regular file.
        OSError: as the system says.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow_links else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotPlainError(path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_plain(path: Path, limit: int) -> bytes:
    """Return the first `limit` bytes of a regular file.

    Raises:
        OSError: as the system says, or `NotPlainError`.
    """
    return read_range(path, 0, limit)


def read_range(path: Path, start: int, size: int) -> bytes:
    """Return `size` bytes of a regular file from byte `start` on; fewer where it ends.

    Raises:
        OSError: as the system says, or `NotPlainError`.
    """
    with open_plain(path) as file:
        file.seek(start)
        return file.read(max(0, min(size, os.fstat(file.fileno()).st_size - start)))


def read_private(path: Path, limit: int) -> bytes:
    """Return the content of a file that only this user can have written.

    Raises:
        RunError: it is not a regular file of this user's, others may write it, or it is larger
            than `limit` bytes.
        OSError: as the system says.
    """
    try:
        file = open_plain(path, follow_links=False)
    except NotPlainError as error:
        raise RunError(f"{path.name} is not a regular file") from error
    except OSError as error:
        if path.is_symlink():
            raise RunError(f"{path.name} is a link; it must be a file") from error
        raise
    with file:
        _check_private(path, os.fstat(file.fileno()), limit)
        return file.read(limit)


def _check_private(path: Path, about: os.stat_result, limit: int) -> None:
    if not is_mine(about.st_uid, path.parent):
        raise RunError(f"{path.name} belongs to another user")
    if about.st_mode & 0o022:
        raise RunError(f"{path.name} can be written by other users")
    if about.st_size > limit:
        raise RunError(f"{path.name} is larger than {limit:,} bytes")


def remove_leftovers(folder: Path) -> None:
    """Delete what writers that were killed left in `folder`, a folder of trainpad's own.

    That is temporary files of `write_atomic`, and unfinished folders of `make_folder` with nothing
    else in them, if they were not changed for `STALE_SECONDS`.
    """
    with suppress(OSError):
        for path in [path for path in folder.iterdir() if PARTIAL.fullmatch(path.name)]:
            about = path.lstat()
            if time.time() - about.st_mtime < STALE_SECONDS:
                continue
            with suppress(OSError):
                if stat.S_ISREG(about.st_mode):
                    path.unlink()
                elif stat.S_ISDIR(about.st_mode):
                    _remove_unfinished(path)


def make_folder(
    parent: Path, begin: str, file: str, content: Callable[[str], bytes], *, sync: bool = True
) -> Path:
    """Make a folder with one file in it, mode 0700, whole or not at all; return its path.

    Args:
        parent: The folder it is made in, which exists.
        begin: Its name, to which a number is added where there is one of that name.
        file: The file's name.
        content: Returns what the file holds, by the folder's name.
        sync: Whether the file is on the disk before this returns; see `write_atomic`.

    Raises:
        OSError: as the system says.
    """
    remove_leftovers(parent)
    partial = parent / f".{begin}.{os.getpid()}{next(_COUNT):04}.part"
    partial.mkdir(mode=0o700)
    try:
        for number in range(1, 1000):
            path = parent / (begin if number == 1 else f"{begin}-{number}")
            if not os.path.lexists(path):
                write_atomic(partial / file, content(path.name), sync=sync)
                with suppress(FileExistsError):
                    return _renamed(partial, path)
        raise FileExistsError(errno.EEXIST, "a thousand of that name are there")
    except BaseException:
        with suppress(OSError):
            (partial / file).unlink(missing_ok=True)
            partial.rmdir()
        raise


def _renamed(folder: Path, path: Path) -> Path:
    try:
        return folder.rename(path)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.ENOTDIR):  # somebody else was faster
            raise FileExistsError(errno.EEXIST, "it exists", str(path)) from error
        raise


def _remove_unfinished(folder: Path) -> None:
    (folder / RUN_FILE).unlink(missing_ok=True)
    folder.rmdir()


def size_of(path: Path) -> int:
    """Return the size of a regular file in bytes; 0 where there is none."""
    try:
        about = path.stat()
    except OSError:
        return 0
    return about.st_size if stat.S_ISREG(about.st_mode) else 0


def modified_at(path: Path) -> float:
    """Return when a file was last written, in Unix time; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
