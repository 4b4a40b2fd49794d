"""A distance field: each pixel's distance from the ink, so that more ink can always be added.

Ink fades over one pixel at the pen's edge. The lines between the points are drawn, so that there
are no gaps even where the pen was fast.
"""

import numpy as np
import numpy.typing as npt

Stroke = npt.NDArray[np.floating]
"""One movement of the pen: ``[n, 2]``, x then y, y downward, any unit; one point is a dot."""
Floats = npt.NDArray[np.float32]

EDGE = 1.0
"""Pixels over which ink fades to paper."""
_FAR = 1e4


class DistanceField:
    """An image stored as each pixel's distance from the ink.

    Lengths are in pixels, from the image's corner.
    """

    def __init__(self, height: int, width: int) -> None:
        self._distance = np.full((height, width), _FAR, np.float32)

    def add(self, stroke: Stroke, pen: float) -> tuple[slice, slice]:
        """Draw a polyline ``[n, 2]`` with a round pen; return the rows and columns it touched."""
        height, width = self._distance.shape
        if not len(stroke):
            return slice(0, 0), slice(0, 0)
        reach = (pen + EDGE) / 2
        low, high = stroke.min(axis=0) - reach, stroke.max(axis=0) + reach
        left, top = (int(v) for v in np.clip(np.floor(low), 0, (width, height)))
        right, bottom = (int(v) for v in np.clip(np.ceil(high), 0, (width, height)))
        touched = slice(top, bottom), slice(left, right)
        if top < bottom and left < right:
            part = self._distance[touched]
            np.minimum(part, _distance_to(stroke, part.shape, (left, top)) - pen / 2, out=part)
        return touched

    def ink(self, rows: slice = slice(None), columns: slice = slice(None)) -> Floats:
        """The image, or a part of it: float32, 0 paper to 1 ink."""
        return ink_at(self._distance[rows, columns])


def ink_at(distance: Floats) -> Floats:
    """Ink at a distance from the pen's edge (negative inside), fading over EDGE pixels."""
    ink: Floats = np.clip(0.5 - distance / np.float32(EDGE), 0, 1)
    return ink


def _distance_to(stroke: Stroke, shape: tuple[int, ...], corner: tuple[int, int]) -> Floats:
    """Distance of each pixel's centre to a polyline, segment by segment."""
    x = np.arange(shape[1]) + (corner[0] + 0.5)
    y = (np.arange(shape[0]) + (corner[1] + 0.5))[:, None]
    nearest = np.full(shape, _FAR * _FAR)
    ends = stroke[1:] if len(stroke) > 1 else stroke
    for (x0, y0), (x1, y1) in zip(stroke.tolist(), ends.tolist(), strict=False):
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1) if length else 0.0
        np.minimum(nearest, (x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2, out=nearest)
    distance: Floats = np.sqrt(nearest).astype(np.float32)
    return distance
