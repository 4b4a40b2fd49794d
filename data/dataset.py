"""What a data set is to the rest of the program: three splits of labelled images, and who they are.

Arrays stay uint8 as they came from the file; scaling to 0..1 happens in the training step, so
that 70,000 images cost 55 MB and no copy.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]

SPLITS = ("train", "validation", "test")
DIGITS = tuple("0123456789")
NO_CLASS = 255
"""The label of a training image that shows none of the classes: it should be read as unsure."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Some images and what they show: uint8 ``[n, height, width]`` and uint8 ``[n]``."""

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A named data set in three splits."""

    name: str
    """What people call it: ``mnist``, ``drawn``, a folder's name."""
    source: str
    """Where it came from, for people: a folder, ``drawn by trainpad``."""
    fingerprint: str
    """SHA-256 (hex) over the unpacked contents; two data sets with the same one are the same."""
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...] = DIGITS
    """The name of each label, in order."""
    notice: str = ""
    """A sentence that stays on the screen while this data is in use, or nothing."""

    def split(self, name: str) -> Split:
        """The split called ``train``, ``validation`` or ``test``."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of one image, in pixels."""
        height, width = self.train.images.shape[1:]
        return int(height), int(width)
