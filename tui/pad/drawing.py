"""The drawing on the pad: strokes in the unit square, with eraser, undo, and earlier drawings.

Strokes are vectors; the canvas and the classifier rasterize them at their own resolution.
Finished strokes are immutable, so a snapshot for undo is a tuple that shares them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
"""x and y in the unit square; y points down."""
Points = npt.NDArray[np.float64]

MAX_DRAWINGS = 20
MAX_UNDO = 200


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One stroke of the pen: points ``[n, 2]`` and the width of the pen, in the unit square."""

    points: Points
    width: float


Snapshot = tuple[Stroke, ...]


class Drawing:
    """Strokes, the stroke being drawn, undo and redo stacks, and the last 20 drawings."""

    def __init__(self) -> None:
        self._strokes: Snapshot = ()
        self._open_stroke: list[Point] = []
        self._pen_width = 0.0
        self._undo: list[Snapshot] = []
        self._redo: list[Snapshot] = []
        self._drawings: list[Snapshot] = []

    @property
    def strokes(self) -> Snapshot:
        """All strokes, including the one being drawn."""
        if not self._open_stroke:
            return self._strokes
        return (*self._strokes, Stroke(np.array(self._open_stroke, np.float64), self._pen_width))

    @property
    def points(self) -> list[Points]:
        """The points of all strokes, as `data.ink` takes them."""
        return [stroke.points for stroke in self.strokes]

    @property
    def is_empty(self) -> bool:
        """Whether there are no strokes."""
        return not self._strokes and not self._open_stroke

    # A gesture is one step of undo: everything from pressing the mouse button to releasing it.

    def begin_gesture(self) -> None:
        """Start a gesture."""
        self.end_gesture()
        self._push_undo()

    def pen_down(self, point: Point, width: float) -> None:
        """Start a stroke within the gesture."""
        self.pen_up()
        self._open_stroke, self._pen_width = [point], width

    def extend(self, point: Point) -> None:
        """Continue the stroke to a point; only after `pen_down`."""
        self._open_stroke.append(point)

    def extend_by_key(self, point: Point) -> bool:
        """Continue the stroke by one key press; return True if earlier points were replaced.

        Keys move along the axes. Where two keys alternate, the corners of the staircase are
        removed, which leaves a diagonal.
        """
        self._open_stroke.append(point)
        if _is_stair(self._open_stroke[-4:]):
            del self._open_stroke[-3]
        elif _is_corner_after_diagonal(self._open_stroke[-4:]):
            del self._open_stroke[-2]
        else:
            return False
        return True

    @property
    def has_open_stroke(self) -> bool:
        """Whether a stroke is being drawn."""
        return bool(self._open_stroke)

    def pen_up(self) -> None:
        """End the stroke; the gesture may continue with another."""
        self._strokes, self._open_stroke = self.strokes, []

    def erase(self, start: Point, end: Point, radius: float) -> bool:
        """Erase everything within `radius` of a line; return whether anything was erased."""
        self.pen_up()
        strokes = tuple(
            piece for stroke in self._strokes for piece in _erase_from(stroke, start, end, radius)
        )
        changed = strokes != self._strokes
        self._strokes = strokes
        return changed

    def end_gesture(self) -> None:
        """End the gesture; without a change it adds no step to undo."""
        self.pen_up()
        if self._undo and self._undo[-1] == self._strokes:
            self._undo.pop()

    def undo(self) -> bool:
        """Undo the last gesture; return whether there was one."""
        return self._swap(self._undo, self._redo)

    def redo(self) -> bool:
        """Redo the last undone gesture; return whether there was one."""
        return self._swap(self._redo, self._undo)

    def clear(self) -> bool:
        """Clear the drawing and keep it among the last 20; return whether there was one."""
        return self._replace(())

    def older(self) -> bool:
        """Show the previous drawing; return whether there is one."""
        index = self._history_index()
        return index > 0 and self._replace(self._drawings[index - 1])

    def newer(self) -> bool:
        """Show the next drawing, or an empty one after the last; return whether it changed."""
        index = self._history_index()
        if index >= len(self._drawings):
            return False
        after = self._drawings[index + 1 :]
        return self._replace(after[0] if after else ())

    def _history_index(self) -> int:
        """Return the index of the current drawing among the last 20; past the end if it is new."""
        self.end_gesture()
        indices = [i for i, drawing in enumerate(self._drawings) if drawing == self._strokes]
        return indices[0] if indices else len(self._drawings)

    def _replace(self, strokes: Snapshot) -> bool:
        self.end_gesture()
        if strokes == self._strokes:
            return False
        if self._strokes and self._history_index() == len(self._drawings):
            self._drawings = [*self._drawings, self._strokes][-MAX_DRAWINGS:]
        self._push_undo()
        self._strokes = strokes
        return True

    def _push_undo(self) -> None:
        self._undo = [*self._undo, self._strokes][-MAX_UNDO:]
        self._redo = []

    def _swap(self, source: list[Snapshot], target: list[Snapshot]) -> bool:
        self.end_gesture()
        if not source:
            return False
        target.append(self._strokes)
        self._strokes = source.pop()
        return True


def _moves(points: Sequence[Point]) -> list[Point]:
    return [(round(b[0] - a[0], 9), round(b[1] - a[1], 9)) for a, b in pairwise(points)]


def _is_stair(points: Sequence[Point]) -> bool:
    """Return whether three moves along the axes go in one direction, another, and the first."""
    if len(points) < 4:
        return False
    first, second, third = _moves(points)
    return first == third and 0.0 in first and first[0] * second[0] + first[1] * second[1] == 0


def _is_corner_after_diagonal(points: Sequence[Point]) -> bool:
    """Return whether the last two moves together repeat the diagonal before them."""
    if len(points) < 4:
        return False
    diagonal, second, third = _moves(points)
    both = _moves([points[1], points[3]])[0]
    return 0.0 not in diagonal and both == diagonal and 0.0 in second and 0.0 in third


def _erase_from(stroke: Stroke, start: Point, end: Point, radius: float) -> list[Stroke]:
    """Return what the eraser leaves of a stroke: the stroke itself, or its remaining pieces."""
    low = np.minimum(start, end) - radius
    high = np.maximum(start, end) + radius
    if np.any(stroke.points.max(axis=0) < low) or np.any(stroke.points.min(axis=0) > high):
        return [stroke]
    points = _densified(stroke.points, radius / 4)
    keep = _distance_to_segment(points, start, end) > radius
    if keep.all():
        return [stroke]
    pieces = np.split(points, np.flatnonzero(np.diff(keep)) + 1)
    remaining = pieces[0 if keep[0] else 1 :: 2]
    return [Stroke(piece, stroke.width) for piece in remaining if len(piece) > 1]


def _densified(points: Points, spacing: float) -> Points:
    """Return the polyline with extra points, so that they are at most `spacing` apart."""
    if len(points) == 1:
        return points
    lengths = np.hypot(*np.diff(points, axis=0).T)
    pieces = [
        np.linspace(a, b, int(length / spacing) + 1, endpoint=False)
        for a, b, length in zip(points[:-1], points[1:], lengths, strict=True)
    ]
    return np.concatenate([*pieces, points[-1:]])


def _distance_to_segment(points: Points, start: Point, end: Point) -> npt.NDArray[np.float64]:
    """Return the distance of each point from the line segment."""
    origin, direction = np.array(start), np.subtract(end, start)
    square = float(direction @ direction)
    along = (
        np.clip((points - origin) @ direction / square, 0, 1) if square else np.zeros(len(points))
    )
    offsets = points - origin - along[:, None] * direction
    distance: npt.NDArray[np.float64] = np.hypot(offsets[:, 0], offsets[:, 1])
    return distance


def clip_to_square(start: Point, end: Point) -> tuple[Point, Point] | None:
    """Return the part of a segment inside the unit square, or None (Liang-Barsky)."""
    enter, leave = 0.0, 1.0
    for a, b in zip(start, end, strict=True):
        for inside, gain in ((a, b - a), (1.0 - a, a - b)):
            if gain > 0:
                enter = max(enter, -inside / gain)
            elif gain < 0:
                leave = min(leave, -inside / gain)
            elif inside < 0:
                return None
    if enter > leave:
        return None
    # An end inside is returned unchanged: the caller compares it to see whether it was clipped.
    return (
        _interpolate(start, end, enter) if enter > 0 else start,
        _interpolate(start, end, leave) if leave < 1 else end,
    )


def _interpolate(start: Point, end: Point, fraction: float) -> Point:
    return start[0] + fraction * (end[0] - start[0]), start[1] + fraction * (end[1] - start[1])
