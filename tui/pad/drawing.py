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

KEPT_DRAWINGS = 20
KEPT_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One movement of the pen: points ``[n, 2]`` in the unit square, and the pen's width there."""

    points: Points
    pen: float


State = tuple[Line, ...]


class Sheet:
    """Lines, the one being drawn, the steps back and forward, and the last twenty drawings."""

    def __init__(self) -> None:
        self._lines: State = ()
        self._open: list[Point] = []
        self._pen = 0.0
        self._undo: list[State] = []
        self._redo: list[State] = []
        self._drawings: list[State] = []

    @property
    def lines(self) -> State:
        """All ink, the line being drawn included."""
        if not self._open:
            return self._lines
        return (*self._lines, Line(np.array(self._open, np.float64), self._pen))

    @property
    def strokes(self) -> list[Points]:
        """All ink as ``data.ink`` takes it."""
        return [line.points for line in self.lines]

    @property
    def empty(self) -> bool:
        """Whether there is no ink at all."""
        return not self._lines and not self._open

    # A gesture is all that one step of undo takes back: from the pen's touch to its lift.

    def begin(self) -> None:
        """Start a gesture."""
        self.finish()
        self._remember()

    def start(self, point: Point, pen: float) -> None:
        """Set the pen down within a gesture."""
        self.lift()
        self._open, self._pen = [point], pen

    def extend(self, point: Point) -> None:
        """Draw on to a point; only after :meth:`start`."""
        self._open.append(point)

    def step(self, point: Point) -> bool:
        """Draw on by one key press; True if that made a diagonal out of a staircase's last steps.

        Keys go along the axes only. Where two of them take turns, their corners were not meant.
        """
        self._open.append(point)
        if _is_stair(self._open[-4:]):
            del self._open[-3]
        elif _is_corner_after_diagonal(self._open[-4:]):
            del self._open[-2]
        else:
            return False
        return True

    @property
    def drawing(self) -> bool:
        """Whether a line is being drawn."""
        return bool(self._open)

    def lift(self) -> None:
        """Take the pen up; the gesture may go on elsewhere."""
        self._lines, self._open = self.lines, []

    def erase(self, start: Point, end: Point, radius: float) -> bool:
        """Cut away all ink whose middle is within ``radius`` of a way; whether there was any."""
        self.lift()
        lines = tuple(piece for line in self._lines for piece in _cut(line, start, end, radius))
        changed = lines != self._lines
        self._lines = lines
        return changed

    def finish(self) -> None:
        """End a gesture; one that changed nothing leaves no step behind."""
        self.lift()
        if self._undo and self._undo[-1] == self._lines:
            self._undo.pop()

    def undo(self) -> bool:
        """Take the last gesture back; whether there was one."""
        return self._swap(self._undo, self._redo)

    def redo(self) -> bool:
        """Do again what was taken back; whether there was anything."""
        return self._swap(self._redo, self._undo)

    def clear(self) -> bool:
        """An empty sheet; the drawing joins the last twenty. Whether there was one."""
        return self._show(())

    def older(self) -> bool:
        """Show the drawing before this one; whether there is one."""
        place = self._place()
        return place > 0 and self._show(self._drawings[place - 1])

    def newer(self) -> bool:
        """Show the drawing after this one, and after the last an empty sheet."""
        place = self._place()
        if place >= len(self._drawings):
            return False
        after = self._drawings[place + 1 :]
        return self._show(after[0] if after else ())

    def _place(self) -> int:
        """Where this drawing is among the last ones; past the end if it is not one of them."""
        self.finish()
        places = [i for i, kept in enumerate(self._drawings) if kept == self._lines]
        return places[0] if places else len(self._drawings)

    def _show(self, lines: State) -> bool:
        self.finish()
        if lines == self._lines:
            return False
        if self._lines and self._place() == len(self._drawings):
            self._drawings = [*self._drawings, self._lines][-KEPT_DRAWINGS:]
        self._remember()
        self._lines = lines
        return True

    def _remember(self) -> None:
        self._undo = [*self._undo, self._lines][-KEPT_STEPS:]
        self._redo = []

    def _swap(self, source: list[State], target: list[State]) -> bool:
        self.finish()
        if not source:
            return False
        target.append(self._lines)
        self._lines = source.pop()
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


def _cut(line: Line, start: Point, end: Point, radius: float) -> list[Line]:
    """What the eraser leaves of a line: itself, untouched, or the pieces of it."""
    low = np.minimum(start, end) - radius
    high = np.maximum(start, end) + radius
    if np.any(line.points.max(axis=0) < low) or np.any(line.points.min(axis=0) > high):
        return [line]
    points = _dense(line.points, radius / 4)
    keep = _distance(points, start, end) > radius
    if keep.all():
        return [line]
    pieces = np.split(points, np.flatnonzero(np.diff(keep)) + 1)
    kept = pieces[0 if keep[0] else 1 :: 2]
    return [Line(piece, line.pen) for piece in kept if len(piece) > 1]


def _dense(points: Points, spacing: float) -> Points:
    """The same polyline with points at most ``spacing`` apart, its own among them."""
    if len(points) == 1:
        return points
    lengths = np.hypot(*np.diff(points, axis=0).T)
    pieces = [
        np.linspace(a, b, int(length / spacing) + 1, endpoint=False)
        for a, b, length in zip(points[:-1], points[1:], lengths, strict=True)
    ]
    return np.concatenate([*pieces, points[-1:]])


def _distance(points: Points, start: Point, end: Point) -> npt.NDArray[np.float64]:
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
        _between(start, end, enter) if enter > 0 else start,
        _between(start, end, leave) if leave < 1 else end,
    )


def _between(start: Point, end: Point, part: float) -> Point:
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
