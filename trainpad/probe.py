"""What a file system does with a file that is made in one of its folders.

Network file systems may show another owner than the user who makes a file (NFS with root_squash,
EFS), another mode than it was given (SMB, drvfs), and may have no locks. "Mine" and "private" mean
there what a file just made shows; a run that could not work there is refused before it exists.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from trainpad.errors import RunError
from trainpad.lock import lock

BLOCK = 4096
"""Bytes that a folder must have room for."""
NOT_PRIVATE = (
    "this file system shows every file as writable by others, so that control.json is not trusted: "
    "a run in it cannot be steered from other terminals; mount it with mode 0600 for files "
    "(SMB: file_mode=0600; WSL: metadata), or choose another folder with --log_dir"
)
"""What follows from files that are not private."""

_ELSEWHERE = "choose another folder with --log_dir"


@dataclass(frozen=True, slots=True)
class FolderProbe:
    """What a file shows that was just made in a folder, with mode 0600."""

    owner: int
    is_private: bool
    """Whether nobody else may write it, by its mode."""
    has_locks: bool


def probe_folder(folder: Path) -> FolderProbe:
    """Make a temporary file in `folder`, and return what it shows; nothing is left behind.

    Raises:
        OSError: the folder is not writable, or full.
    """
    import tempfile  # this package is imported by other programs: their start is kept fast

    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        file.write(b"\0" * BLOCK)
        about = os.fstat(file.fileno())
        return FolderProbe(about.st_uid, not about.st_mode & 0o022, _can_lock(file.fileno()))


def _can_lock(descriptor: int) -> bool:
    try:
        return lock(descriptor, attempts=1, wait=0.0)
    except OSError:
        return False


def is_mine(owner: int, folder: Path) -> bool:
    """Return whether the files of `owner` in `folder` are this user's."""
    if owner == os.geteuid():
        return True
    try:
        return owner == probe_folder(folder).owner
    except OSError:
        return False


def is_private(folder: Path) -> bool:
    """Return whether a file made in `folder` may be written by this user alone."""
    try:
        return probe_folder(folder).is_private
    except OSError:
        return True  # it cannot be made, which is another matter


def check_log_dir(log_dir: Path) -> FolderProbe:
    """Probe the folder of runs, or its nearest parent that exists.

    Raises:
        RunError: no run can be written there; one sentence.
    """
    try:
        probe = probe_folder(nearest_existing(log_dir))
    except OSError as error:
        raise RunError(f"{log_dir} cannot be written: {error.strerror}; {_ELSEWHERE}") from error
    if not probe.has_locks:
        raise RunError(f"{log_dir}: this file system cannot lock files; {_ELSEWHERE}")
    return probe


def nearest_existing(path: Path) -> Path:
    """Return `path`, or its nearest parent that exists and can be seen."""
    while not _exists(path) and path != path.parent:
        path = path.parent
    return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
