"""CIFAR-10 as its makers pack it: a folder of ``data_batch_1`` to ``5`` and ``test_batch``.

The files of the Python version are pickles, which could run any code: only arrays, lists and
dictionaries are read from them. Those of the binary version have 3,073 bytes for each image.
"""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from data.dataset import Dataset, Images, Labels
from data.errors import DataError, without_addresses
from data.files import is_file
from data.mnist import RawArrays, build_dataset
from trainpad.files import read_plain

CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
SIDE, CHANNELS = 32, 3
MAX_FILE_BYTES = 64 << 20
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
_ROW = 1 + CHANNELS * SIDE * SIDE
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""What a pickle of arrays, lists and dictionaries needs."""


def is_cifar(folder: Path) -> bool:
    """Whether a folder has a file of CIFAR-10."""
    return any(is_file(folder / f"{name}{ending}") for name in _BATCHES for ending in ("", ".bin"))


def open_cifar(folder: Path) -> Dataset:
    """The data set CIFAR-10 in a folder.

    Raises:
        DataError: a file is missing, damaged, or something else.
    """
    parts = [_read(folder, name) for name in _BATCHES]
    images = np.concatenate([part for part, _ in parts[:-1]])
    labels = np.concatenate([part for _, part in parts[:-1]])
    raw = RawArrays(images, labels, *parts[-1])
    return build_dataset(raw, name="cifar-10", source=str(folder), classes=CLASSES)


def _read(folder: Path, name: str) -> tuple[Images, Labels]:
    binary = folder / f"{name}.bin"
    path, parse = (binary, _of_rows) if is_file(binary) else (folder / name, _of_pickle)
    if not is_file(path):
        raise DataError(f"{folder}: expected {name} of CIFAR-10 beside the others, found none")
    try:
        return _parsed(parse, read_plain(path, MAX_FILE_BYTES))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except Exception as error:
        found = without_addresses(error)
        raise DataError(f"{path}: expected a file of CIFAR-10, found damage{found}") from error


def _parsed(parse: Callable[[bytes], tuple[Any, Any]], content: bytes) -> tuple[Images, Labels]:
    """Images ``[n, 32, 32, 3]`` and labels from rows of all reds, all greens and all blues."""
    pixels, labels = parse(content)
    rows, numbers = np.asarray(pixels), np.asarray(labels)
    if rows.dtype != np.uint8 or rows.shape != (len(numbers), _ROW - 1) or not len(numbers):
        raise ValueError(f"images of shape {rows.shape}")
    if numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= len(CLASSES):
        raise ValueError("labels that are no classes")
    planes = rows.reshape(-1, CHANNELS, SIDE, SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), numbers.astype(np.uint8)


def _of_rows(content: bytes) -> tuple[Any, Any]:
    rows = np.frombuffer(content, np.uint8).reshape(-1, _ROW)
    return rows[:, 1:], rows[:, 0]


def _of_pickle(content: bytes) -> tuple[Any, Any]:
    values = _Reader(io.BytesIO(content), encoding="bytes").load()
    return values[b"data"], values[b"labels"]


class _Reader(pickle.Unpickler):
    """Reads arrays, lists and dictionaries, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The function of this name, if arrays need it."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it would call {module}.{name}")
        return super().find_class(module, name)
