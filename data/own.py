"""The user's own digits: each drawing that was given a name, kept for networks to learn from.

Images and labels are IDX files under the names that MNIST's training set has, so that any tool
reads them; a third file holds the time of each. All three are replaced whole and in this order:
times, labels, images. Who reads them trusts no more of them than all three hold.
"""

import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from data.dataset import Images, Labels
from data.errors import DataError
from data.idx import read_images, read_labels
from data.ink import SIDE

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TIMES = "times.json"


def own_folder() -> Path:
    """Where the user's digits are kept; ``--dataset mine`` reads them from there."""
    return platformdirs.user_data_path("trainpad") / "mine"


@dataclass(frozen=True, slots=True, eq=False)
class OwnDigits:
    """Images uint8 ``[n, 28, 28]``, labels uint8 ``[n]``, and when each was drawn (Unix time)."""

    images: Images
    labels: Labels
    times: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def with_one(self, image: Images, label: int, when: float | None = None) -> "OwnDigits":
        """These and one more."""
        return OwnDigits(
            np.concatenate([self.images, image[None]]),
            np.append(self.labels, np.uint8(label)),
            (*self.times, time.time() if when is None else when),
        )

    def without(self, index: int) -> "OwnDigits":
        """These but one."""
        return OwnDigits(
            np.delete(self.images, index, axis=0),
            np.delete(self.labels, index),
            (*self.times[:index], *self.times[index + 1 :]),
        )


def read_own(folder: Path) -> OwnDigits:
    """What is kept in ``folder``; nothing if there is none.

    Raises:
        DataError: the files are damaged, or do not belong together.
    """
    if not (folder / IMAGES).exists():
        return OwnDigits(np.empty((0, SIDE, SIDE), np.uint8), np.empty(0, np.uint8), ())
    images, labels = read_images(folder / IMAGES), read_labels(folder / LABELS)
    count = min(len(images), len(labels))
    if images.shape[1:] != (SIDE, SIDE) or abs(len(images) - len(labels)) > 1:
        raise DataError(
            f"{folder}: {len(labels)} labels for images of shape {list(images.shape)}; "
            "move the folder away to start anew"
        )
    times = _times(folder / TIMES)
    known = (*times[:count], *(0.0,) * (count - len(times)))
    return OwnDigits(images[:count], labels[:count], known)


def write_own(folder: Path, own: OwnDigits) -> None:
    """Keep these, and no others; where there are none, no files either.

    Raises:
        DataError: the folder cannot be written.
    """
    header = np.array([len(own), SIDE, SIDE], ">i4").tobytes()
    try:
        if not len(own):
            for name in (IMAGES, LABELS, TIMES):
                (folder / name).unlink(missing_ok=True)
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(folder / TIMES, json.dumps(own.times).encode())
        _replace(folder / LABELS, b"\0\0\x08\x01" + header[:4] + own.labels.tobytes())
        _replace(folder / IMAGES, b"\0\0\x08\x03" + header + own.images.tobytes())
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error


def _times(path: Path) -> list[float]:
    """The times, as far as the file has any; they are worth no error."""
    try:
        values = json.loads(path.read_bytes())
        return [float(value) for value in values]
    except (OSError, ValueError, TypeError):
        return []


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
