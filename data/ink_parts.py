"""Which dark pixels of a picture belong together, and which of those groups are one digit.

Connected parts are found by joining the runs of neighbouring lines, so the work grows with the
number of strokes that a line crosses and not with the number of pixels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]

_SPECK = 0.03  # of the largest part's box: smaller parts are dust
_SAME_COLUMN = 0.4  # of the narrower part's width: more overlap makes two parts one digit
_GAP = 0.35  # of the taller part's height: further apart they are two lines of writing


@dataclass(frozen=True, slots=True)
class Box:
    """Part of a picture; ``bottom`` and ``right`` are the first row and column outside it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def size(self) -> int:
        """The longer side."""
        return max(self.height, self.width)

    def union(self, other: "Box") -> "Box":
        """The smallest box with both in it."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )


@dataclass(frozen=True, slots=True)
class Component:
    """Connected ink, or several pieces of it that are one digit."""

    labels: tuple[int, ...]
    box: Box

    def merged(self, other: "Component") -> "Component":
        """Both as one."""
        return Component(self.labels + other.labels, self.box.union(other.box))


def label_components(mask: Mask) -> Labels:
    """Number the connected parts (eight neighbours) of a picture from 1; 0 where there is none."""
    height, width = mask.shape
    edges = np.diff(mask.astype(np.int8), axis=1, prepend=0, append=0)
    row, start = np.nonzero(edges == 1)
    stop = np.nonzero(edges == -1)[1]
    parent = list(range(len(row)))
    for above, below in _touching(row, start, stop, height):
        parent[_root(parent, below)] = _root(parent, above)
    roots = np.array([_root(parent, run) for run in range(len(row))], np.intp)
    number = np.unique(roots, return_inverse=True)[1].astype(np.int32) + 1
    labels = np.zeros(height * width, np.int32)
    lengths = stop - start
    inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    labels[np.repeat(row * width + start, lengths) + inside] = np.repeat(number, lengths)
    return labels.reshape(height, width)


def _touching(
    row: npt.NDArray[np.intp],
    start: npt.NDArray[np.intp],
    stop: npt.NDArray[np.intp],
    height: int,
) -> Iterable[tuple[int, int]]:
    """Pairs of runs, one above the other, that touch at a side or a corner."""
    first = np.searchsorted(row, np.arange(height + 1)).tolist()
    starts, stops = start.tolist(), stop.tolist()
    for y in range(1, height):
        above, below = first[y - 1], first[y]
        while above < first[y] and below < first[y + 1]:
            if starts[above] <= stops[below] and starts[below] <= stops[above]:
                yield above, below
            if stops[above] < stops[below]:
                above += 1
            else:
                below += 1


def _root(parent: list[int], run: int) -> int:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


def find_components(labels: Labels) -> list[Component]:
    """Every labelled part with its box, but for dust; the largest first."""
    rows, columns = np.nonzero(labels)
    if not len(rows):
        return []
    number = labels[rows, columns]
    count = int(number.max()) + 1
    low = np.full((count, 2), max(labels.shape))
    high = np.zeros((count, 2), np.intp)
    for axis, places in enumerate((rows, columns)):
        np.minimum.at(low[:, axis], number, places)
        np.maximum.at(high[:, axis], number, places + 1)
    found = [
        Component((i,), Box(int(low[i, 0]), int(low[i, 1]), int(high[i, 0]), int(high[i, 1])))
        for i in range(1, count)
    ]
    found.sort(key=lambda part: part.box.size, reverse=True)
    least = max(2.0, _SPECK * found[0].box.size)
    return [part for part in found if part.box.size >= least]


def group_into_digits(found: Sequence[Component]) -> list[Component]:
    """Parts joined to digits, in reading order: line after line, left to right."""
    done: list[Component] = []
    for part in found:
        near = [other for other in done if _one_digit(part.box, other.box)]
        done = [other for other in done if other not in near]
        for other in near:
            part = part.merged(other)  # noqa: PLW2901
        done.append(part)
    tallest = max((part.box.height for part in done), default=0)
    return _in_order([part for part in done if part.box.size >= tallest / 4])


def _one_digit(a: Box, b: Box) -> bool:
    overlap = min(a.right, b.right) - max(a.left, b.left)
    gap = max(a.top, b.top) - min(a.bottom, b.bottom)
    return overlap > _SAME_COLUMN * min(a.width, b.width) and gap < _GAP * max(a.height, b.height)


def _in_order(found: Sequence[Component]) -> list[Component]:
    lines: list[list[Component]] = []
    for part in sorted(found, key=lambda part: part.box.top + part.box.bottom):
        middle = (part.box.top + part.box.bottom) / 2
        if lines and middle < max(other.box.bottom for other in lines[-1]):
            lines[-1].append(part)
        else:
            lines.append([part])
    return [part for line in lines for part in sorted(line, key=lambda part: part.box.left)]
