"""Remove the ruling of lined and squared paper from a mask of ink.

A ruled line is straight, thin and crosses the whole picture. All lines of slopes up to a sixth are
summed at once, by joining strips of twice the width again and again (the fast discrete Radon
transform of Brady 1998). Where a stroke crosses a line, the line stays: there is more ink than the
line is thick.
"""

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Sums = npt.NDArray[np.int16]

COVERED = 0.6
"""Of a line's length that must be dark: strokes, glare and a fold may interrupt it."""
ENDS = 0.08
"""Of the length at each end, part of which must be dark, too: strokes end before the border."""
STEEPEST = 1 / 6
"""The largest slope."""
THICK = 0.012
"""Of the longer side: a line that is thicker is no ruling."""
MOST = 100
"""Lines that are removed at most, in each direction."""


def without_ruling(mask: Mask) -> Mask:
    """The mask without lines that cross it from side to side, or from top to bottom."""
    thick = max(2, round(THICK * max(mask.shape)))
    across = _without_lines(mask, thick)
    down = _without_lines(np.ascontiguousarray(mask.T), thick).T
    return across & down


def _without_lines(mask: Mask, thick: int) -> Mask:
    """The mask without lines that cross it from left to right."""
    kept = mask.copy()
    for way in _lines(mask):
        _erase(mask, kept, way, thick)
    return kept


def _lines(mask: Mask) -> list[npt.NDArray[np.intp]]:
    """The row of each line in each column, the clearest line first; of neighbours only that."""
    height, width = mask.shape
    tolerant = mask.copy()  # a line of one pixel is not exactly straight
    tolerant[1:] |= mask[:-1]
    tolerant[:-1] |= mask[1:]
    candidates = []
    for sign in (1, -1):
        rows, rises = np.nonzero((sums := line_sums(tolerant[::sign])) >= COVERED * width)
        found = zip(sums[rows, rises].tolist(), rows.tolist(), rises.tolist(), strict=True)
        candidates += [(count, sign, row, rise) for count, row, rise in found]
    candidates.sort(reverse=True)
    ways: list[npt.NDArray[np.intp]] = []
    taken = np.zeros((2, height + 2), np.bool_)
    x = np.arange(width)
    end = max(1, round(ENDS * width))
    for _, sign, row, rise in candidates:
        way = row + np.rint(rise * x / (padded_width(width) - 1)).astype(np.intp)
        way = np.clip(way if sign > 0 else height - 1 - way, 0, height - 1)
        ends = way[0], way[-1]
        if taken[0, ends[0]] and taken[1, ends[1]]:
            continue
        for side, place in enumerate(ends):
            taken[side, max(0, place - 4) : place + 5] = True
        dark = tolerant[way, x]
        if dark[:end].any() and dark[-end:].any():
            ways.append(way)
        if len(ways) == MOST:
            break
    return ways


def line_sums(mask: Mask) -> Sums:
    """How many pixels of each descending line are set: ``[rows, rises]``.

    A line goes from a row at the left to `rise` rows further down at the right of the padded width,
    which may be below the picture.
    """
    height, width = mask.shape
    size = padded_width(width)
    most = int(size * STEEPEST) + 2
    sums = np.zeros((size, 1, height + most), np.int16)  # strip, rise within it, row
    sums[:width, 0, :height] = mask.T
    while len(sums) > 1:
        left, right = sums[::2], sums[1::2]
        rises = min(2 * sums.shape[1], most)
        joined = np.empty((len(left), rises, sums.shape[2]), np.int16)
        for rise in range(rises):
            half, by = rise // 2, (rise + 1) // 2
            joined[:, rise] = left[:, half]
            joined[:, rise, : sums.shape[2] - by] += right[:, half, by:]
        sums = joined
    return sums[0, :, :height].T


def padded_width(width: int) -> int:
    """The next power of two, which strips of twice the width reach."""
    return 1 << max(1, (width - 1).bit_length())


def _erase(mask: Mask, kept: Mask, way: npt.NDArray[np.intp], thick: int) -> None:
    """Clear what lies on a line, unless there is more ink than the line is thick."""
    height, width = mask.shape
    reach = thick + 2
    rows = way[:, None] + np.arange(-reach, reach + 1)
    inside = (rows >= 0) & (rows < height)
    columns = np.broadcast_to(np.arange(width)[:, None], rows.shape)
    dark = np.where(inside, mask[np.clip(rows, 0, height - 1), columns], False)
    on_line = np.zeros_like(dark)
    middle = slice(reach - 1, reach + 2)
    on_line[:, middle] = dark[:, middle]
    for _ in range(reach):  # along each column, as far as the ink goes
        on_line[:, 1:] |= on_line[:, :-1] & dark[:, 1:]
        on_line[:, :-1] |= on_line[:, 1:] & dark[:, :-1]
    on_line[on_line.sum(axis=1) > thick] = False
    kept[rows[on_line], columns[on_line]] = False
