"""Find digits in a grey picture of writing on paper, and normalize them like MNIST.

A picture has no strokes to rasterize, so the ink's shape is measured instead: its box, its centre
of mass and the width of its strokes. A digit that already is as MNIST's makers would have made it
keeps its pixels. In a small picture the soft edges are scaled with the strokes, as MNIST's makers
did; in a photograph the shape's border is scaled. Strokes that are thinner or broader than MNIST's
are thickened or thinned.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from data.components import (
    Box,
    Component,
    Mask,
    find_components,
    group_into_digits,
    label_components,
)
from data.ink import BOX, CENTRE, PEN, SIDE
from data.ink_levels import LEAST, Grey, blur_columns, extract_ink, flat_ink

_FINE = 4  # pixels of the working image per pixel of MNIST's
_THIN = 0.4  # of a thin stroke's peak: at any sub-pixel position, one of its pixels is above this
_WIDEST = 0.45  # of the box: a wider stroke is a blot, and its width is ignored

_MNIST_SIDE = 20  # the longer side of MNIST's boxes, soft edges included
# The width of the strokes by that side: thin ones in a smaller box have lost their edges.
_MNIST_PENS = {20: (1.3, 5.0), 19: (1.6, 5.0)}
_THIN_PEN, _THICKENED = 1.6, 3.0  # thinner strokes of other digits are thickened to the second
_BROAD = 3.5  # their broader ones are thinned to this
_MARGIN = 2  # pixels around a digit, in which its soft edges end
_MOST_OF_ONE = 40  # pixels: a smaller picture shows one digit, perhaps in pieces
_TALL = 0.5  # of the tallest: a lower part is no further digit


@dataclass(frozen=True, slots=True, eq=False)
class FoundDigits:
    """Digits in a picture, line by line and left to right."""

    images: Grey
    """``[n, 28, 28]``, 0 paper to 1 ink."""
    boxes: tuple[Box, ...]
    """Where each is in the picture; empty if nothing is found."""


def find_digits(grey: Grey, *, split: bool | None = False) -> Grey:
    """Digits in a picture ``[height, width]`` of values 0 to 1, dark on light or light on dark.

    Args:
        grey: the picture.
        split: find several digits, line by line and left to right, instead of one; None: several
            if the picture seems to show more than one, and is not as small as those of MNIST.

    Returns:
        ``[n, 28, 28]``, 0 paper to 1 ink. If one digit is found, or ``split`` is not true, n is 1
        at least, all paper if nothing is found; otherwise it is the number of digits.
    """
    return locate_digits(grey, split=split).images


def locate_digits(grey: Grey, *, split: bool | None = False) -> FoundDigits:
    """The same as `find_digits`, and where they are."""
    ink = flat_ink(grey)
    soft = ink is not None
    if ink is None:
        ink = extract_ink(grey)
    labels = label_components(ink > (0 if soft else 0.5))
    found = find_components(labels)
    digits = group_into_digits(found)
    if split is None:
        split = max(grey.shape) > _MOST_OF_ONE and _count_tall(digits) > 1
    parts = digits if split else _as_one(found)
    normalize = _from_soft_ink if soft else _from_shape
    images = [normalize(ink, labels, part) for part in parts]
    if not images and not split:
        images = [np.zeros((SIDE, SIDE), np.float32)]
    stacked = np.array(images, np.float32).reshape(-1, SIDE, SIDE)
    return FoundDigits(stacked, tuple(part.box for part in parts))


def _as_one(found: list[Component]) -> list[Component]:
    """All components as one, if there are any."""
    return [reduce(Component.merged, found)] if found else []


def _count_tall(digits: list[Component]) -> int:
    heights = [digit.box.height for digit in digits]
    return sum(height >= _TALL * max(heights) for height in heights)


def _from_soft_ink(ink: Grey, labels: npt.NDArray[np.int32], part: Component) -> Grey:
    """Normalize one digit by its ink, soft edges included: ``[28, 28]``."""
    box = part.box
    place = (
        slice(max(box.top - _MARGIN, 0), box.bottom + _MARGIN),
        slice(max(box.left - _MARGIN, 0), box.right + _MARGIN),
    )
    shape = np.isin(labels[place], part.labels)
    others = ~shape & (labels[place] > 0)
    own: Grey = np.where(_thicker(shape, _MARGIN) & ~others, ink[place], 0).astype(np.float32)
    width = min(_stroke_width(own, shape), _WIDEST * box.size)
    thinnest, broadest = _MNIST_PENS.get(box.size, (1.0, 0.0))
    if thinnest <= width <= broadest:
        return _moved(own)
    scale = _MNIST_SIDE / box.size * _FINE
    fine = _scaled(own, scale)
    return _centred(_with_pen(fine, width * scale / _FINE))


def _with_pen(fine: Grey, pen: float) -> Grey | Mask:
    """Give fine ink, drawn with a pen of this width in MNIST's pixels, strokes of usual width."""
    if _THIN_PEN <= pen <= _BROAD:
        return fine
    # The soft edges of a broad pen fill the holes of a digit; of a thin one all ink counts.
    border, usual = (float(fine.max()) / 2, _BROAD) if pen > _BROAD else (LEAST, _THICKENED)
    shape = fine > border
    return _thicker(shape, (usual * _FINE - _stroke_width(shape, shape)) / 2)


def _moved(ink: Grey) -> Grey:
    """Move ink of MNIST's size to where MNIST has it, by whole pixels: ``[28, 28]``."""
    rows, columns = np.nonzero(ink)
    mass = ink[rows, columns]
    y = rows + round(CENTRE - 0.5 - float(np.average(rows, weights=mass)))
    x = columns + round(CENTRE - 0.5 - float(np.average(columns, weights=mass)))
    inside = (y >= 0) & (y < SIDE) & (x >= 0) & (x < SIDE)
    image = np.zeros((SIDE, SIDE), np.float32)
    image[y[inside], x[inside]] = mass[inside]
    return image


def _from_shape(ink: Grey, labels: npt.NDArray[np.int32], part: Component) -> Grey:
    """Normalize one digit by its shape, where its edges mean nothing: ``[28, 28]``."""
    box = part.box
    place = (slice(box.top, box.bottom), slice(box.left, box.right))
    shape = np.isin(labels[place], part.labels)
    width = min(_stroke_width(shape, shape), _WIDEST * box.size)
    scale = (BOX - PEN) / max(box.size - width, 1.0) * _FINE
    scale = min(scale, BOX * _FINE / box.size * 1.25)
    fine = _scaled(np.where(shape, ink[place], 0.0), scale)
    # A pen that is thin beside the digit is blurred to less than half: its brightest part counts.
    border = min(0.5, _THIN * width * scale, 0.5 * float(fine.max()))
    grow = (PEN * _FINE - max(width * scale, 1.0)) / 2
    return _centred(_thicker(fine > border, grow))


def _stroke_width(ink: Grey | Mask, shape: Mask) -> float:
    """Mean width of the strokes in pixels: twice the area over the outline's length."""
    padded = np.pad(shape, 1)
    sides = sum(int((np.diff(padded.astype(np.int8), axis=axis) != 0).sum()) for axis in (0, 1))
    # Counting pixel sides overestimates a slanted outline, by 4/pi on average.
    return 2 * float(ink.sum()) / (sides * np.pi / 4)


def _scaled(ink: Grey, scale: float) -> Grey:
    """Scale a picture by a factor, with a margin of two of MNIST's pixels."""
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    scaled = resampling(ink.shape[0], height) @ ink @ resampling(ink.shape[1], width).T
    return np.pad(scaled, 2 * _FINE)


def resampling(old: int, new: int) -> Grey:
    """The matrix ``[new, old]`` that scales a line: interpolating up, averaging down."""
    step = old / new
    middle = (np.arange(new) + 0.5) * step - 0.5
    away = np.abs(np.arange(old) - middle[:, None]) / max(step, 1.0)
    weight = np.maximum(1 - away, 0)
    matrix: Grey = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    return matrix


def _thicker(shape: Mask, by: float) -> Mask:
    """Dilate a shape by ``by`` pixels, or erode it if negative."""
    if by < 0:
        thinner = ~_thicker(~shape, -by)
        return thinner if thinner.any() else shape
    radius = by + 0.5  # to the far edge of the last pixel
    reach = int(radius)
    thicker = shape.copy()
    for dy in range(-reach, reach + 1):
        dx = int(np.sqrt(radius * radius - dy * dy))
        share = blur_columns(shape.T.astype(np.float32), dx).T
        wide = share > 0.5 / (2 * dx + 1)
        target = slice(max(dy, 0), len(shape) + min(dy, 0))
        origin = slice(max(-dy, 0), len(shape) + min(-dy, 0))
        thicker[target] |= wide[origin]
    return thicker


def _centred(fine: Grey | Mask) -> Grey:
    """Centre fine ink by its centre of mass, and average it down to MNIST's pixels."""
    rows, columns = np.nonzero(fine)
    mass = fine[rows, columns].astype(np.float32)
    side = SIDE * _FINE
    y = rows + round(CENTRE * _FINE - float(np.average(rows, weights=mass)) - 0.5)
    x = columns + round(CENTRE * _FINE - float(np.average(columns, weights=mass)) - 0.5)
    inside = (y >= 0) & (y < side) & (x >= 0) & (x < side)
    sheet = np.zeros((side, side), np.float32)
    sheet[y[inside], x[inside]] = mass[inside]
    image: Grey = sheet.reshape(SIDE, _FINE, SIDE, _FINE).mean(axis=(1, 3))
    return image
