"""Connected components of a picture, grouped into digits.

Components are found by joining runs of pixels in neighbouring rows, so the cost grows with the
number of strokes that a row crosses and not with the number of pixels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]

_SPECK = 0.03  # of the largest component's box: smaller ones are dust
_SAME_COLUMN = 0.4  # of the narrower component's width: more overlap makes two one digit
_BAR, _BAR_COLUMN = 0.4, 0.1  # of a lower component, as the bar of a 5: less overlap is enough
_GAP = 0.35  # of the taller component's height: further apart they are two lines of text


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; ``bottom`` and ``right`` are the first row and column outside it."""

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
        """The smallest box that contains both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )


@dataclass(frozen=True, slots=True)
class Component:
    """A connected component, or several that are one digit."""

    labels: tuple[int, ...]
    box: Box

    def merged(self, other: "Component") -> "Component":
        """Both as one component."""
        return Component(self.labels + other.labels, self.box.union(other.box))


def label_components(mask: Mask) -> Labels:
    """Number the connected components (eight neighbours) of a mask from 1; 0 is background."""
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
    """All labelled components except dust, largest first."""
    rows, columns = np.nonzero(labels)
    if not len(rows):
        return []
    number = labels[rows, columns]
    count = int(number.max()) + 1
    low = np.full((count, 2), max(labels.shape))
    high = np.zeros((count, 2), np.intp)
    for axis, positions in enumerate((rows, columns)):
        np.minimum.at(low[:, axis], number, positions)
        np.maximum.at(high[:, axis], number, positions + 1)
    found = [
        Component((i,), Box(int(low[i, 0]), int(low[i, 1]), int(high[i, 0]), int(high[i, 1])))
        for i in range(1, count)
    ]
    found.sort(key=lambda component: component.box.size, reverse=True)
    least = max(2.0, _SPECK * found[0].box.size)
    return [component for component in found if component.box.size >= least]


def group_into_digits(found: Sequence[Component]) -> list[Component]:
    """Group components into digits, in reading order: line by line, left to right."""
    done: list[Component] = []
    for component in found:
        near = [other for other in done if _one_digit(component.box, other.box)]
        done = [other for other in done if other not in near]
        for other in near:
            component = component.merged(other)  # noqa: PLW2901
        done.append(component)
    tallest = max((component.box.height for component in done), default=0)
    return _in_order([component for component in done if component.box.size >= tallest / 4])


def _one_digit(a: Box, b: Box) -> bool:
    overlap = min(a.right, b.right) - max(a.left, b.left)
    gap = max(a.top, b.top) - min(a.bottom, b.bottom)
    is_bar = min(a.height, b.height) < _BAR * max(a.height, b.height)
    least = _BAR_COLUMN if is_bar else _SAME_COLUMN
    return overlap > least * min(a.width, b.width) and gap < _GAP * max(a.height, b.height)


def _in_order(found: Sequence[Component]) -> list[Component]:
    lines: list[list[Component]] = []
    for component in sorted(found, key=lambda component: component.box.top + component.box.bottom):
        middle = (component.box.top + component.box.bottom) / 2
        if lines and middle < max(other.box.bottom for other in lines[-1]):
            lines[-1].append(component)
        else:
            lines.append([component])
    return [
        component
        for line in lines
        for component in sorted(line, key=lambda component: component.box.left)
    ]
