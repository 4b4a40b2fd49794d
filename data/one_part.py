"""Data sets of labelled digits in one part, of which some or all become the test split.

The user's digits are such, and the folders to which they were exported.
"""

from pathlib import Path

import numpy as np

from data.candidates import find_candidates
from data.dataset import DIGITS, Dataset, Images, Labels
from data.errors import DataError
from data.files import is_dir
from data.idx import read_images, read_labels
from data.mnist import RawArrays, build_dataset
from data.user_digits import IMAGES, LABELS

MIN_COUNT = 12
"""Digits that are needed to train on them and to test with the rest."""


def is_exported(folder: Path) -> bool:
    """Whether a folder has the files of exported digits, and none for testing."""
    if not is_dir(folder):
        return False
    files = find_candidates(folder).get("", {})
    names = [path.name for paths in files.values() for path in paths]
    return sorted(names) == [IMAGES, LABELS]


def read_exported(folder: Path) -> tuple[Images, Labels]:
    """The images and labels of such a folder.

    Raises:
        DataError: the files are damaged.
    """
    return read_images(folder / IMAGES), read_labels(folder / LABELS)


def all_for_testing(images: Images, labels: Labels, name: str, folder: Path) -> Dataset:
    """A data set with all of the digits in its test split.

    Raises:
        DataError: counts, sizes or labels do not fit together.
    """
    # Training needs two images or more, which are not used.
    twice = np.concatenate([images, images]), np.concatenate([labels, labels])
    parts = RawArrays(twice[0], twice[1], images, labels)
    return build_dataset(parts, name=name, source=str(folder), classes=DIGITS)


def sixth_for_testing(images: Images, labels: Labels, name: str, folder: Path) -> Dataset:
    """A data set with every sixth digit in its test split.

    Raises:
        DataError: there are fewer than 12, or counts, sizes or labels do not fit together.
    """
    if len(images) != len(labels) or len(labels) < MIN_COUNT:
        raise DataError(
            f"{folder}: expected {MIN_COUNT} labelled digits or more, found {len(labels)} labels "
            f"for {len(images)} images"
        )
    test = np.arange(len(labels)) % 6 == 5
    parts = RawArrays(images[~test], labels[~test], images[test], labels[test])
    return build_dataset(parts, name=name, source=str(folder), classes=DIGITS)
