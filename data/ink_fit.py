"""A drawing as the pictures that a network was trained on: other sizes, and dark ink on paper.

The pad's own pictures are MNIST's: 28 x 28, bright ink on black. Grey pictures of another size are
the same, larger or smaller. In colour a drawing is dark ink on white paper, as a photograph of one
would be.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
MIN_SIDE = 4
"""Smallest height and width of a picture that a drawing can be."""
COLOURS = 3


def can_show_drawing(shape: Sequence[int]) -> bool:
    """Whether pictures of this shape can be drawings: ``(height, width)``, or with 3 colours."""
    sides = tuple(shape)[:2]
    return (
        len(sides) == 2
        and min(sides) >= MIN_SIDE
        and (len(shape) == 2 or tuple(shape[2:]) == (COLOURS,))
    )


def fit_drawings(drawings: Floats, shape: Sequence[int]) -> Floats:
    """Drawings ``[n, height, width]`` of bright ink, 0 to 1, as pictures ``[n, *shape]``."""
    rows = _weights(drawings.shape[1], shape[0])
    columns = _weights(drawings.shape[2], shape[1])
    same = tuple(drawings.shape[1:]) == tuple(shape[:2])
    fitted = drawings if same else np.einsum("ar,nrc,bc->nab", rows, drawings, columns)
    if len(shape) == 2:
        return np.asarray(fitted, np.float32)
    return np.repeat(np.asarray(1 - fitted, np.float32)[..., None], COLOURS, axis=-1)


def describe_fit(shape: Sequence[int]) -> str:
    """What a network of pictures of this shape reads, in words; empty for those of the pad."""
    if tuple(shape) == (28, 28):
        return ""
    size = f"{shape[0]} x {shape[1]}"
    return f"dark on white, {size}" if len(shape) > 2 else f"as {size}"


def _weights(old: int, new: int) -> Floats:
    """How much each old pixel counts in each new one, ``[new, old]``, linear between centres."""
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    reach = max(1.0, old / new)
    weights = np.clip(1 - np.abs(centres[:, None] - np.arange(old)) / reach, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
