"""The lines of a Keras script that read a run's data: as `data` does, and split in the same way."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.export.export import Export
from data.class_folders import (
    ENDINGS,
    MAX_BYTES,
    SEED,
    TEST,
    TEST_SHARE,
    TRAIN,
    VALIDATION,
    folder_of,
    has_class_folders,
)
from data.files import is_dir, is_file
from data.mnist import MNIST_FINGERPRINT
from trainpad.errors import RunError
from trainpad.text import sanitize

DATASETS = {"cifar-10": "cifar10", "cifar-100": "cifar100"}
SPLITS = ("train", "validation", "test")
FOLDERS = """\
endings = {endings}


def listed(folder):
    return [(path, label) for label, name in enumerate(classes)
            for path in sorted((Path(folder) / name).iterdir())
            if path.suffix.lower() in endings and path.name[0] != "."]


def shuffled(files):
    return [files[i] for i in np.random.default_rng({seed}).permutation(len(files))]


def read(files):
    images = []
    for path, _ in files:
        picture = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        images.append(np.asarray(ImageOps.fit(picture.convert("RGB"), {size})){channel})
    return np.array(images), np.array([label for _, label in files])

"""

SPLIT = """\
validate = np.arange(len(y_train)) < {count}  # the first ones
if np.all(y_train[1:] >= y_train[:-1]) and set(y_train[:{count}]) != set(y_train):
    validate = np.arange(len(y_train)) % 12 == 0  # sorted by class: every twelfth one
x_train, y_train = x_train[~validate], y_train[~validate]
"""


def data_lines(export: Export, dataset: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that read the data; the first examples for training validate.

    Raises:
        RunError: no short script reads this data.
    """
    source = Path(str(dataset.get("source", "")))
    name = str(dataset.get("name"))
    is_idx = is_dir(source) and any(source.glob("*train*images*"))
    are_folders = not is_idx and is_dir(source) and has_class_folders(source)
    yield from ["import gzip"] if is_idx else []
    yield from ["import sys"] if export.directory.info().get("model") else []
    yield from ["from pathlib import Path", ""] if is_idx or are_folders else []
    yield from ("import keras", "import numpy as np", "import tensorflow as tf")
    yield from ["from PIL import Image, ImageOps"] if are_folders else []
    yield ""
    count = int(dataset.get("validation", 0))
    if is_idx:
        yield from _idx(source, dataset)
    elif are_folders:
        yield from _folders(source, dataset, export.directory.name)
        count = 0 if _has_validation(source) else count
    elif is_file(source) and source.suffix == ".npz":
        yield f"x_train, y_train, x_test, y_test = (np.load({str(source)!r})[name] for name in"
        yield '    ("x_train", "y_train", "x_test", "y_test"))'
    elif dataset.get("fingerprint") == MNIST_FINGERPRINT or name in DATASETS:
        module = DATASETS.get(name, "mnist")
        yield f"(x_train, y_train), (x_test, y_test) = keras.datasets.{module}.load_data()"
    else:
        raise RunError(
            "a short script reads MNIST-like folders, folders of pictures, .npz files and CIFAR; "
            f"the data of {export.directory.name} is {sanitize(name, limit=80)}"
        )
    may_be_sorted = is_idx or is_file(source)
    if count and may_be_sorted and dataset.get("fingerprint") != MNIST_FINGERPRINT:
        yield from SPLIT.format(count=count).splitlines()
    elif count:
        yield f"x_train, y_train = x_train[{count}:], y_train[{count}:]  # the first ones validate"


def _idx(folder: Path, dataset: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that read the four IDX files of a folder."""
    shape = ", ".join(map(str, dataset.get("image_shape", ())))
    yield from (
        "",
        "def idx(pattern, start):",
        f"    path = next(Path({str(folder)!r}).glob(pattern))",
        '    content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()',
        "    return np.frombuffer(content, np.uint8, offset=start)",
        "",
        "",
    )
    test = "*t10k" if any(folder.glob("*t10k*images*")) else "*test"
    for split, pattern in (("train", "*train"), ("test", test)):
        yield f'x_{split} = idx("{pattern}*images*", 16).reshape(-1, {shape})'
        yield f'y_{split} = idx("{pattern}*labels*", 8)'


def _has_validation(folder: Path) -> bool:
    """Whether a folder of pictures has one of its own for validation."""
    return bool(folder_of(folder, TRAIN) and folder_of(folder, VALIDATION))


def _folders(folder: Path, dataset: Mapping[str, Any], run: str) -> Iterator[str]:
    """Yield the lines that read folders of pictures, a folder for each class."""
    shape = [int(side) for side in dataset.get("image_shape", ())]
    count = sum(int(dataset.get(split, 0)) for split in SPLITS)
    if 3 * math.prod(shape[:2]) * count > MAX_BYTES:
        raise RunError(f"the pictures of {run} do not fit into memory, as in a short script")
    yield f"classes = {list(dataset.get('classes', ()))!r}"
    yield from FOLDERS.format(
        endings=ENDINGS,
        seed=SEED,
        size=tuple(shape[1::-1]),
        channel="[..., 0]" if len(shape) == 2 else "",
    ).splitlines()
    yield ""
    train, test = folder_of(folder, TRAIN), folder_of(folder, TEST)
    if train and test:
        yield f"x_train, y_train = read(shuffled(listed({str(train)!r})))"
        yield f"x_test, y_test = read(listed({str(test)!r}))"
        return
    yield f"files = shuffled(listed({str(folder)!r}))"
    last = TEST_SHARE - 1
    yield f"x_test, y_test = read(files[{last}::{TEST_SHARE}])"
    yield (
        "x_train, y_train = read([file for i, file in enumerate(files) "
        f"if i % {TEST_SHARE} != {last}])"
    )
