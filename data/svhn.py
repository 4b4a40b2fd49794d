"""Open a folder of MATLAB files as SVHN's: ``train_32x32.mat`` and ``test_32x32.mat``.

Each has pictures ``X``, ``[height, width, 3, n]`` or in grey ``[height, width, n]``, and labels
``y`` that count from 1. SVHN's label 10 is the digit 0.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.arrays import to_images, to_labels
from data.candidates import entries
from data.dataset import DIGITS, Dataset
from data.errors import DataError
from data.files import is_file
from data.mat import read_mat
from data.mnist import RawArrays, build_dataset

SVHN_NAMES = ("train_32x32.mat", "test_32x32.mat")
SPLITS = ("train", "test")


def is_mat(folder: Path) -> bool:
    """Whether a folder has a MATLAB file for training."""
    return _of(folder, SPLITS[0]) is not None


def open_mat(folder: Path, name: str) -> Dataset:
    """The data set of a folder's MATLAB files.

    Raises:
        DataError: one is missing, damaged, or has something else.
    """
    paths = [_of(folder, split) for split in SPLITS]
    found = [path for path in paths if path is not None]
    if len(found) < len(paths):
        raise DataError(
            f"{folder}: expected a .mat file with `test` in its name beside {found[0].name}, "
            "found none"
        )
    (train, train_labels), (test, test_labels) = map(_read, found)
    is_svhn = tuple(path.name for path in found) == SVHN_NAMES
    lowest = min(train_labels.min(), test_labels.min())
    if is_svhn and lowest >= 1:
        train_labels, test_labels = train_labels % 10, test_labels % 10
    elif lowest >= 1:
        train_labels, test_labels = train_labels - 1, test_labels - 1
    highest = int(max(train_labels.max(), test_labels.max()))
    names = tuple(str(number + (lowest >= 1)) for number in range(max(highest + 1, 2)))
    raw = RawArrays(
        to_images(train, f"{found[0]}: X"),
        to_labels(train_labels, f"{found[0]}: y"),
        to_images(test, f"{found[1]}: X"),
        to_labels(test_labels, f"{found[1]}: y"),
    )
    classes = DIGITS if is_svhn else names
    name = "svhn" if is_svhn else name
    return build_dataset(raw, name=name, source=str(folder), classes=classes)


def _of(folder: Path, split: str) -> Path | None:
    """The first MATLAB file with the name of a split in its own."""
    fitting = [p for p in entries(folder) if p.suffix == ".mat" and split in p.name.lower()]
    return next((path for path in sorted(fitting) if is_file(path)), None)


def _read(path: Path) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Pictures ``[n, height, width]``, in colour ``[n, height, width, 3]``, and labels ``[n]``."""
    arrays = {name.lower(): array for name, array in read_mat(path).items()}
    if not {"x", "y"} <= set(arrays):
        found = ", ".join(sorted(arrays)) or "none"
        raise DataError(f"{path}: expected arrays X and y, found {found}")
    pictures, labels = arrays["x"], arrays["y"].ravel()
    if pictures.ndim not in (3, 4) or not len(labels):
        raise DataError(
            f"{path}: expected pictures X of shape [height, width, 3, n], found "
            f"{list(pictures.shape)}"
        )
    return np.ascontiguousarray(np.moveaxis(pictures, -1, 0)), labels
