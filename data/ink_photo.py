"""Find digits in a grey picture of writing on paper, and normalize them like MNIST.

A photograph has no strokes to rasterize, so the ink's shape is measured instead: uneven light is
corrected by dividing by the paper's brightness, the stroke width is estimated from area and
outline, and the shape is thickened or thinned to MNIST's pen while it is scaled into MNIST's box.
"""

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

Grey = npt.NDArray[np.float32]

_FINE = 4  # pixels of the working image per pixel of MNIST's
_FAINT = 0.12  # of the paper's brightness: less contrast than this is not ink
_THIN = 0.4  # of a thin stroke's peak: at any sub-pixel position, one of its pixels is above this
_WIDEST = 0.45  # of the box: a wider stroke is a blot, and its width is ignored


def find_digits(grey: Grey, *, split: bool = False) -> Grey:
    """Digits in a picture ``[height, width]`` of values 0 to 1, dark on light or light on dark.

    Args:
        grey: the picture.
        split: find several digits, line by line and left to right, instead of one.

    Returns:
        ``[n, 28, 28]``, 0 paper to 1 ink. Without ``split`` n is 1, all paper if nothing is found;
        with it n is the number of digits found.
    """
    ink = extract_ink(grey)
    labels = label_components(ink > 0.5)
    found = find_components(labels)
    whole = group_into_digits(found) if split else _as_one(found)
    images = [_as_mnist(ink, labels, part) for part in whole]
    if not images and not split:
        return np.zeros((1, SIDE, SIDE), np.float32)
    return np.array(images, np.float32).reshape(-1, SIDE, SIDE)


def _as_one(found: list[Component]) -> list[Component]:
    """All components as one, if there are any."""
    return [reduce(Component.merged, found)] if found else []


def extract_ink(grey: Grey) -> Grey:
    """Ink per pixel, 0 to 1 with the border at 0.5, corrected for uneven light."""
    if float(grey.max() - grey.min()) < _FAINT:
        return np.zeros_like(grey)
    reach = max(3, max(grey.shape) // 8)
    away = grey - _blur(grey, reach)
    light = grey if float((away**3).sum()) < 0 else 1 - grey
    dark = (1 - light / np.maximum(_paper(light, reach), 0.05)).astype(np.float32)
    threshold = _otsu(dark)
    inked = dark[dark > threshold]
    full = float(np.median(inked)) if inked.size else 0.0
    if full < _FAINT:
        return np.zeros_like(grey)
    bare = float(np.median(dark[dark <= threshold]))
    middle, half = (full + bare) / 2, max((full - bare) / 2, 1e-6)
    ink: Grey = np.clip(0.5 + (dark - middle) / (2 * half), 0, 1).astype(np.float32)
    return ink


def _paper(light: Grey, reach: int) -> Grey:
    """The paper's brightness at each pixel: blurred, ignoring what is darker."""
    paper = light
    for _ in range(3):
        around = _blur(paper, reach)
        paper = np.where(paper < 0.95 * around, around, paper)
    return _blur(paper, reach)


def _blur(picture: Grey, reach: int) -> Grey:
    """Mean over a square of ``2 reach + 1`` pixels; the border is continued."""
    return _blur_columns(_blur_columns(picture, reach).T, reach).T


def _blur_columns(picture: Grey, reach: int) -> Grey:
    size = 2 * reach + 1
    total = np.cumsum(np.pad(picture, ((reach + 1, reach), (0, 0)), "edge"), axis=0, dtype=float)
    mean: Grey = ((total[size:] - total[:-size]) / size).astype(np.float32)
    return mean


def _otsu(values: Grey) -> float:
    """The threshold that separates the values best into two groups (Otsu 1979)."""
    counts, edges = np.histogram(values, 256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    total = np.cumsum(counts * middles)
    above = below[-1] - below
    valid = (below > 0) & (above > 0)
    if not valid.any():
        return float(edges[-1])
    distance = total[valid] / below[valid] - (total[-1] - total[valid]) / above[valid]
    best = int(np.argmax(below[valid] * above[valid] * distance**2))
    return float(edges[1:][valid][best])


def _as_mnist(ink: Grey, labels: npt.NDArray[np.int32], part: Component) -> Grey:
    """Normalize one digit of a picture to MNIST's box, pen and centre: ``[28, 28]``."""
    box = part.box
    place = (slice(box.top, box.bottom), slice(box.left, box.right))
    shape = np.isin(labels[place], part.labels)
    width = min(_stroke_width(shape), _WIDEST * box.size)
    scale = (BOX - PEN) / max(box.size - width, 1.0) * _FINE
    scale = min(scale, BOX * _FINE / box.size * 1.25)
    fine = _scaled(np.where(shape, ink[place], 0.0), box, scale)
    # A pen that is thin beside the digit is blurred to less than half: its brightest part counts.
    border = min(0.5, _THIN * width * scale, 0.5 * float(fine.max()))
    grow = (PEN * _FINE - max(width * scale, 1.0)) / 2
    return _centred(_thicker(fine > border, grow))


def _stroke_width(shape: Mask) -> float:
    """Mean width of the strokes in pixels: twice the area over the outline's length."""
    padded = np.pad(shape, 1)
    sides = sum(int((np.diff(padded.astype(np.int8), axis=axis) != 0).sum()) for axis in (0, 1))
    # Counting pixel sides overestimates a slanted outline, by 4/pi on average.
    return 2 * float(shape.sum()) / (sides * np.pi / 4)


def _scaled(ink: Grey, box: Box, scale: float) -> Grey:
    """Scale a picture by a factor, with a margin of two of MNIST's pixels."""
    height, width = (max(1, round(side * scale)) for side in (box.height, box.width))
    scaled = _resampling(box.height, height) @ ink @ _resampling(box.width, width).T
    return np.pad(scaled, 2 * _FINE)


def _resampling(old: int, new: int) -> Grey:
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
        share = _blur_columns(shape.T.astype(np.float32), dx).T
        wide = share > 0.5 / (2 * dx + 1)
        target = slice(max(dy, 0), len(shape) + min(dy, 0))
        origin = slice(max(-dy, 0), len(shape) + min(-dy, 0))
        thicker[target] |= wide[origin]
    return thicker


def _centred(shape: Mask) -> Grey:
    """Centre a fine shape by its centre of mass, and average it down to MNIST's pixels."""
    rows, columns = np.nonzero(shape)
    side = SIDE * _FINE
    y = rows + round(CENTRE * _FINE - float(rows.mean()) - 0.5)
    x = columns + round(CENTRE * _FINE - float(columns.mean()) - 0.5)
    inside = (y >= 0) & (y < side) & (x >= 0) & (x < side)
    fine = np.zeros((side, side), np.float32)
    fine[y[inside], x[inside]] = 1
    image: Grey = fine.reshape(SIDE, _FINE, SIDE, _FINE).mean(axis=(1, 3))
    return image
