"""Rasterize pen strokes to the 28x28 image that a digit network expects, normalized like MNIST.

The image is always rasterized from the vectors, never scaled from pixels: the strokes are smoothed,
fitted into MNIST's box, drawn with MNIST's pen as a distance field and moved so that their centre
of mass is at MNIST's. The pad, ``classify`` and fine-tuning all use this function, so they see the
same image of a drawing.

All computation is on flat arrays of points with the drawing's number of each point: one drawing and
ten thousand take the same few dozen numpy calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.ink_field import EDGE, DistanceField, Floats, Stroke, ink_at

Strokes = Sequence[Stroke]
Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

SIDE = 28
BOX = 19.0
"""The longer side of the ink, pen and soft edge included, in pixels (MNIST says 20)."""
PEN = 2.4
"""Width of MNIST's pen, in pixels."""
CENTRE = 14.5
"""MNIST's centre of mass, from the image's corner: the middle of pixel 14."""

_SPACING = 0.3  # pixels between samples; the field of such dots is within 0.02 of the line's
_SMOOTHING = 8  # passes of (1 2 1)/4: a Gaussian of two samples, a little over half a pixel
_CORNER = np.cos(np.radians(60.0))  # a sharper turn is an intended corner
_MARGIN = 8  # pixels around the image, so that no ink can fall outside the array
_CHUNK = 256  # drawings at a time, to keep the arrays in the processor's cache
_DOT = 1e-100  # a drawing no larger than this is a dot, with no scale
_FAR = 100.0  # a squared distance, in pixels, beyond any pen


@dataclass(frozen=True, slots=True)
class InkBox:
    """The bounding box of some ink, without the pen's width, in the strokes' unit."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def side(self) -> float:
        """The longer side; 0 for a dot."""
        return max(self.right - self.left, self.bottom - self.top)


def ink_extent(drawing: Strokes) -> InkBox | None:
    """The bounding box of all points of a drawing; None if there is no ink."""
    inked = [stroke for stroke in drawing if len(stroke)]
    if not inked:
        return None
    points = np.concatenate(inked)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return InkBox(float(left), float(top), float(right), float(bottom))


def ink_to_image(drawing: Strokes) -> Floats:
    """Rasterize one drawing for the network: ``[28, 28]``, 0 paper to 1 ink; zeros without ink."""
    image: Floats = inks_to_images([drawing])[0]
    return image


def inks_to_images(drawings: Sequence[Strokes]) -> Floats:
    """Rasterize many drawings: ``[n, 28, 28]``, each as by :func:`ink_to_image`.

    Points must be finite and within the range that :mod:`data.strokes` allows.
    """
    images = np.zeros((len(drawings), SIDE, SIDE), np.float32)
    for start in range(0, len(drawings), _CHUNK):
        chunk = drawings[start : start + _CHUNK]
        inked = [i for i, drawing in enumerate(chunk) if any(len(stroke) for stroke in drawing)]
        if inked:
            images[start + np.array(inked)] = _normalized([chunk[i] for i in inked])
    return images


def raw_image(drawing: Strokes, side: float = 1.0, pen: float | Sequence[float] = 0.086) -> Floats:
    """Rasterize the square from (0, 0) to (side, side) to 28x28, without normalization.

    Args:
        drawing: the strokes; what is outside the square is cut off.
        side: the square's side, in the strokes' unit.
        pen: the pen's width in the same unit, or one for each stroke.
    """
    field = DistanceField(SIDE, SIDE)
    widths = [pen] * len(drawing) if isinstance(pen, int | float) else pen
    for stroke, width in zip(drawing, widths, strict=True):
        field.add(np.asarray(stroke) * (SIDE / side), width * SIDE / side)
    return field.ink()


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Points of many strokes of many drawings, in one array and in drawing order."""

    xy: Doubles
    """``[n, 2]``"""
    first: Indices
    """Index of each stroke's first point."""
    last: Indices
    """Index of each stroke's last point."""
    drawing: Indices
    """The number of the drawing that each stroke belongs to."""

    @property
    def counts(self) -> Indices:
        """Points in each stroke."""
        return self.last - self.first + 1

    @property
    def drawing_of_point(self) -> Indices:
        """The number of the drawing that each point belongs to."""
        return np.repeat(self.drawing, self.counts)


def _normalized(drawings: Sequence[Strokes]) -> Floats:
    """Images ``[n, 28, 28]`` of drawings that all have ink."""
    points = _smooth(_resample(_fit(_without_repeats(_gather(drawings)))))
    points = _fit(points)
    owner = points.drawing_of_point
    image = _draw(points.xy, owner, len(drawings))
    low, high = _bounds(points)
    most = (SIDE - PEN - (high - low)) / 2  # further, and ink would leave the image
    shift = np.clip(CENTRE - _centres_of_mass(image), -most, most)
    return _draw(points.xy + shift[owner], owner, len(drawings))


def _gather(drawings: Sequence[Strokes]) -> _Points:
    strokes, owners = [], []
    for number, drawing in enumerate(drawings):
        for stroke in drawing:
            if len(stroke):
                strokes.append(stroke)
                owners.append(number)
    xy = np.concatenate(strokes).astype(np.float64)
    return _points(xy, np.array([len(stroke) for stroke in strokes]), np.array(owners))


def _points(xy: Doubles, counts: Indices, drawing: Indices) -> _Points:
    last = np.cumsum(counts) - 1
    return _Points(xy, last - counts + 1, last, drawing)


def _without_repeats(points: _Points) -> _Points:
    """Drop repeated points, which a resting pen leaves."""
    keep = np.ones(len(points.xy), np.bool_)
    keep[1:] = np.any(points.xy[1:] != points.xy[:-1], axis=1)
    keep[points.first] = True
    counts = np.add.reduceat(keep, points.first, dtype=np.intp)
    return _points(points.xy[keep], counts, points.drawing)


def _fit(points: _Points) -> _Points:
    """Scale each drawing, aspect kept, so that with the pen it fills the box; centred in the image.

    A drawing without extent stays a dot.
    """
    low, high = _bounds(points)
    side = (high - low).max(axis=1)
    scale = np.where(side > _DOT, (BOX - PEN) / np.maximum(side, _DOT), 1.0)
    owner = points.drawing_of_point
    xy = (points.xy - ((low + high) / 2)[owner]) * scale[owner, None] + SIDE / 2
    return _Points(xy, points.first, points.last, points.drawing)


def _bounds(points: _Points) -> tuple[Doubles, Doubles]:
    """The least and the greatest x and y of each drawing, both ``[n, 2]``."""
    starts = points.first[np.flatnonzero(np.diff(points.drawing, prepend=-1))]
    return np.minimum.reduceat(points.xy, starts), np.maximum.reduceat(points.xy, starts)


def _resample(points: _Points) -> _Points:
    """Samples at even distances on a curve through each stroke's points."""
    line, length = _segments(points)
    position = np.concatenate([[0.0], np.cumsum(length[:-1])])
    whole = position[points.last] - position[points.first]
    counts = np.ceil(whole / _SPACING).astype(np.intp) + 1
    resampled = _points(np.empty((0, 2)), counts, points.drawing)
    rank = np.arange(counts.sum()) - np.repeat(resampled.first, counts)
    step = whole / np.maximum(counts - 1, 1)
    at = np.repeat(position[points.first], counts) + rank * np.repeat(step, counts)
    segment = np.searchsorted(position, at, side="right") - 1
    # Rounding may carry the end of a stroke into the gap that follows it.
    segment = np.clip(
        segment,
        np.repeat(points.first, counts),
        np.repeat(np.maximum(points.last - 1, points.first), counts),
    )
    part = ((at - position[segment]) / length[segment])[:, None]
    leave, arrive = _tangents(points, line)
    xy = _hermite(points.xy[segment], line[segment], leave[segment], arrive[segment], part)
    return _Points(xy, resampled.first, resampled.last, points.drawing)


def _segments(points: _Points) -> tuple[Doubles, Doubles]:
    """The vector ``[n, 2]`` to the next point, and its length; 0 and 1 between strokes."""
    line = np.zeros_like(points.xy)
    line[:-1] = np.diff(points.xy, axis=0)
    line[points.last] = 0.0
    length = np.hypot(line[:, 0], line[:, 1])
    length[points.last] = 1.0
    return line, np.maximum(length, 1e-12)


def _tangents(points: _Points, line: Doubles) -> tuple[Doubles, Doubles]:
    """The curve's tangents at the two ends of each segment, times the segment's length.

    Catmull and Rom's, for uneven distances; an end and a corner take the segment's own direction.
    """
    length = np.hypot(line[:, 0], line[:, 1])[:, None]
    direction = line / np.maximum(length, 1e-12)
    before, length_before = np.roll(direction, 1, axis=0), np.roll(length, 1, axis=0)
    total = np.maximum(length + length_before, 1e-12)
    smooth = (length * before + length_before * direction) / total
    turns = (before * direction).sum(axis=1) < _CORNER
    turns[points.first] = True
    turns[points.last] = True
    leave = np.where(turns[:, None], direction, smooth) * length
    smooth_end, turns_end = np.roll(smooth, -1, axis=0), np.roll(turns, -1)
    arrive = np.where(turns_end[:, None], direction, smooth_end) * length
    return leave, arrive


def _hermite(start: Doubles, line: Doubles, leave: Doubles, arrive: Doubles, t: Doubles) -> Doubles:
    """Points at ``t`` (0 to 1) on the cubics that leave and arrive with the given tangents."""
    rest = 1 - t
    bend = leave * rest - arrive * t + line * (t - rest)
    curve: Doubles = start + line * t + t * rest * bend
    return curve


def _smooth(points: _Points) -> _Points:
    """Smooth the staircase of a terminal's cells out of the strokes; their ends stay."""
    xy = points.xy.copy()
    weight = np.full((len(xy), 1), 0.25)
    weight[points.first] = 0.0
    weight[points.last] = 0.0
    for _ in range(_SMOOTHING):
        step = np.diff(xy, axis=0)
        xy[1:-1] += weight[1:-1] * np.diff(step, axis=0)
    return _Points(xy, points.first, points.last, points.drawing)


def _draw(xy: Doubles, drawing: Indices, count: int) -> Floats:
    """Draw MNIST's pen at every point of each drawing: ``[count, 28, 28]``.

    A pen reaches 1.7 pixels, so a point touches at most four rows and four columns.
    """
    side = SIDE + 2 * _MARGIN
    reach = (PEN + EDGE) / 2
    at = (xy + (_MARGIN - 0.5)).astype(np.float32)
    corner = np.ceil(at - np.float32(reach))
    away = (corner - at)[:, :, None] + np.arange(4, dtype=np.float32)
    away *= away
    cell = corner.astype(np.int32)
    origin = (drawing * side + cell[:, 1]) * side + cell[:, 0]
    window = (np.arange(4)[:, None] * side + np.arange(4)).ravel()
    squared = (away[:, 1, :, None] + away[:, 0, None, :]).reshape(-1)
    nearest = np.full(count * side * side, _FAR, np.float32)
    np.minimum.at(nearest, (origin[:, None] + window).reshape(-1), squared)
    inner = slice(_MARGIN, _MARGIN + SIDE)
    field = nearest.reshape(count, side, side)[:, inner, inner]
    return ink_at(np.sqrt(field) - np.float32(PEN / 2))


def _centres_of_mass(images: Floats) -> Doubles:
    """``[n, 2]``: x and y of each image's centre of mass, from its corner."""
    middle = np.arange(SIDE) + 0.5
    mass = images.sum(axis=(1, 2), dtype=np.float64)
    x = images.sum(axis=1, dtype=np.float64) @ middle
    y = images.sum(axis=2, dtype=np.float64) @ middle
    centres: Doubles = np.stack([x, y], axis=1) / mass[:, None]
    return centres
