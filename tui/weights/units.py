"""First-layer filters: the weights of each unit as an image, sorted.

A unit's weight for a class is what its output adds to the class's logit if orders later ReLU is
active; with one hidden layer that is the weight between the two.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from rich.color import Color
from textual.strip import Strip

from core.network.network import Floats, Network
from tui.widgets.gallery import CaptionedImage
from tui.widgets.half_blocks import Image, Tones, render_colours, render_signed

BACKGROUND = Color.from_rgb(18, 18, 18)
NEGATIVE_TONES = Tones(BACKGROUND, Color.from_rgb(86, 180, 255))
POSITIVE_TONES = Tones(BACKGROUND, Color.from_rgb(255, 176, 64))
EPSILON = 1e-12
SHOWN_SIDE = 10
"""Filters of fewer pixels are enlarged up to this side."""


class UnitOrder(StrEnum):
    """What units are sorted by."""

    NUMBER = "number"
    NORM = "weight norm"
    CLASS = "weight for"
    ACTIVATION = "activation"

    def next(self, network: Network) -> "UnitOrder":
        """The order after this one, cyclically; a convolution has no weight for a class."""
        orders = list(UnitOrder)
        if network.architecture.has_convolutions:
            orders.remove(UnitOrder.CLASS)
        return orders[(orders.index(self) + 1) % len(orders)]


def render_diverging(image: Image, plain: bool) -> list[Strip]:
    """An image as strips: orange above 0, blue below, scaled to its largest absolute value.

    Weights of three colours ``[height, width, 3]`` are drawn in these: 0 is grey, and each colour
    is brighter the larger its weight.
    """
    scale = np.float32(1 / max(float(np.abs(image).max(initial=0)), EPSILON))
    if image.ndim == 3:
        return render_colours(image * scale / 2 + np.float32(0.5), ascii_only=plain)
    return render_signed(image * scale, NEGATIVE_TONES, POSITIVE_TONES, ascii_only=plain)


def to_image(values: Floats, shape: tuple[int, ...]) -> Image:
    """Values ``[pixels]`` as an image of this shape; non-finite ones are 0."""
    image: Image = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).reshape(shape)
    return image


def logit_weights(network: Network, label: int) -> Floats:
    """Each first-layer unit's weight for a class, ``[units]``."""
    if len(network.layers) == 1:
        return np.asarray(np.arange(network.sizes[-1]) == label, np.float32)
    weights: Floats = network.layers[-1].weights[:, label]
    for layer in network.layers[-2:0:-1]:
        weights = np.asarray(layer.weights @ weights, np.float32)
    return weights


def first_filters(network: Network, shape: tuple[int, ...]) -> Floats:
    """The first layer's weights as images, of one channel or of three colours.

    ``[height, width, units]`` or ``[height, width, 3, units]``; of other channels the mean. `shape`
    is that of the images, for a fully connected layer that takes their pixels.
    """
    stage, weights = network.architecture.weighted[0], network.layers[0].weights
    if weights.ndim < 4:
        height, width, *channels = stage.inputs if len(stage.inputs) == 3 else shape
        weights = weights.reshape(height, width, *(channels or [1]), -1)
    return weights if weights.shape[2] == 3 else np.asarray(weights.mean(axis=2), np.float32)


def enlarged(image: Image) -> Image:
    """Small filters with each weight as a block of pixels, so that they can be seen."""
    factor = max(1, SHOWN_SIDE // max(image.shape[:2]))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class SortedUnits:
    """The units of a network's first layer, sorted."""

    filters: npt.NDArray[np.float32]
    """As of `first_filters`: the last axis are the units."""
    order: npt.NDArray[np.int64]
    values: Floats | None
    """The sort keys, ``[units]``; None if sorted by number."""
    kind: str = "unit"
    """What one is called: ``unit``, or ``filter`` of a convolution."""

    @classmethod
    def sorted_by(
        cls,
        order: UnitOrder,
        network: Network,
        shape: tuple[int, ...],
        label: int,
        image: Floats | None,
    ) -> "SortedUnits":
        """The units, greatest first; by activation only with an image, float32 ``[pixels]``."""
        count, values = network.sizes[1], None
        weights = network.layers[0].weights.reshape(-1, count)
        match order:
            case UnitOrder.NORM:
                values = np.linalg.norm(weights, axis=0)
            case UnitOrder.CLASS if not network.architecture.has_convolutions:
                values = logit_weights(network, label)
            case UnitOrder.ACTIVATION if image is not None:
                values = network.activations(image.reshape(1, -1))[0][0]
                values = values.reshape(-1, count).mean(axis=0)
        indices = np.arange(count) if values is None else np.argsort(-values, kind="stable")
        kind = "filter" if network.layers[0].weights.ndim == 4 else "unit"
        return cls(first_filters(network, shape), indices, values, kind)

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of a filter as it is shown."""
        height, width = enlarged(self.filters[..., 0]).shape[:2]
        return height, width

    def captioned(self, index: int) -> CaptionedImage:
        """The filter of a unit with its captions."""
        unit = int(self.order[index])
        value = "" if self.values is None else f"  {self.values[unit]:.2f}"
        image = enlarged(to_image(self.filters[..., unit], self.filters.shape[:-1]))
        name = f"{self.kind} {unit}"
        return CaptionedImage(image, (f"{name}{value}", name, f"{unit}"))
