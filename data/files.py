"""Looking at paths that may be anybody's: what may not be looked at is not there.

Python's own `Path.is_file` and the like raise where a folder above is closed to this user, or a
name is too long to be one.
"""

from pathlib import Path


def exists(path: Path) -> bool:
    """Whether there is anything at `path` that this user may know of."""
    try:
        return path.exists()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether there is a file at `path` that this user may know of."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_dir(path: Path) -> bool:
    """Whether there is a folder at `path` that this user may know of."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_dir_with_entries(path: Path) -> bool:
    """Whether there is a folder at `path` that this user may look into, and not an empty one."""
    try:
        return path.is_dir() and any(path.iterdir())
    except OSError:
        return False
