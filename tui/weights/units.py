"""What each unit of the first layer looks for: its weights as a picture, in some order.

A unit's weight for a class is what its output adds to the class's logit if every ReLU on the way
is open: with one hidden layer simply the weight between the two.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from rich.color import Color
from textual.strip import Strip

from core.network.network import Floats, Network
from tui.widgets.gallery import CaptionedImage
from tui.widgets.half_blocks import Image, Tones, render_signed

BACKGROUND = Color.from_rgb(18, 18, 18)
NEGATIVE_TONES = Tones(BACKGROUND, Color.from_rgb(86, 180, 255))
POSITIVE_TONES = Tones(BACKGROUND, Color.from_rgb(255, 176, 64))
EPSILON = 1e-12


class UnitOrder(StrEnum):
    """What the units are sorted by."""

    NUMBER = "number"
    NORM = "norm of their weights"
    CLASS = "weight for"
    ACTIVATION = "how they fire for the picture"

    @property
    def next(self) -> "UnitOrder":
        """The one after this, in a circle."""
        every = list(UnitOrder)
        return every[(every.index(self) + 1) % len(every)]


def render_diverging(picture: Image, plain: bool) -> list[Strip]:
    """A picture in orange for what is above 0 and blue for what is below, the largest brightest."""
    scale = np.float32(1 / max(float(np.abs(picture).max(initial=0)), EPSILON))
    return render_signed(picture * scale, NEGATIVE_TONES, POSITIVE_TONES, ascii_only=plain)


def to_image(values: Floats, shape: tuple[int, int]) -> Image:
    """Values ``[pixels]`` in the shape of the images; 0 for what is not finite."""
    picture: Image = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).reshape(shape)
    return picture


def logit_weights(network: Network, label: int) -> Floats:
    """Each first-layer unit's weight for a class, ``[units]``."""
    if len(network.layers) == 1:
        return np.asarray(np.arange(network.sizes[-1]) == label, np.float32)
    weights: Floats = network.layers[-1].weights[:, label]
    for layer in network.layers[-2:0:-1]:
        weights = np.asarray(layer.weights @ weights, np.float32)
    return weights


@dataclass(frozen=True, slots=True, eq=False)
class SortedUnits:
    """The units of a network's first layer, sorted."""

    network: Network
    shape: tuple[int, int]
    order: npt.NDArray[np.int64]
    values: Floats | None
    """What they are sorted by, ``[units]``; None where that is their number."""

    @classmethod
    def sorted_by(
        cls,
        order: UnitOrder,
        network: Network,
        shape: tuple[int, int],
        label: int,
        image: Floats | None,
    ) -> "SortedUnits":
        """Greatest first; by firing only if there is an image, float32 ``[pixels]``."""
        count, values = network.sizes[1], None
        match order:
            case UnitOrder.NORM:
                values = np.linalg.norm(network.layers[0].weights, axis=0)
            case UnitOrder.CLASS:
                values = logit_weights(network, label)
            case UnitOrder.ACTIVATION if image is not None:
                values = network.activations(image.reshape(1, -1))[0][0]
        places = np.arange(count) if values is None else np.argsort(-values, kind="stable")
        return cls(network, shape, places, values)

    def captioned(self, place: int) -> CaptionedImage:
        """The picture of a unit."""
        unit = int(self.order[place])
        value = "" if self.values is None else f"  {self.values[unit]:.2f}"
        picture = to_image(self.network.layers[0].weights[:, unit], self.shape)
        return CaptionedImage(picture, f"unit {unit}{value}", f"{unit}{value}")
