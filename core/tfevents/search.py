"""Find event files: walk the roots and all folders below them, each folder once.

Real folders are visited before symbolic links, so that a folder that is also linked keeps its own
name. Device and inode of visited folders are remembered, which ends cycles. Hidden folders and
files are skipped: copying programs store incomplete files under such names.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from trainpad.errors import UserError
from trainpad.files import NotPlainError
from trainpad.place import absolute, expanded
from trainpad.text import sanitize

_REMOTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, slots=True)
class Root:
    """Where to search: a folder, or one event file."""

    path: Path
    label: str
    """First part of the names of the runs found here."""
    is_only: bool
    """Whether it is the only root: names then omit its label."""

    @property
    def is_file(self) -> bool:
        """Whether it is a file, now."""
        return self.path.is_file()

    def name_of(self, folder: Path) -> str:
        """Return the name of the run in a folder at or below this root."""
        if self.is_file or folder == self.path:
            return self.label
        below = sanitize(folder.relative_to(self.path).as_posix(), limit=200)
        return below if self.is_only else f"{self.label}/{below}"

    def name_of_file(self, path: Path) -> str:
        """Return the name of the run that is a file at or below this root."""
        if self.is_file:
            return sanitize(path.name if self.is_only else self.path.as_posix(), limit=200)
        is_below = path.is_relative_to(self.path)
        below = path.relative_to(self.path).as_posix() if is_below else path.name
        return sanitize(below if self.is_only else f"{self.label}/{below}", limit=200)


@dataclass(frozen=True, slots=True)
class Folder:
    """A visited folder, and the names of its event files."""

    root: Root
    path: Path
    file_names: tuple[str, ...]
    other_names: tuple[str, ...] = ()
    """The names of its other files, where they were requested."""
    hidden_folders: int = 0
    """Number of hidden folders in it, which are not searched."""


def roots_of(paths: Iterable[str | Path]) -> tuple[Root, ...]:
    """Return the roots for the paths that a user gave.

    Raises:
        UserError: A path does not exist, may not be read, or is a URL; the message says what
            to do.
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


def search(roots: Iterable[Root], *, every_file: bool = False) -> Iterator[Folder]:
    """Yield every folder at and below the roots as it is visited, with all its files if requested.

    A root that is a file is an event file, unless other files are requested too.
    """
    visited: set[tuple[int, int]] = set()
    for root in roots:
        name = root.path.name
        if not root.is_file:
            yield from _walk(root, visited, every_file=every_file)
        elif every_file and not is_event_file(name):
            yield Folder(root, root.path.parent, (), (name,))
        else:
            yield Folder(root, root.path.parent, (name,))


def is_event_file(name: str) -> bool:
    """Return whether a file of this name is an event file, by TensorBoard's rule."""
    return "tfevents" in name and name[0] != "." and not name.endswith(".profile-empty")


def _resolve(path: str | Path) -> Path:
    shown = sanitize(str(path), limit=200)
    if _REMOTE.match(str(path)):
        raise UserError(f"{shown} is an address: mount it, or copy it to a folder, and watch that.")
    found = expanded(path)
    try:
        mode = found.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(found).close()  # subfolders may be unreadable, but not the root itself
        elif not stat.S_ISREG(mode):
            raise NotPlainError(found)
    except OSError as error:
        raise UserError(f"{shown} cannot be opened: {error.strerror}.") from error
    return found


def _base_name(path: Path) -> str:
    """Return the name of the folder that a root is, or is in."""
    folder = path.parent if path.is_file() else path
    return folder.name or absolute(folder).resolve().name or folder.as_posix()


def _walk(root: Root, visited: set[tuple[int, int]], *, every_file: bool) -> Iterator[Folder]:
    """Yield the folders of one root that were not visited yet."""
    real, linked = [root.path], list[Path]()
    while real or linked:
        path = (real or linked).pop()
        try:
            status = path.stat()
            identity = status.st_dev, status.st_ino
            if identity in visited:
                continue
            visited.add(identity)
            found = _scan(path, real, linked)
        except OSError:
            # A folder that vanished or is unreadable counts as empty.
            continue
        events = tuple(name for name in found.files if is_event_file(name))
        others = tuple(name for name in found.files if not is_event_file(name))
        yield Folder(root, path, events, others if every_file else (), found.hidden_folders)


class _Scanned(NamedTuple):
    """What one folder holds, besides folders that are to be visited."""

    files: list[str]
    hidden_folders: int


def _scan(path: Path, real: list[Path], linked: list[Path]) -> _Scanned:
    """Return the files and the number of hidden folders; append subfolders to the lists."""
    files, hidden = [], 0
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name, reverse=True):
            if entry.name.startswith("."):
                hidden += entry.is_dir(follow_symlinks=False)
            elif _is_kind(entry.is_dir):
                (linked if entry.is_symlink() else real).append(path / entry.name)
            elif _is_kind(entry.is_file):
                files.append(entry.name)
    return _Scanned(files, hidden)


def _is_kind(kind: Callable[[], bool]) -> bool:
    """Return ``entry.is_dir()`` or ``entry.is_file()``; False for a link that loops."""
    try:
        return kind()
    except OSError:
        return False
