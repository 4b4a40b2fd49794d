"""Open a folder with a folder of pictures for each class, as many data sets come.

Either the classes' folders are right there, and a shuffle with a fixed seed takes every sixth
picture for testing; or they are in ``train`` and ``test``, and if you like in ``validation``. All
pictures have one size, or are scaled and cropped to one; they are in colour as soon as one of them
is.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from data.dataset import Dataset, Images, Labels, Split, label_type
from data.disk_pictures import unpacked
from data.errors import DataError
from data.files import is_dir, is_file
from data.mnist import MAX_CLASSES, MIN_CLASSES, RawArrays, build_dataset, fingerprint
from data.pixels import Size, read_pixels
from trainpad.files import read_plain

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""Files with other endings are left out."""
OF_ARCHIVES = ("__MACOSX",)
"""Folders that an archive program adds to what it packs."""
TRAIN, TEST = ("train", "training"), ("test", "testing")
VALIDATION = ("validation", "valid", "val")
MAX_FILE_BYTES = 64 << 20
MAX_BYTES = 4 << 30
"""Pictures are kept in memory, a byte for each pixel and colour: those of more stay on disk."""
TEST_SHARE, SEED = 6, 0
"""Without a folder for testing every sixth picture tests, after a shuffle with this seed."""
Files = list[tuple[Path, int]]
"""Pictures with their labels."""


def has_class_folders(folder: Path) -> bool:
    """Whether it has folders with pictures, or such folders in ``train``."""
    return any(_pictures(inside) for inside in _folders(folder_of(folder, TRAIN) or folder))


def open_class_folders(folder: Path, name: str, size: Size | None = None) -> Dataset:
    """The data set of a folder, called `name`; its pictures get a `size`, or have one.

    Raises:
        DataError: there are too few classes, a picture is damaged, or sizes differ.
    """
    train = folder_of(folder, TRAIN)
    root = train or folder
    classes = tuple(inside.name for inside in _folders(root))
    if not MIN_CLASSES <= len(classes) <= MAX_CLASSES:
        raise DataError(
            f"{root}: expected {MIN_CLASSES} to {MAX_CLASSES:,} folders, one for each class, found "
            f"{len(classes)}"
        )
    if train is None:
        return _split_randomly(folder, name, classes, size)
    test, validation = folder_of(folder, TEST), folder_of(folder, VALIDATION)
    if test is None:
        raise DataError(f"{folder}: expected a folder `test` beside `{train.name}`, found none")
    parts = [_listed(part, classes) for part in (train, test, validation) if part]
    parts[0] = _shuffled(parts[0])
    (train_images, train_labels), (test_images, test_labels), *rest = _read(parts, classes, size)
    raw = RawArrays(train_images, train_labels, test_images, test_labels)
    dataset = build_dataset(raw, name=name, source=str(folder), classes=classes)
    if not rest:
        return dataset
    images, labels = rest[0]
    extra = RawArrays(images, labels, images, labels).sha256()
    return replace(
        dataset,
        train=Split(raw.train_images, raw.train_labels),
        validation=Split(images, labels),
        fingerprint=fingerprint(dataset.fingerprint, *extra[:2]),
    )


def _split_randomly(
    folder: Path, name: str, classes: tuple[str, ...], size: Size | None
) -> Dataset:
    files = _shuffled(_listed(folder, classes))
    train: Files = []
    test: Files = []
    for place, file in enumerate(files):
        (test if place % TEST_SHARE == TEST_SHARE - 1 else train).append(file)
    (images, labels), *rest = _read([train, test] if test else [train], classes, size)
    others = rest[0] if rest else (images[:0], labels[:0])
    raw = RawArrays(images, labels, *others)
    return build_dataset(raw, name=name, source=str(folder), classes=classes)


def _shuffled(files: Files) -> Files:
    """In an order of their own: pictures are listed class by class."""
    return [files[i] for i in np.random.default_rng(SEED).permutation(len(files))]


def _listed(root: Path, classes: Sequence[str]) -> Files:
    """All pictures of a folder of classes' folders, each with its label."""
    unknown = {inside.name for inside in _folders(root)} - set(classes)
    if unknown:
        raise DataError(f"{root}: {min(unknown)} is no class of the pictures for training")
    files: Files = []
    for label, name in enumerate(classes):
        found = _pictures(root / name)
        if not found:
            raise DataError(f"{root / name}: expected pictures, found none")
        files += [(path, label) for path in found]
    return files


def _read(
    parts: Sequence[Files], classes: Sequence[str], size: Size | None
) -> list[tuple[Images, Labels]]:
    """Images and labels of each part: all grey ``[n, height, width]``, or all in colour.

    Of a folder with pictures that stay on disk, all are in colour.
    """
    first, _ = min(parts[0], key=lambda file: (file[1], file[0]))
    shape = _decode(first, size).shape
    decode = partial(_decode_same_size, first=first, shape=shape, size=size)
    paths = [[path for path, _ in part] for part in parts]
    kind = label_type(len(classes))
    labels: list[Labels] = [np.array([label for _, label in part], kind) for part in parts]
    if math.prod(shape) * sum(map(len, paths)) > MAX_BYTES:
        return [(unpacked(each, shape, decode), n) for each, n in zip(paths, labels, strict=True)]
    images = []
    for each in paths:
        found = np.empty((len(each), *shape), np.uint8)
        for index, path in enumerate(each):
            found[index] = decode(path)
        images.append(found)
    if all(map(_is_grey, images)):
        images = [np.ascontiguousarray(found[..., 0]) for found in images]
    return list(zip(images, labels, strict=True))


def _decode_same_size(path: Path, first: Path, shape: tuple[int, ...], size: Size | None) -> Images:
    """A picture of the same size as the `first`, which has this `shape`."""
    picture = _decode(path, size)
    if picture.shape != shape:
        raise DataError(
            f"{path}: expected {shape[1]} x {shape[0]} pixels as in {first.name}, found "
            f"{picture.shape[1]} x {picture.shape[0]}; give all the same size with --size "
            f"{shape[1]}x{shape[0]}"
        )
    return picture


def _is_grey(images: Images) -> bool:
    return bool((images == images[..., :1]).all())


def _decode(path: Path, size: Size | None) -> Images:
    """A picture as uint8 ``[height, width, 3]``; what is transparent is on white.

    With a `size`, it is scaled to fill that, and what sticks out is cut off at both sides.
    """
    try:
        contents = read_plain(path, MAX_FILE_BYTES)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    return read_pixels(contents, str(path), size)


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, by name, without hidden ones."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from error
    return [p for p in inside if p.name[0] != "." and p.name not in OF_ARCHIVES and is_dir(p)]


def _pictures(folder: Path) -> list[Path]:
    if not is_dir(folder):
        return []
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from error
    return [p for p in inside if p.suffix.lower() in ENDINGS and p.name[0] != "." and is_file(p)]


def folder_of(folder: Path, names: Sequence[str]) -> Path | None:
    """The first folder in a folder that has one of these names."""
    return next((folder / name for name in names if is_dir(folder / name)), None)
