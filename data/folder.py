"""Open any folder of IDX files as a Dataset.

Files are found by their names (MNIST's, the ``.idx3-ubyte`` spelling, EMNIST's with a prefix;
gzipped or not) and identified by their content.
"""

import re
from pathlib import Path

import numpy as np

from data.dataset import DIGITS, Dataset, Images
from data.errors import DataError
from data.files import is_dir, is_file
from data.idx import read_images, read_labels
from data.mnist import MAX_CLASSES, RawArrays, build_dataset, open_npz
from trainpad.files import read_plain

ROLES = ("train-images", "train-labels", "test-images", "test-labels")
_NAME = re.compile(
    r"(?:(?P<set>emnist-[a-z]+)-)?(?P<which>train|test|t10k)-(?P<what>images|labels)"
    r"[-.]idx[13]-ubyte(?:\.gz)?"
)
_INSIDE = ("", "raw", "MNIST/raw")
_CLASS_FILES = ("classes.txt", "labels.txt")
_MAX_CLASS_BYTES = 1 << 16


def open_folder(
    folder: Path, *, name: str = "", prefer: str = "", classes: tuple[str, ...] | None = None
) -> Dataset:
    """Open the data set in a folder: four IDX files, or Keras's ``mnist.npz``.

    Args:
        folder: has the files itself or, as with torchvision, in ``raw`` or ``MNIST/raw``;
            or is an ``.npz`` file.
        name: the name of the data if it is not MNIST itself; by default the folder's name.
        prefer: which of EMNIST's sets to take (``emnist-digits``) where a folder holds several.
        classes: the name of each label, where the folder has no ``classes.txt``.

    Raises:
        DataError: the folder or a file is missing, damaged, or does not fit the others.
    """
    if folder.suffix == ".npz" and is_file(folder):
        return open_npz(folder)
    if not is_dir(folder):
        raise DataError(f"{folder}: no such folder; expected one with four IDX files")
    for inside in _INSIDE:
        sets = find_sets(folder / inside)
        if sets:
            return _open_set(folder / inside, sets, name or folder.resolve().name, prefer, classes)
    if is_file(folder / "mnist.npz"):
        return open_npz(folder / "mnist.npz")
    raise DataError(
        f"{folder}: expected four IDX files (train-images-idx3-ubyte.gz and so on), found none"
    )


def find_sets(folder: Path) -> dict[str, dict[str, Path]]:
    """The IDX files in a folder by set (``""``, ``"emnist-digits"``, ...) and role."""
    sets: dict[str, dict[str, Path]] = {}
    try:
        files = sorted(
            folder.iterdir(), reverse=True
        )  # a plain file comes after its .gz and replaces it
    except OSError:
        return {}
    for path in files:
        match = _NAME.fullmatch(path.name.lower())
        if match:
            which = "train" if match["which"] == "train" else "test"
            sets.setdefault(match["set"] or "", {})[f"{which}-{match['what']}"] = path
    return sets


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
        raise DataError(f"{path}: expected 2 to {MAX_CLASSES} names, found {len(names)}")
    return names


def _open_set(
    folder: Path,
    sets: dict[str, dict[str, Path]],
    name: str,
    prefer: str,
    classes: tuple[str, ...] | None,
) -> Dataset:
    key = _choose(folder, sets, prefer)
    paths = sets[key]
    missing = [role for role in ROLES if role not in paths]
    if missing:
        raise DataError(f"{folder}: expected four IDX files, found none for {', '.join(missing)}")
    emnist = bool(key)
    parts = RawArrays(
        _read_images(paths["train-images"], transposed=emnist),
        read_labels(paths["train-labels"]),
        _read_images(paths["test-images"], transposed=emnist),
        read_labels(paths["test-labels"]),
    )
    by_set = DIGITS if key == "emnist-digits" else None
    classes = read_class_names(folder) or classes or by_set
    return build_dataset(parts, name=name, source=str(folder), classes=classes)


def _choose(folder: Path, sets: dict[str, dict[str, Path]], prefer: str) -> str:
    for key in (prefer, "", "emnist-digits"):
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
