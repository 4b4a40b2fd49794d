"""Path checks that treat permission errors as absence.

`Path.is_file` and the like raise where a parent folder is not readable or a name is too long.
"""

from pathlib import Path


def exists(path: Path) -> bool:
    """Whether `path` exists and its folder is readable."""
    try:
        return path.exists()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether `path` is a file and its folder is readable."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_dir(path: Path) -> bool:
    """Whether `path` is a folder and its parent is readable."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_dir_with_entries(path: Path) -> bool:
    """Whether `path` is a readable folder that is not empty."""
    try:
        return path.is_dir() and any(path.iterdir())
    except OSError:
        return False
