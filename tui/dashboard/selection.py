"""An image that somebody picked on one screen, to be looked at on another."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class PickedImage:
    """An image, float32 ``[height, width]`` from 0 to 1, and who it is."""

    image: npt.NDArray[np.float32]
    origin: str
    """Where it is from, for people: ``test image 2,130, a 4``."""
    label: int | None = None
    """What it shows, where that is known."""
    explain: bool = False
    """Whether somebody asks why it was read as it was, not only what it looks like."""
