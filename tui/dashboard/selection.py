"""An image that was picked on one screen, to be examined on another."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class PickedImage:
    """An image, float32 ``[height, width]`` from 0 to 1, and where it comes from."""

    image: npt.NDArray[np.float32]
    origin: str
    """Where it is from, for people: ``test image 2,130, a 4``."""
    label: int | None = None
    """Its class, if known."""
    explain: bool = False
    """Whether to show why it was classified so, and not only the image."""
