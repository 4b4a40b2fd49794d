"""CIFAR-10 and CIFAR-100 as their makers pack them.

CIFAR-10 is a folder of ``data_batch_1`` to ``5`` and ``test_batch``; CIFAR-100 one of ``train`` and
``test``, with the names of its classes in ``meta`` or ``fine_label_names.txt``. The files of the
Python version are pickles, which could run any code: only arrays, lists and dictionaries are read
from them. Those of the binary version have 3,073 bytes for each image, or 3,074.
"""

import io
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.dataset import Dataset, Images, Labels
from data.errors import DataError, without_addresses
from data.files import is_file
from data.mnist import RawArrays, build_dataset
from trainpad.files import read_plain
from trainpad.text import sanitize

CLASSES: tuple[str, ...] = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
FINE = 100
"""Classes of CIFAR-100."""
SIDE, CHANNELS = 32, 3
MAX_FILE_BYTES = 64 << 20
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
_FINE = ("train", "test")
_PIXELS = CHANNELS * SIDE * SIDE
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""What a pickle of arrays, lists and dictionaries needs."""


def is_cifar(folder: Path) -> bool:
    """Whether a folder has a file of CIFAR-10, or those of CIFAR-100."""
    return _has_any(folder, _BATCHES) or all(_has_any(folder, [name]) for name in _FINE)


def _has_any(folder: Path, names: Sequence[str]) -> bool:
    return any(is_file(folder / f"{name}{ending}") for name in names for ending in ("", ".bin"))


def open_cifar(folder: Path) -> Dataset:
    """The data set CIFAR-10 or CIFAR-100 in a folder.

    Raises:
        DataError: a file is missing, damaged, or something else.
    """
    names: Sequence[str] = _BATCHES
    name, classes = "cifar-10", CLASSES
    if not _has_any(folder, _BATCHES):
        names, name, classes = _FINE, "cifar-100", _fine_classes(folder)
    parts = [_read(folder, one, name, len(classes)) for one in names]
    images = np.concatenate([part for part, _ in parts[:-1]])
    labels = np.concatenate([part for _, part in parts[:-1]])
    raw = RawArrays(images, labels, *parts[-1])
    return build_dataset(raw, name=name, source=str(folder), classes=classes)


def _fine_classes(folder: Path) -> tuple[str, ...]:
    """The names of CIFAR-100's classes; their numbers where no file has them."""
    meta, listed = folder / "meta", folder / "fine_label_names.txt"
    try:
        if is_file(meta):
            values = _Reader(io.BytesIO(read_plain(meta, MAX_FILE_BYTES)), encoding="bytes").load()
            names = [bytes(name).decode() for name in values[b"fine_label_names"]]
        elif is_file(listed):
            names = read_plain(listed, MAX_FILE_BYTES).decode().split()
        else:
            return tuple(map(str, range(FINE)))
    except Exception as error:
        found = without_addresses(error)
        raise DataError(
            f"{folder}: expected the names of CIFAR-100, found damage{found}"
        ) from error
    if len(names) != FINE:
        raise DataError(f"{folder}: expected {FINE} names of classes, found {len(names)}")
    return tuple(sanitize(name, limit=80) for name in names)


def _read(folder: Path, name: str, kind: str, classes: int) -> tuple[Images, Labels]:
    binary = folder / f"{name}.bin"
    path, parse = (binary, _of_rows) if is_file(binary) else (folder / name, _of_pickle)
    if not is_file(path):
        which = kind.upper()
        raise DataError(f"{folder}: expected {name} of {which} beside the others, found none")
    try:
        return _parsed(parse, read_plain(path, MAX_FILE_BYTES << 2), classes)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except Exception as error:
        found = without_addresses(error)
        raise DataError(
            f"{path}: expected a file of {kind.upper()}, found damage{found}"
        ) from error


def _parsed(
    parse: Callable[[bytes, int], tuple[Any, Any]], content: bytes, classes: int
) -> tuple[Images, Labels]:
    """Images ``[n, 32, 32, 3]`` and labels from rows of all reds, all greens and all blues."""
    pixels, labels = parse(content, classes)
    rows, numbers = np.asarray(pixels), np.asarray(labels)
    if rows.dtype != np.uint8 or rows.shape != (len(numbers), _PIXELS) or not len(numbers):
        raise ValueError(f"images of shape {rows.shape}")
    if numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= classes:
        raise ValueError("labels that are no classes")
    planes = rows.reshape(-1, CHANNELS, SIDE, SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), numbers.astype(np.uint8)


def _of_rows(content: bytes, classes: int) -> tuple[Any, Any]:
    """Pixels and labels; of CIFAR-100 a row has the group of classes first, then the class."""
    labels = 1 if classes == len(CLASSES) else 2
    rows = np.frombuffer(content, np.uint8).reshape(-1, labels + _PIXELS)
    return rows[:, labels:], rows[:, labels - 1]


def _of_pickle(content: bytes, classes: int) -> tuple[Any, Any]:
    values = _Reader(io.BytesIO(content), encoding="bytes").load()
    return values[b"data"], values[b"labels" if classes == len(CLASSES) else b"fine_labels"]


class _Reader(pickle.Unpickler):
    """Reads arrays, lists and dictionaries, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The function of this name, if arrays need it."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it would call {module}.{name}")
        return super().find_class(module, name)
