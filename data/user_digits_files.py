"""Export the user's digits as IDX and PNG, and import those of others.

What is exported can be imported again, and is read by any tool: IDX files with MNIST's names, and a
folder of pictures for each digit.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.class_folders import ENDINGS
from data.dataset import DIGITS, Images, Labels
from data.errors import DataError
from data.files import exists, is_dir
from data.folder import open_folder
from data.ink import SIDE
from data.pictures import Floats, Hint, locate_digits_in, no_hint
from data.shared_files import make_shared_folder, write_shared
from data.user_digits import IMAGES, LABELS, UserDigits, idx_files, read_user_digits
from trainpad.files import read_plain

EXPORT_FOLDER = "my-digits"
MAX_STROKE_BYTES = 64 << 20
Labelled = tuple[Images, Labels]
"""Images uint8 ``[n, 28, 28]``, and labels uint8 ``[n]``."""


def free_folder(folder: Path) -> Path:
    """The folder, or the first of ``NAME-2``, ``NAME-3``, ... that does not exist."""
    number, free = 1, folder
    while exists(free):
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def export_user_digits(digits: UserDigits, folder: Path) -> int:
    """Write all digits into a folder: IDX files, and ``DIGIT/NUMBER.png``; return how many.

    Raises:
        DataError: there are none, the folder exists, or it cannot be written.
    """
    from PIL import Image

    if not len(digits):
        raise DataError("no digits of yours yet: draw one on the pad, then press t and its digit")
    if exists(folder):
        raise DataError(f"{folder} exists; give the name of a new folder")
    counts = [0] * len(DIGITS)
    try:
        make_shared_folder(folder)
        for name, content in idx_files(digits).items():
            write_shared(folder / name, content)
        for image, label in zip(digits.images, digits.labels.tolist(), strict=True):
            counts[label] += 1
            make_shared_folder(folder / str(label))
            png = io.BytesIO()
            Image.fromarray(255 - image).save(png, "PNG")
            write_shared(folder / str(label) / f"{counts[label]:05d}.png", png.getvalue())
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error
    return len(digits)


def read_labelled(
    path: Path, label: int | None = None, *, split: bool | None = None, hint: Hint = no_hint
) -> Labelled:
    """Read labelled digits to import.

    Args:
        path: a folder with IDX files; a folder with a folder of pictures for each digit; or, with
            their label given, a picture, a folder of pictures or a file of strokes. A file of
            strokes may say it itself: ``{"label": 7, "strokes": ...}``.
        label: the digit that all of them show.
        split: None to find several digits in pictures that show several, or False.
        hint: called where a picture shows several digits although ``split`` is None, or shows none.

    Raises:
        DataError: nothing can be read there, or some digit has no label.
    """
    if not exists(path):
        raise DataError(f"there is no file or folder {path}")
    if is_dir(path):
        return _from_folder(path, label, split, hint)
    images = _as_bytes(locate_digits_in(path, split=split, hint=hint).images)
    labels = [label] * len(images) if label is not None else _labels_in(path)
    if len(labels) != len(images) or None in labels:
        raise DataError(f"{path} has digits without a label; --label gives the one of all")
    return _without_empty(images, np.array(labels, np.uint8), path)


def already_there(digits: UserDigits, images: Images, labels: Labels) -> npt.NDArray[np.bool_]:
    """Which images ``[n, 28, 28]`` are among the user's digits with the same label: ``[n]``."""
    pairs = zip(digits.images, digits.labels.tolist(), strict=True)
    known = {(label, image.tobytes()) for image, label in pairs}
    pairs = zip(images, labels.tolist(), strict=True)
    return np.array([(label, image.tobytes()) in known for image, label in pairs], bool)


def _from_folder(folder: Path, label: int | None, split: bool | None, hint: Hint) -> Labelled:
    if label is not None:
        return _joined([(folder, label)], split, hint)
    if exists(folder / IMAGES) and exists(folder / LABELS):
        digits = read_user_digits(folder)
        _check_labels(digits.labels, folder)
        return digits.images, digits.labels
    named = [(folder / name, int(name)) for name in DIGITS if is_dir(folder / name)]
    if named:
        return _joined(named, split, hint)
    data = open_folder(folder)  # MNIST's files under other names, .npz, ...
    if data.image_shape != (SIDE, SIDE):
        raise DataError(f"{folder} has images of another size than {SIDE} x {SIDE}")
    _check_labels(data.train.labels, folder)
    splits = data.train, data.validation, data.test
    return (
        np.concatenate([split.images for split in splits]),
        np.concatenate([split.labels for split in splits]),
    )


def _joined(folders: list[tuple[Path, int]], split: bool | None, hint: Hint) -> Labelled:
    """The digits in the pictures of some folders, each with a label."""
    images, labels = [], []
    for folder, label in folders:
        for picture in _pictures(folder):
            found = _as_bytes(locate_digits_in(picture, split=split, hint=hint).images)
            if not found.any():
                hint(f"{picture} shows no digit")
            images.append(found)
            labels += [label] * len(found)
    if not images:
        raise DataError(f"{folders[0][0]} has no pictures")
    return _without_empty(np.concatenate(images), np.array(labels, np.uint8), folders[0][0])


def _pictures(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}") from error
    return (path for path in entries if path.suffix.lower() in ENDINGS)


def _labels_in(path: Path) -> list[int | None]:
    """The labels that a file of strokes gives its drawings; None for those without."""
    try:
        value = json.loads(read_plain(path, MAX_STROKE_BYTES))
    except (OSError, ValueError, RecursionError):
        return []
    drawings = value if isinstance(value, list) else [value]
    labels = [each.get("label") if isinstance(each, dict) else None for each in drawings]
    return [label if type(label) is int and 0 <= label <= 9 else None for label in labels]


def _as_bytes(images: Floats) -> Images:
    return np.rint(images * 255).astype(np.uint8)


def _without_empty(images: Images, labels: Labels, path: Path) -> Labelled:
    """Leave out images on which nothing was found.

    Raises:
        DataError: there are no others.
    """
    filled = images.reshape(len(images), -1).any(axis=1)
    if not filled.any():
        raise DataError(f"{path} shows no digit")
    return images[filled], labels[filled]


def _check_labels(labels: Labels, folder: Path) -> None:
    if len(labels) and int(labels.max()) >= len(DIGITS):
        raise DataError(f"{folder} has labels that are no digits")
