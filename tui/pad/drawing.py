"""What is on the pad and what was: ink as lines in the unit square, undo, and older drawings.

Vectors are the only truth. The eraser cuts them, undo puts earlier ones back, and whatever shows
or reads them draws them anew at its own resolution. Finished lines are never changed in place, so
a state of the pad is a tuple that is cheap to keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
"""x and y in the unit square, y downward."""
Points = npt.NDArray[np.float64]

MAX_DRAWINGS = 20
MAX_UNDO = 200


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One movement of the pen: points ``[n, 2]`` in the unit square, and the pen's width there."""

    points: Points
    width: float


Snapshot = tuple[Stroke, ...]


class Drawing:
    """Lines, the one being drawn, the steps back and forward, and the last twenty drawings."""

    def __init__(self) -> None:
        self._strokes: Snapshot = ()
        self._open_stroke: list[Point] = []
        self._pen_width = 0.0
        self._undo: list[Snapshot] = []
        self._redo: list[Snapshot] = []
        self._drawings: list[Snapshot] = []

    @property
    def strokes(self) -> Snapshot:
        """All ink, the line being drawn included."""
        if not self._open_stroke:
            return self._strokes
        return (*self._strokes, Stroke(np.array(self._open_stroke, np.float64), self._pen_width))

    @property
    def points(self) -> list[Points]:
        """All ink as ``data.ink`` takes it."""
        return [line.points for line in self.strokes]

    @property
    def is_empty(self) -> bool:
        """Whether there is no ink at all."""
        return not self._strokes and not self._open_stroke

    # A gesture is all that one step of undo takes back: from the pen's touch to its lift.

    def begin_gesture(self) -> None:
        """Start a gesture."""
        self.end_gesture()
        self._push_undo()

    def pen_down(self, point: Point, width: float) -> None:
        """Set the pen down within a gesture."""
        self.pen_up()
        self._open_stroke, self._pen_width = [point], width

    def extend(self, point: Point) -> None:
        """Draw on to a point; only after :meth:`start`."""
        self._open_stroke.append(point)

    def extend_by_key(self, point: Point) -> bool:
        """Draw on by one key press; True if that made a diagonal out of a staircase's last steps.

        Keys go along the axes only. Where two of them take turns, their corners were not meant.
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
        """Whether a line is being drawn."""
        return bool(self._open_stroke)

    def pen_up(self) -> None:
        """Take the pen up; the gesture may go on elsewhere."""
        self._strokes, self._open_stroke = self.strokes, []

    def erase(self, start: Point, end: Point, radius: float) -> bool:
        """Cut away all ink whose middle is within ``radius`` of a way; whether there was any."""
        self.pen_up()
        lines = tuple(
            piece for line in self._strokes for piece in _erase_from(line, start, end, radius)
        )
        changed = lines != self._strokes
        self._strokes = lines
        return changed

    def end_gesture(self) -> None:
        """End a gesture; one that changed nothing leaves no step behind."""
        self.pen_up()
        if self._undo and self._undo[-1] == self._strokes:
            self._undo.pop()

    def undo(self) -> bool:
        """Take the last gesture back; whether there was one."""
        return self._swap(self._undo, self._redo)

    def redo(self) -> bool:
        """Do again what was taken back; whether there was anything."""
        return self._swap(self._redo, self._undo)

    def clear(self) -> bool:
        """An empty sheet; the drawing joins the last twenty. Whether there was one."""
        return self._replace(())

    def older(self) -> bool:
        """Show the drawing before this one; whether there is one."""
        place = self._history_index()
        return place > 0 and self._replace(self._drawings[place - 1])

    def newer(self) -> bool:
        """Show the drawing after this one, and after the last an empty sheet."""
        place = self._history_index()
        if place >= len(self._drawings):
            return False
        after = self._drawings[place + 1 :]
        return self._replace(after[0] if after else ())

    def _history_index(self) -> int:
        """Where this drawing is among the last ones; past the end if it is not one of them."""
        self.end_gesture()
        places = [i for i, kept in enumerate(self._drawings) if kept == self._strokes]
        return places[0] if places else len(self._drawings)

    def _replace(self, lines: Snapshot) -> bool:
        self.end_gesture()
        if lines == self._strokes:
            return False
        if self._strokes and self._history_index() == len(self._drawings):
            self._drawings = [*self._drawings, self._strokes][-MAX_DRAWINGS:]
        self._push_undo()
        self._strokes = lines
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
    """Whether three moves along the axes go one way, another, and the first way again."""
    if len(points) < 4:
        return False
    first, second, third = _moves(points)
    return first == third and 0.0 in first and first[0] * second[0] + first[1] * second[1] == 0


def _is_corner_after_diagonal(points: Sequence[Point]) -> bool:
    """Whether the last two moves together repeat the diagonal before them."""
    if len(points) < 4:
        return False
    diagonal, second, third = _moves(points)
    both = _moves([points[1], points[3]])[0]
    return 0.0 not in diagonal and both == diagonal and 0.0 in second and 0.0 in third


def _erase_from(line: Stroke, start: Point, end: Point, radius: float) -> list[Stroke]:
    """What the eraser leaves of a line: itself, untouched, or the pieces of it."""
    low = np.minimum(start, end) - radius
    high = np.maximum(start, end) + radius
    if np.any(line.points.max(axis=0) < low) or np.any(line.points.min(axis=0) > high):
        return [line]
    points = _densified(line.points, radius / 4)
    keep = _distance_to_segment(points, start, end) > radius
    if keep.all():
        return [line]
    pieces = np.split(points, np.flatnonzero(np.diff(keep)) + 1)
    kept = pieces[0 if keep[0] else 1 :: 2]
    return [Stroke(piece, line.width) for piece in kept if len(piece) > 1]


def _densified(points: Points, spacing: float) -> Points:
    """The same polyline with points at most ``spacing`` apart, its own among them."""
    if len(points) == 1:
        return points
    lengths = np.hypot(*np.diff(points, axis=0).T)
    pieces = [
        np.linspace(a, b, int(length / spacing) + 1, endpoint=False)
        for a, b, length in zip(points[:-1], points[1:], lengths, strict=True)
    ]
    return np.concatenate([*pieces, points[-1:]])


def _distance_to_segment(points: Points, start: Point, end: Point) -> npt.NDArray[np.float64]:
    """How far each point is from the way from start to end."""
    origin, way = np.array(start), np.subtract(end, start)
    square = float(way @ way)
    along = np.clip((points - origin) @ way / square, 0, 1) if square else np.zeros(len(points))
    away = points - origin - along[:, None] * way
    distance: npt.NDArray[np.float64] = np.hypot(away[:, 0], away[:, 1])
    return distance


def clip_to_square(start: Point, end: Point) -> tuple[Point, Point] | None:
    """The part of a way that lies in the unit square; None if it misses it (Liang and Barsky)."""
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
    # Exactly the ends where they are inside: whoever draws on tells by that that nothing was cut.
    return (
        _interpolate(start, end, enter) if enter > 0 else start,
        _interpolate(start, end, leave) if leave < 1 else end,
    )


def _interpolate(start: Point, end: Point, part: float) -> Point:
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
