"""Where event files are: roots and the folders below them, each visited once however it is linked.

Real folders come before symbolic links, so that a folder that is also linked keeps its own name. A
link back up the tree ends where device and inode were seen. Hidden folders and files are left
out: copying programs keep half a file under such names.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trainpad.errors import UserError
from trainpad.text import sanitize

_REMOTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class Root:
    """A place to search: a folder, or one event file."""

    path: Path
    label: str
    """What runs found here are called by, before their path below it."""
    is_only: bool
    """Whether it is the only root: then its label is not repeated in every name."""

    def name_of(self, folder: Path) -> str:
        """The name of the run in a folder at or below this root."""
        if self.path.is_file() or folder == self.path:
            return self.label
        below = sanitize(folder.relative_to(self.path).as_posix(), limit=200)
        return below if self.is_only else f"{self.label}/{below}"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was visited, and the event files in it, by name."""

    root: Root
    path: Path
    file_names: tuple[str, ...]
    hidden_folders: int = 0
    """How many folders in it were passed over."""


def roots_of(paths: Iterable[str | Path]) -> tuple[Root, ...]:
    """The roots that a user named.

    Raises:
        UserError: A path does not exist, may not be read, or is an address; the sentence says
            what to do.
    """
    found = [_resolve(path) for path in paths]
    bases = [_base_name(path) for path in found]
    return tuple(
        Root(
            path=path,
            label=sanitize(base if bases.count(base) == 1 else path.as_posix(), limit=200),
            is_only=len(found) == 1,
        )
        for path, base in zip(found, bases, strict=True)
    )


def search(roots: Iterable[Root]) -> Iterator[Folder]:
    """All folders at and below the roots, one by one as they are visited."""
    visited: set[tuple[int, int]] = set()
    for root in roots:
        if root.path.is_file():
            yield Folder(root, root.path.parent, (root.path.name,))
        else:
            yield from _walk(root, visited)


def is_event_file(name: str) -> bool:
    """Whether a file of this name holds events, by TensorBoard's own rule."""
    return "tfevents" in name and name[0] != "." and not name.endswith(".profile-empty")


def _resolve(path: str | Path) -> Path:
    shown = sanitize(str(path), limit=200)
    if _REMOTE.match(str(path)):
        raise UserError(f"{shown} is an address: mount it, or copy it to a folder, and watch that.")
    found = Path(path).expanduser()
    try:
        if stat.S_ISDIR(found.stat().st_mode):
            os.scandir(found).close()  # folders below it may be closed to us, but not this one
    except OSError as error:
        raise UserError(f"{shown} cannot be opened: {error.strerror}.") from error
    return found


def _base_name(path: Path) -> str:
    """The name of the folder that a root is, or is in."""
    folder = path.parent if path.is_file() else path
    return folder.name or folder.resolve().name or folder.as_posix()


def _walk(root: Root, visited: set[tuple[int, int]]) -> Iterator[Folder]:
    """The folders of one root that were not visited yet."""
    real, linked = [root.path], list[Path]()
    while real or linked:
        path = (real or linked).pop()
        try:
            status = path.stat()
            identity = status.st_dev, status.st_ino
            if identity in visited:
                continue
            visited.add(identity)
            names, hidden = _scan(path, real, linked)
        except OSError:
            # A folder that vanished, or that may not be read, is as good as empty.
            continue
        yield Folder(root, path, names, hidden)


def _scan(path: Path, real: list[Path], linked: list[Path]) -> tuple[tuple[str, ...], int]:
    """The event files in a folder, and how many hidden folders; others join the two lists."""
    names, hidden = [], 0
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name, reverse=True):
            if entry.name.startswith("."):
                hidden += entry.is_dir(follow_symlinks=False)
            elif _is_kind(entry.is_dir):
                (linked if entry.is_symlink() else real).append(path / entry.name)
            elif is_event_file(entry.name) and _is_kind(entry.is_file):
                names.append(entry.name)
    return tuple(names), hidden


def _is_kind(kind: Callable[[], bool]) -> bool:
    """What an entry says of itself; a link to itself leads nowhere."""
    try:
        return kind()
    except OSError:
        return False
