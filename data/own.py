"""The user's own digits: each drawing that was given a name, kept for networks to learn from.

Images and labels are IDX files under the names that MNIST's training set has, so that any tool
reads them; a third file holds the time of each. All three are replaced whole and in this order:
times, labels, images. Whoever reads them finishes what broke off between two of them: of a drawing
that was added all three must have it, and one that was taken away is named beside the times.

Several pads may be open at once, so a change is made to what the files hold at that moment, under
a lock on the folder.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from data.dataset import Images, Labels
from data.errors import DataError
from data.idx import read_images, read_labels
from data.ink import SIDE
from trainpad.files import write_atomic
from trainpad.lock import lock

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TIMES = "times.json"
ATTEMPTS, WAIT = 100, 0.02
"""How often another pad is waited for while it writes, and for how many seconds each time."""


def user_digits_folder() -> Path:
    """Where the user's digits are kept; ``--dataset mine`` reads them from there."""
    return platformdirs.user_data_path("trainpad") / "mine"


@dataclass(frozen=True, slots=True, eq=False)
class UserDigits:
    """Images uint8 ``[n, 28, 28]``, labels uint8 ``[n]``, and when each was drawn (Unix time)."""

    images: Images
    labels: Labels
    times: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def with_added(self, image: Images, label: int, when: float | None = None) -> "UserDigits":
        """These and one more."""
        return UserDigits(
            np.concatenate([self.images, image[None]]),
            np.append(self.labels, np.uint8(label)),
            (*self.times, time.time() if when is None else when),
        )

    def index_of(self, image: Images, when: float) -> int | None:
        """Where the drawing of this time and image is; None if it is not among these."""
        alike = (i for i, moment in enumerate(self.times) if moment == when)
        return next((i for i in alike if np.array_equal(self.images[i], image)), None)

    def without(self, index: int) -> "UserDigits":
        """These but one."""
        return UserDigits(
            np.delete(self.images, index, axis=0),
            np.delete(self.labels, index),
            (*self.times[:index], *self.times[index + 1 :]),
        )


def add_user_digit(folder: Path, image: Images, label: int) -> UserDigits:
    """Add a drawing; returns all that are kept then.

    Raises:
        DataError: the files are damaged, or the folder cannot be written.
    """
    with _locked_for_change(folder) as own:
        more = own.with_added(image, label)
        write_user_digits(folder, more)
        return more


def remove_user_digit(folder: Path, image: Images, when: float) -> UserDigits:
    """Take the drawing of this time and image away, if it is there; returns what is kept then.

    Raises:
        DataError: the files are damaged, or the folder cannot be written.
    """
    with _locked_for_change(folder) as own:
        place = own.index_of(image, when)
        if place is None:
            return own
        fewer = own.without(place)
        write_user_digits(folder, fewer, removed=place)
        return fewer


def read_user_digits(folder: Path) -> UserDigits:
    """What is kept in ``folder``; nothing if there is none.

    Raises:
        DataError: the files are damaged, or do not belong together.
    """
    return _read(folder).own


@dataclass(frozen=True, slots=True, eq=False)
class _Files:
    """What the three files say together."""

    own: UserDigits
    removed: int | None = None
    """Which drawing is being removed, or was last."""
    whole: bool = True
    """Whether none of them is behind the others."""


def _read(folder: Path) -> _Files:
    if not (folder / IMAGES).exists():
        return _Files(UserDigits(np.empty((0, SIDE, SIDE), np.uint8), np.empty(0, np.uint8), ()))
    images, labels = read_images(folder / IMAGES), read_labels(folder / LABELS)
    times, removed = _times(folder / TIMES)
    whole = len(times) == len(labels) == len(images)
    if removed is not None and removed <= len(times):
        images, labels = (
            np.delete(array, removed, axis=0) if len(array) == len(times) + 1 else array
            for array in (images, labels)
        )
    count = min(len(images), len(labels))
    # A label without its image yet was being added; an image without a label is nobody's.
    if images.shape[1:] != (SIDE, SIDE) or len(labels) - len(images) not in (0, 1):
        raise DataError(
            f"{folder}: {len(labels)} labels for images of shape {list(images.shape)}; "
            "move the folder away to start anew"
        )
    known = (*times[:count], *(0.0,) * (count - len(times)))
    return _Files(UserDigits(images[:count], labels[:count], known), removed, whole)


def write_user_digits(folder: Path, own: UserDigits, *, removed: int | None = None) -> None:
    """Keep these, and no others; where there are none, no files either.

    ``removed`` is where the one was that these are without.

    Raises:
        DataError: the folder cannot be written.
    """
    header = np.array([len(own), SIDE, SIDE], ">i4").tobytes()
    times = own.times if removed is None else {"times": own.times, "removed": removed}
    try:
        if not len(own):
            for name in (IMAGES, LABELS, TIMES):
                (folder / name).unlink(missing_ok=True)
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(folder / TIMES, json.dumps(times).encode())
        write_atomic(folder / LABELS, b"\0\0\x08\x01" + header[:4] + own.labels.tobytes())
        write_atomic(folder / IMAGES, b"\0\0\x08\x03" + header + own.images.tobytes())
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error


@contextmanager
def _locked_for_change(folder: Path) -> Iterator[UserDigits]:
    """Hold the folder's lock, which only others that change the set wait for; gives the set."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        _lock(descriptor, folder)
        files = _read(folder)
        if not files.whole:
            write_user_digits(folder, files.own, removed=files.removed)
        yield files.own
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    """Take the lock, where the file system has any."""
    with suppress(OSError):  # no locks on this file system
        if not lock(descriptor, attempts=ATTEMPTS, wait=WAIT):
            raise DataError(f"{folder} is being changed by another program; try again")


def _times(path: Path) -> tuple[list[float], int | None]:
    """The times, and which drawing is being removed; they are worth no error."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        values, removed = json.loads(path.read_bytes()), None
        if isinstance(values, dict):
            values, removed = values["times"], values["removed"]
        valid = isinstance(removed, int) and removed >= 0
        return [float(value) for value in values], removed if valid else None
    return [], None
