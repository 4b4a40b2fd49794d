"""The user's own labelled digits, stored for fine-tuning.

Images and labels are IDX files with the names of MNIST's training set, so that any tool reads them;
a third file has the time of each. All three are replaced atomically, in the order times, labels,
images. A reader completes an interrupted change: an added drawing must be in all three, and a
removed one is named beside the times.

Several pads may be open at once, so a change reads the files again under a lock on the folder.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.dataset import Images, Labels
from data.errors import DataError
from data.idx import read_images, read_labels
from data.ink import SIDE
from data.places import user_data
from trainpad.files import read_plain, remove_leftovers, write_atomic
from trainpad.lock import lock

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TIMES = "times.json"
MAX_TIMES_BYTES = 1 << 26
ATTEMPTS, WAIT = 100, 0.02
"""How often, and how many seconds apart, the lock is tried while another pad writes."""


def user_digits_folder() -> Path:
    """The folder of the user's digits; ``--dataset mine`` reads it."""
    return user_data() / "mine"


@dataclass(frozen=True, slots=True, eq=False)
class UserDigits:
    """Images uint8 ``[n, 28, 28]``, labels uint8 ``[n]``, and when each was drawn (Unix time)."""

    images: Images
    labels: Labels
    times: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def with_added(self, image: Images, label: int, when: float | None = None) -> "UserDigits":
        """A copy with one more digit."""
        return UserDigits(
            np.concatenate([self.images, image[None]]),
            np.append(self.labels, np.uint8(label)),
            (*self.times, time.time() if when is None else when),
        )

    def index_of(self, image: Images, when: float) -> int | None:
        """The index of the drawing with this time and image; None if there is none."""
        drawn_then = (i for i, moment in enumerate(self.times) if moment == when)
        return next((i for i in drawn_then if np.array_equal(self.images[i], image)), None)

    def without(self, index: int) -> "UserDigits":
        """A copy without one digit."""
        return UserDigits(
            np.delete(self.images, index, axis=0),
            np.delete(self.labels, index),
            (*self.times[:index], *self.times[index + 1 :]),
        )


def add_user_digit(
    folder: Path, image: Images, label: int, when: float | None = None
) -> UserDigits:
    """Add a drawing, of now or of another time; return all digits.

    Raises:
        DataError: the files are damaged, or the folder cannot be written.
    """
    with _locked_for_change(folder) as digits:
        more = digits.with_added(image, label, when)
        write_user_digits(folder, more)
        return more


def remove_user_digit(folder: Path, image: Images, when: float) -> UserDigits:
    """Remove the drawing with this time and image, if there is one; return all digits.

    Raises:
        DataError: the files are damaged, or the folder cannot be written.
    """
    with _locked_for_change(folder) as digits:
        index = digits.index_of(image, when)
        if index is None:
            return digits
        fewer = digits.without(index)
        write_user_digits(folder, fewer, removed=index)
        return fewer


def relabel_user_digit(folder: Path, image: Images, when: float, label: int) -> UserDigits:
    """Give the drawing with this time and image another label; return all digits.

    Raises:
        DataError: there is none, the files are damaged, or the folder cannot be written.
    """
    with _locked_for_change(folder) as digits:
        index = digits.index_of(image, when)
        if index is None:
            raise DataError("this digit was removed by another program")
        labels = digits.labels.copy()
        labels[index] = label
        corrected = replace(digits, labels=labels)
        write_user_digits(folder, corrected)
        return corrected


def add_user_digits(folder: Path, images: Images, labels: Labels) -> UserDigits:
    """Add drawings ``[n, 28, 28]`` of now with their labels ``[n]``; return all digits.

    Raises:
        DataError: the files are damaged, or the folder cannot be written.
    """
    with _locked_for_change(folder) as digits:
        first = max([time.time(), *digits.times])  # equal drawings differ in their times
        times = tuple(first + 1e-3 * number for number in range(1, len(labels) + 1))
        more = UserDigits(
            np.concatenate([digits.images, images]),
            np.concatenate([digits.labels, labels.astype(np.uint8)]),
            (*digits.times, *times),
        )
        write_user_digits(folder, more)
        return more


def read_user_digits(folder: Path) -> UserDigits:
    """Read the digits in ``folder``; none if it does not exist.

    Raises:
        DataError: the files are damaged, or do not match.
    """
    return _read(folder).digits


@dataclass(frozen=True, slots=True, eq=False)
class _Files:
    """The content of the three files."""

    digits: UserDigits
    removed: int | None = None
    """Index of the drawing that is being removed, or was removed last."""
    consistent: bool = True
    """Whether no file is behind the others."""


def _read(folder: Path) -> _Files:
    if not (folder / IMAGES).exists():
        return _Files(UserDigits(np.empty((0, SIDE, SIDE), np.uint8), np.empty(0, np.uint8), ()))
    images, labels = read_images(folder / IMAGES), read_labels(folder / LABELS)
    times, removed = _times(folder / TIMES)
    consistent = len(times) == len(labels) == len(images)
    if removed is not None and removed <= len(times):
        if len(images) == len(times) + 1:
            images = np.delete(images, removed, axis=0)
        if len(labels) == len(times) + 1:
            labels = np.delete(labels, removed, axis=0)
    count = min(len(images), len(labels))
    # A label without an image was being added; an image without a label is an error.
    if images.shape[1:] != (SIDE, SIDE) or len(labels) - len(images) not in (0, 1):
        raise DataError(
            f"{folder}: {len(labels)} labels for images of shape {list(images.shape)}; "
            "move the folder away to start again"
        )
    known = (*times[:count], *(0.0,) * (count - len(times)))
    return _Files(UserDigits(images[:count], labels[:count], known), removed, consistent)


def idx_files(digits: UserDigits) -> dict[str, bytes]:
    """The contents of the IDX files of labels and images, by name and in this order."""
    header = np.array([len(digits), SIDE, SIDE], ">i4").tobytes()
    return {
        LABELS: b"\0\0\x08\x01" + header[:4] + digits.labels.tobytes(),
        IMAGES: b"\0\0\x08\x03" + header + digits.images.tobytes(),
    }


def write_user_digits(folder: Path, digits: UserDigits, *, removed: int | None = None) -> None:
    """Replace the stored digits; without any, remove the files.

    ``removed`` is the index of the one that was just removed.

    Raises:
        DataError: the folder cannot be written.
    """
    times = digits.times if removed is None else {"times": digits.times, "removed": removed}
    try:
        if not len(digits):
            for name in (IMAGES, LABELS, TIMES):
                (folder / name).unlink(missing_ok=True)
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(folder / TIMES, json.dumps(times).encode())
        for name, content in idx_files(digits).items():
            write_atomic(folder / name, content)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error


@contextmanager
def _locked_for_change(folder: Path) -> Iterator[UserDigits]:
    """Hold the folder's lock, which readers ignore, and yield the current digits."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        _lock(descriptor, folder)
        remove_leftovers(folder)
        files = _read(folder)
        if not files.consistent:
            write_user_digits(folder, files.digits, removed=files.removed)
        yield files.digits
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    """Take the lock, unless the file system has no locks."""
    with suppress(OSError):  # no locks on this file system
        if not lock(descriptor, attempts=ATTEMPTS, wait=WAIT):
            raise DataError(f"{folder} is being changed by another program; try again")


def _times(path: Path) -> tuple[list[float], int | None]:
    """The times, and the index being removed; empty if the file is missing or damaged."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        values, removed = json.loads(read_plain(path, MAX_TIMES_BYTES)), None
        if isinstance(values, dict):
            values, removed = values["times"], values["removed"]
        valid = isinstance(removed, int) and removed >= 0
        return [float(value) for value in values], removed if valid else None
    return [], None
