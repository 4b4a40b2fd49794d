"""Build a Dataset from four arrays: split as in the lab, named by content.

The original MNIST is recognized by the SHA-256 of its four uncompressed files, so that any mirror,
Keras's ``.npz`` and torchvision's folder have the same fingerprint, and no other digits have it.
"""

import hashlib
import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import to_images, to_labels
from data.dataset import DIGITS, Dataset, Images, Labels, Split, label_type
from data.errors import DataError, without_addresses
from data.idx import MAX_EXPANSION, idx_sha256
from data.near_misses import ZIP, name_near_miss, path_head
from trainpad.files import open_plain

MNIST_SHA256 = (
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
"""Of MNIST's unpacked training images, training labels, test images and test labels."""

MIN_CLASSES = 2
MAX_CLASSES = 1000
_NOT_MNIST = "mnist-like"  # the name of other data in a folder called mnist
_NPZ_KEYS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("X_train", "y_train", "X_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("training_images", "training_labels", "test_images", "test_labels"),
)
NPY_DAMAGE = (  # what zipfile and numpy raise for damaged files
    OSError,
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True, slots=True, eq=False)
class RawArrays:
    """The content of a data set's four files, before the validation split is taken off."""

    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels

    def sha256(self) -> tuple[str, str, str, str]:
        """SHA-256 (hex) of the uncompressed IDX file of each array."""
        return (
            idx_sha256(self.train_images),
            idx_sha256(self.train_labels),
            idx_sha256(self.test_images),
            idx_sha256(self.test_labels),
        )


def fingerprint(*digests: str) -> str:
    """The fingerprint of a data set: SHA-256 (hex) over the digests of its files."""
    return hashlib.sha256("".join(digests).encode("ascii")).hexdigest()


MNIST_FINGERPRINT = fingerprint(*MNIST_SHA256)


def is_mnist(dataset: Dataset) -> bool:
    """Whether the data is MNIST itself, byte for byte."""
    return dataset.fingerprint == MNIST_FINGERPRINT


def build_dataset(
    parts: RawArrays, *, name: str, source: str, classes: tuple[str, ...] | None = None
) -> Dataset:
    """Build a Dataset from four arrays; the first twelfth of the training examples validates.

    For MNIST's 60,000 that is the lab's 5,000. If the labels are sorted, so that the first twelfth
    would lack classes, every twelfth example is taken instead.

    Args:
        parts: the arrays.
        name: its name, unless its content is MNIST.
        source: where it came from, as shown to users; errors start with it.
        classes: the name of each label; by default the numbers up to the highest label.

    Raises:
        DataError: counts, sizes or labels do not fit together.
    """
    _check_pair(source, "training", parts.train_images, parts.train_labels)
    _check_pair(source, "test", parts.test_images, parts.test_labels)
    _check_sizes(source, parts)
    digests = parts.sha256()
    original = digests == MNIST_SHA256
    names = DIGITS if original else _check_classes(source, parts, classes)
    kind = label_type(len(names))
    validation, train = _split(parts.train_images, parts.train_labels.astype(kind, copy=False))
    return Dataset(
        name="mnist" if original else _NOT_MNIST if name == "mnist" else name,
        source=source,
        fingerprint=fingerprint(*digests),
        train=train,
        validation=validation,
        test=Split(parts.test_images, parts.test_labels.astype(kind, copy=False)),
        classes=names,
    )


def open_npz(path: Path) -> Dataset:
    """Open the data set in an ``.npz`` file like Keras's MNIST (x_train, y_train, x_test, y_test).

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    try:
        with open_plain(path) as file, zipfile.ZipFile(file) as archive:
            arrays = [_read_npy(path, archive, key) for key in _npz_keys(path, archive)]
    except zipfile.BadZipFile as error:
        head = path_head(path)
        found = name_near_miss(head) or f"a damaged one{without_addresses(error)}"
        if head.startswith(ZIP):  # whose table of contents, at its end, is missing
            found = "a damaged or unfinished one; fetch it again"
        raise DataError(f"{path}: expected an .npz file like Keras's, found {found}") from error
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except NPY_DAMAGE as error:
        raise DataError(
            f"{path}: expected an .npz file like Keras's, found a damaged one"
            f"{without_addresses(error)}"
        ) from error
    return build_dataset(RawArrays(*arrays), name=path.stem, source=str(path))


def _npz_keys(path: Path, archive: zipfile.ZipFile) -> tuple[str, ...]:
    """The names of the four arrays; those of Keras's file come first."""
    names = {name.removesuffix(".npy") for name in archive.namelist()}
    for keys in _NPZ_KEYS:
        if names.issuperset(keys):
            return keys
    found = ", ".join(archive.namelist()[:8]) or "nothing"
    missing = next(key for key in _NPZ_KEYS[0] if key not in names)
    raise DataError(f"{path}: expected an array {missing}, found {found}")


def _read_npy(path: Path, archive: zipfile.ZipFile, key: str) -> Any:
    """Read one array of images or labels, after checking its header against the member's size."""
    info = archive.getinfo(f"{key}.npy")
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        read_header = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read_header = np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(member)
        if dtype.kind not in "iuf":
            raise DataError(f"{path}: expected {key} as numbers, found {dtype}")
        limit = path.stat().st_size * MAX_EXPANSION
        size = member.tell() + dtype.itemsize * math.prod(shape)
        if size != info.file_size or info.file_size > limit:
            raise DataError(
                f"{path}: the size of {key} does not match its header; the file is damaged"
            )
        member.seek(0)
        array = np.lib.format.read_array(member, allow_pickle=False)
    to_bytes = to_images if key.startswith("x") else to_labels
    return to_bytes(array, f"{path}: {key}")


def _check_pair(source: str, which: str, images: Images, labels: Labels) -> None:
    if len(images) != len(labels):
        raise DataError(
            f"{source}: expected as many {which} labels as images, "
            f"found {len(labels):,} labels for {len(images):,} images"
        )


def _check_sizes(source: str, parts: RawArrays) -> None:
    train, test = parts.train_images.shape, parts.test_images.shape
    if train[1:] != test[1:]:
        expected, found = (" x ".join(map(str, shape[1:])) for shape in (train, test))
        raise DataError(
            f"{source}: expected test images of {expected} pixels as in training, found {found}"
        )
    if train[0] < 2 or test[0] < 1:
        raise DataError(
            f"{source}: expected 2 training images and 1 test image or more, "
            f"found {train[0]} and {test[0]}"
        )


def _check_classes(
    source: str, parts: RawArrays, classes: tuple[str, ...] | None
) -> tuple[str, ...]:
    highest = max(int(parts.train_labels.max()), int(parts.test_labels.max()))
    if classes is None:
        classes = tuple(str(label) for label in range(max(highest + 1, MIN_CLASSES)))
    if not MIN_CLASSES <= len(classes) <= MAX_CLASSES:
        raise DataError(
            f"{source}: expected {MIN_CLASSES} to {MAX_CLASSES:,} classes, found {len(classes)}"
        )
    if highest >= len(classes):
        raise DataError(f"{source}: expected labels from 0 to {len(classes) - 1}, found {highest}")
    return classes


def _split(images: Images, labels: Labels) -> tuple[Split, Split]:
    """The validation and training splits; views of the arrays unless the labels are sorted."""
    count = max(1, round(len(labels) / 12))
    if len(np.unique(labels[:count])) == len(np.unique(labels)) or not _is_sorted(labels):
        return Split(images[:count], labels[:count]), Split(images[count:], labels[count:])
    validation = np.zeros(len(labels), bool)
    validation[::12] = True
    return Split(images[validation], labels[validation]), Split(
        images[~validation], labels[~validation]
    )


def _is_sorted(labels: Labels) -> bool:
    return bool(np.all(labels[1:] >= labels[:-1]))
