"""A data set: labelled images in three splits.

Images stay uint8 as in the file and are scaled to 0..1 batch by batch, so that 70,000 images take
55 MB and are never copied.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8 | np.int16]
ProgressCallback = Callable[[str, float | None], None]
"""Called with a description and the fraction done: 0 to 1, or None if unknown."""

SPLITS = ("train", "validation", "test")
DIGITS = tuple("0123456789")
NO_CLASS = 255
"""The label of the reject class: a training image that shows none of the classes.

Labels of more classes than that are int16, and have no reject class.
"""
PIXEL_SCALE = np.float32(1 / 255)
"""Times a pixel of 0 to 255: the input of a network, 0 to 1."""


def label_type(classes: int) -> type[np.uint8 | np.int16]:
    """The type of the labels of so many classes."""
    return np.uint8 if classes <= NO_CLASS else np.int16


def no_class(labels: Labels) -> npt.NDArray[np.bool_]:
    """Which of these labels are that of the reject class."""
    if labels.dtype != np.uint8:
        return np.zeros(len(labels), bool)
    return np.asarray(labels == NO_CLASS)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Images uint8 ``[n, height, width]``, in colour ``[n, height, width, 3]``; labels ``[n]``.

    What a person's own function gives may be other numbers, float32 ``[n, ...]``, in their place.
    """

    images: Images
    labels: Labels
    more: tuple[npt.NDArray[np.float32], ...] = ()
    """Further inputs of a model that takes several, ``[n, ...]``."""
    values: npt.NDArray[np.float32] | None = None
    """What a model is to give in the place of classes, ``[n, ...]``."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A named data set in three splits."""

    name: str
    """Its name as shown to users: ``mnist``, ``drawn``, a folder's name."""
    source: str
    """Where it came from, as shown to users: a folder, ``drawn by trainpad``."""
    fingerprint: str
    """SHA-256 (hex) over the unpacked contents; two data sets with the same one are the same."""
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...] = DIGITS
    """The name of each label, in order."""
    notice: str = ""
    """A sentence that stays on the screen while this data is in use; may be empty."""
    inputs: tuple[str, ...] = ()
    """The names of a model's inputs, where they have names."""
    skipped: tuple[str, ...] = ()
    """A sentence for each file that was there and could not be used, with the reason."""

    def split(self, name: str) -> Split:
        """The split called ``train``, ``validation`` or ``test``."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height and width of one image, in pixels, and 3 channels if it is in colour."""
        return tuple(int(side) for side in self.train.images.shape[1:])

    @property
    def has_pictures(self) -> bool:
        """Whether the inputs are pictures, and not other numbers."""
        return self.train.images.dtype == np.uint8 and len(self.image_shape) in (2, 3)

    @property
    def is_on_disk(self) -> bool:
        """Whether the pictures stay on disk, because they do not fit into memory."""
        return isinstance(self.train.images, np.memmap)

    @property
    def has_colours(self) -> bool:
        """Whether the images are in colour."""
        return self.has_pictures and len(self.image_shape) == 3
