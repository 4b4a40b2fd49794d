"""Open any folder of IDX files as a Dataset.

Files are found by their names (`data.candidates`) and identified by their content. Every candidate
is tried: one that cannot be read never beats one that can, and its reason is kept.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from data.candidates import ROLES, Candidates, entries, find_candidates, first_readable
from data.cifar import is_cifar, open_cifar
from data.class_folders import has_class_folders, open_class_folders
from data.dataset import DIGITS, Dataset, Images
from data.errors import DataError
from data.files import is_dir, is_file
from data.idx import read_images, read_labels
from data.mnist import MAX_CLASSES, RawArrays, build_dataset, open_npz
from data.near_misses import name_near_miss, path_head
from data.pixels import Size
from data.svhn import is_mat, open_mat
from trainpad.files import read_plain

_INSIDE = ("", "raw", "MNIST/raw", "MNIST", "mnist", "MNIST_data", "archive")
_CIFAR = ("cifar-10-batches-py", "cifar-10-batches-bin", "cifar-100-python", "cifar-100-binary")
_CLASS_FILES = ("classes.txt", "labels.txt")
_MAX_CLASS_BYTES = 1 << 16
_MOST_NAMED = 4


def open_folder(
    folder: Path,
    *,
    name: str = "",
    prefer: str = "",
    classes: tuple[str, ...] | None = None,
    size: Size | None = None,
) -> Dataset:
    """Open the data set in a folder: four IDX files, ``mnist.npz``, CIFAR, SVHN, or pictures.

    Args:
        folder: has the files itself or, as with torchvision, in ``raw`` or ``MNIST/raw``;
            or is an ``.npz`` file.
        name: the name of the data if it is not MNIST itself; by default the folder's name.
        prefer: which of EMNIST's sets to take (``emnist-digits``) where a folder holds several.
        classes: the name of each label, where the folder has no ``classes.txt``.
        size: width and height that the pictures of class folders get.

    Raises:
        DataError: the folder or a file is missing, damaged, or does not fit the others.
    """
    if size is not None:
        if not is_dir(folder) or not has_class_folders(folder):
            raise DataError(f"{folder}: --size is for folders of pictures, one for each class")
        return open_class_folders(folder, name or folder.resolve().name, size)
    if is_file(folder):
        return _open_file(folder)
    if not is_dir(folder):
        raise DataError(f"{folder}: no such folder; expected one with four IDX files")
    name = name or folder.resolve().name
    skipped: list[str] = []
    for inside in _distinct(folder):
        try:
            data = _open_inside(inside, name, prefer, classes)
        except DataError as error:
            skipped.append(str(error))
        else:
            if data is not None:
                return replace(data, skipped=(*skipped, *data.skipped))
    for inside in (folder, *(folder / name for name in _CIFAR)):
        if not skipped and is_dir(inside) and is_cifar(inside):
            return open_cifar(inside)
    if not skipped and is_mat(folder):
        return open_mat(folder, name)
    if not skipped and has_class_folders(folder):
        return open_class_folders(folder, name)
    raise DataError("; ".join(skipped) or f"{folder}: {_found_none(folder)}")


def _open_file(path: Path) -> Dataset:
    if path.suffix == ".npz":
        return open_npz(path)
    if path.suffix == ".mat":
        raise DataError(f"{path}: give the folder of this file, with one for training and testing")
    what = name_near_miss(path_head(path)) or "a file"
    raise DataError(f"{path}: expected a folder with four IDX files or an .npz file, found {what}")


def _distinct(folder: Path) -> Iterator[Path]:
    """The folders in which files may be; one that has two names, as MNIST and mnist may, once."""
    seen = set()
    for inside in (folder / inside for inside in _INSIDE):
        if is_dir(inside) and (real := inside.resolve()) not in seen:
            seen.add(real)
            yield inside


def _open_inside(
    folder: Path, name: str, prefer: str, classes: tuple[str, ...] | None
) -> Dataset | None:
    """The data set of the files that are right here, if there are any."""
    sets = find_candidates(folder)
    npz = _npz_in(folder)
    if not sets:
        return open_npz(npz) if npz else None
    try:
        return _open_set(folder, sets, name, prefer, classes)
    except DataError as error:
        if npz is None:
            raise
        data = open_npz(npz)
        return replace(data, skipped=(str(error), *data.skipped))


def _npz_in(folder: Path) -> Path | None:
    """Keras's ``mnist.npz`` in a folder, or the only ``.npz`` file there; None without."""
    if is_file(keras := folder / "mnist.npz"):
        return keras
    found = [path for path in entries(folder) if path.suffix == ".npz" and is_file(path)]
    return found[0] if len(found) == 1 else None


def _found_none(folder: Path) -> str:
    """What the folder has in place of a data set."""
    sentence = "expected four IDX files (train-images-idx3-ubyte.gz and so on), found none"
    for path in entries(folder):
        if is_dir(path) and (find_candidates(path) or is_dir(path / "raw")):
            return f"{sentence}; there are some in {path.name}/: give that folder"
        if not path.name.startswith(".") and is_dir(path) and has_class_folders(path):
            inner = path.name
            return f"{sentence}; there are folders of pictures in {inner}/: give that folder"
        if path.suffix in (".part", ".crdownload", ".download"):
            return f"{sentence}, but the unfinished download {path.name}"
    named = [(path.name, _near_miss(path)) for path in entries(folder) if is_file(path)]
    found = [f"{name} ({what})" for name, what in named if what][:_MOST_NAMED]
    return f"{sentence}, but {', '.join(found)}" if found else sentence


def _near_miss(path: Path) -> str:
    if path.suffix == ".npz":  # one of several: which one is meant?
        return "an .npz file; name the file in place of the folder"
    return name_near_miss(path_head(path))


def read_class_names(folder: Path) -> tuple[str, ...] | None:
    """The names in ``classes.txt`` or ``labels.txt``, one a line; None when there is no such file.

    Control and invisible characters are dropped, because names are shown on terminals.

    Raises:
        DataError: the file is unreadable, or holds too few, too many, empty or repeated names.
    """
    for path in (folder / file for file in _CLASS_FILES):
        if is_file(path):
            return _class_names(path)
    return None


def _class_names(path: Path) -> tuple[str, ...]:
    try:
        text = read_plain(path, _MAX_CLASS_BYTES).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    lines = text.rstrip().splitlines()
    names = tuple("".join(filter(str.isprintable, line)).strip() for line in lines)
    if not all(names):
        raise DataError(
            f"{path}: expected a name on each line, found line {names.index('') + 1} empty"
        )
    if len(set(names)) < len(names):
        raise DataError(f"{path}: expected different names, found one twice")
    if not names or len(names) > MAX_CLASSES:
        raise DataError(f"{path}: expected 2 to {MAX_CLASSES:,} names, found {len(names)}")
    return names


def _open_set(
    folder: Path,
    sets: dict[str, Candidates],
    name: str,
    prefer: str,
    classes: tuple[str, ...] | None,
) -> Dataset:
    key = _choose(folder, sets, prefer)
    paths = sets[key]
    missing = [role for role in ROLES if role not in paths]
    if missing:
        raise DataError(f"{folder}: expected four IDX files, found none for {', '.join(missing)}")
    skipped: list[str] = []
    transposed = key.startswith("emnist")
    train, labels, test, test_labels = (paths[role] for role in ROLES)
    parts = RawArrays(
        first_readable(train, lambda path: _read_images(path, transposed=transposed), skipped),
        first_readable(labels, read_labels, skipped),
        first_readable(test, lambda path: _read_images(path, transposed=transposed), skipped),
        first_readable(test_labels, read_labels, skipped),
    )
    by_set = DIGITS if key in ("emnist-digits", "qmnist") else None
    classes = read_class_names(folder) or classes or by_set
    data = build_dataset(parts, name=name, source=str(folder), classes=classes)
    return replace(data, skipped=tuple(skipped))


def _choose(folder: Path, sets: dict[str, Candidates], prefer: str) -> str:
    for key in (prefer, "", "emnist-digits", "qmnist"):
        if key in sets:
            return key
    if len(sets) > 1:
        found = ", ".join(sorted(sets))
        raise DataError(f"{folder}: expected one data set, found {found}; keep one per folder")
    return next(iter(sets))


def _read_images(path: Path, *, transposed: bool) -> Images:
    """Images in upright form: EMNIST stores each transposed."""
    images = read_images(path)
    return np.ascontiguousarray(images.transpose(0, 2, 1)) if transposed else images
