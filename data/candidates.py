"""Find the files of a data set by their names: every candidate for each of its four roles.

A name may be MNIST's, the ``.idx3-ubyte`` spelling, EMNIST's or QMNIST's with a prefix, gzipped or
not, a browser's copy (``name (1).gz``), or that of a folder in which the file is, as unpackers make
them.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from data.errors import DataError
from data.files import is_dir

ROLES = ("train-images", "train-labels", "test-images", "test-labels")
Candidates = dict[str, list[Path]]
"""The files for each role, best first."""

_NAME = re.compile(
    r"(?:(?P<set>emnist-[a-z]+|qmnist)-)?(?P<which>train|test|t10k)-(?P<what>images|labels)"
    r"[-._]idx[123]-(?:ubyte|int)(?:\.gz)?"
)
_COPY = re.compile(r" ?\(\d+\)|[ _-]copy(?: ?\d+)?(?=\.|$)| \d+(?=\.gz$|$)|\.\d+$|^copy of |\.txt$")
"""What browsers, desktops and wget add to the name of a second download."""
_MOST_ENTRIES = 10_000

_Rank = tuple[bool, bool, bool]
T = TypeVar("T")


def find_candidates(folder: Path) -> dict[str, Candidates]:
    """The files in a folder by set (``""``, ``"emnist-digits"``, ...) and role, best first."""
    sets: dict[str, Candidates] = {}
    for _, file, match in sorted(_matches(folder), key=lambda found: found[:2]):
        key = f"{_which(match)}-{match['what']}"
        sets.setdefault(match["set"] or "", {}).setdefault(key, []).append(file)
    return sets


def first_readable(paths: list[Path], read: Callable[[Path], T], skipped: list[str]) -> T:
    """Return what ``read`` gives for the first path that it can read.

    The reasons of those that it cannot are added to ``skipped``.

    Raises:
        DataError: none can be read; it gives the reason of each.
    """
    reasons: list[str] = []
    for path in paths:
        try:
            value = read(path)
        except DataError as error:
            reasons.append(str(error))
        else:
            skipped += reasons
            return value
    raise DataError("; ".join(reasons))


def entries(folder: Path) -> list[Path]:
    """What is in a folder, by name; empty if it cannot be read."""
    try:
        return sorted(path for path, _ in zip(folder.iterdir(), range(_MOST_ENTRIES), strict=False))
    except OSError:
        return []


def _matches(folder: Path) -> Iterator[tuple[_Rank, Path, re.Match[str]]]:
    """Each candidate in a folder, with its rank and its name's parts."""
    for path in entries(folder):
        match = _match(path.name)
        if match:
            for file in _files_in(path, match) if is_dir(path) else (path,):
                yield _rank(file, inside=file != path), file, match


def _match(name: str) -> re.Match[str] | None:
    return _NAME.fullmatch(_COPY.sub("", name.lower()))


def _which(match: re.Match[str]) -> str:
    return "train" if match["which"] == "train" else "test"


def _files_in(folder: Path, match: re.Match[str]) -> Iterator[Path]:
    """The files for the same role in a folder that has the name of a file; else that folder."""
    found = False
    for path in entries(folder):
        inner = _match(path.name)
        if inner and (_which(inner), inner["what"]) == (_which(match), match["what"]):
            found = True
            yield path
    if not found:
        yield folder  # so that there is a reason why it is not used


def _rank(path: Path, *, inside: bool) -> _Rank:
    """Its place among the candidates: exact names first, plain files before gzipped ones."""
    copied = not _NAME.fullmatch(path.name.lower())
    return copied, inside, path.name.lower().endswith(".gz")
