"""Fold the items of a run into its curves and histories, on the drawing thread.

The points that a restart replaced (`core.tfevents.restarts`) are kept with the curve, so that a
chart can show them; all others are drawn, in the order of their steps. Points that are written
without a step are drawn in the order in which they were written. Of a curve with very many points
the older ones are kept as blocks with minimum, maximum, sum and count.
"""

from itertools import groupby
from operator import attrgetter
from typing import Final

import numpy as np

from core.run.series import Points
from core.tfevents.bounded import BoundedHistory, drop_oldest, thin_densest
from core.tfevents.items import (
    Experiment,
    Float64Array,
    Histogram,
    HParam,
    Image,
    Int64Array,
    Item,
    Restart,
    Scalars,
    SessionEnd,
    SessionStart,
    Text,
)
from core.tfevents.long_curve import LongCurve, Room
from core.tfevents.restarts import Restarts, valid_times

MAX_REPLACED: Final = 64
"""Void segments kept for each tag; the newest ones."""
MAX_WAITING: Final = 64
"""Batches of points that may wait before they are appended to the curve."""


class ScalarHistory:
    """The points of one tag: the current curve, and the segments that restarts replaced.

    Points are appended to the curve when it is read, or when many wait: few of thousands of tags
    are drawn, and appending a hundred points costs hardly more than appending one.
    """

    def __init__(self, room: Room | None = None) -> None:
        """`room` says how many points are kept; it is shared with other curves."""
        self._room = room or Room()
        self._room.curves += 1
        self._count = 0
        self._curve: Points | LongCurve = Points()
        self._replaced: list[Points] = []
        self._by_file: list[Points] = []
        """Those of `_replaced` that hold after all if an older file goes on."""
        self._waiting: list[Scalars] = []
        self._restarts = Restarts()
        self._void_count = 0

    @property
    def count(self) -> int:
        """How many points the current curve is made of."""
        self._fold_waiting()
        return self._count

    @property
    def curve(self) -> Points | LongCurve:
        """The current points; a new object after `discard_from`."""
        self._fold_waiting()
        return self._curve

    @property
    def replaced(self) -> list[Points]:
        """The void segments, oldest first."""
        self._fold_waiting()
        return self._replaced

    @property
    def void_count(self) -> int:
        """How many points are void."""
        self._fold_waiting()
        return self._void_count

    @property
    def has_steps(self) -> bool:
        """Whether the points have steps; otherwise those of the curve are their numbers."""
        self._fold_waiting()
        return self._restarts.has_steps or self._count < 2

    def fold(self, points: Scalars) -> None:
        """Append points in file order."""
        self._waiting.append(points)
        if len(self._waiting) >= MAX_WAITING:
            self._fold_waiting()

    def discard_from(self, step: int) -> None:
        """Make the points at `step` and later void."""
        self._fold_waiting()
        self._restarts.discard_from(step)
        self._replace_from(step)

    def _fold_waiting(self) -> None:
        """Append the waiting points to the curve."""
        waiting, self._waiting = self._waiting, []
        for file, group in groupby(waiting, attrgetter("file")):
            batches = list(group)
            steps, times, values = (
                np.concatenate([getattr(points, name) for points in batches])
                for name in ("steps", "wall_times", "values")
            )
            self._fold_points(Scalars(batches[0].tag, steps, times, values, file))

    def _fold_points(self, points: Scalars) -> None:
        had_steps = self._restarts.has_steps
        if self._restarts.is_of_older_file(points):
            self._restore()
        step = self._restarts.step_of_restart(points)
        if step is not None and (void := self._replace_from(step)):
            self._by_file.append(void)
        steps = points.steps
        if not self._restarts.has_steps:
            steps = self._count + np.arange(len(points))
        elif not had_steps and self._count > 1:  # what came before had step 0
            self._curve = _at_step_0(self._curve)
        is_timed = not np.isnan(points.wall_times).all()
        self._add(steps, points.values, valid_times(points) if is_timed else None)

    def _add(self, steps: Int64Array, values: Float64Array, times: Float64Array | None) -> None:
        self._count += len(steps)
        curve, capacity = self._curve, self._room.capacity
        if isinstance(curve, Points) and len(curve) + len(steps) > capacity:
            curve = self._curve = LongCurve.of_points(curve, _times_of(curve), capacity)
        if isinstance(curve, LongCurve):
            curve.capacity = capacity
            curve.add(steps, values, times)
            return
        if steps[0] > curve.last_step and bool((np.diff(steps) > 0).all()):
            curve.extend(steps, values, times)
            return
        steps = np.concatenate([curve.steps, steps])
        order = np.argsort(steps, kind="stable")
        values = np.concatenate([curve.values, values])
        before = _times_of(curve)
        if times is not None and before is not None:
            times = np.concatenate([before, times])[order]
        elif len(curve):
            times = None
        self._curve = Points.of_sorted(steps[order], values[order], times)

    def _restore(self) -> None:
        """Put back what a later file replaced: an older file goes on, so both are written."""
        for void in self._by_file:
            if any(void is segment for segment in self._replaced):
                self._replaced = [other for other in self._replaced if other is not void]
                self._void_count -= len(void)
                self._add(void.steps, void.values.astype(np.float64), _times_of(void))
        self._by_file = []

    def _replace_from(self, step: int) -> Points | None:
        """Make the points at `step` and later void; return them, if there are any."""
        curve = self._curve
        if curve.last_step < step:
            return None
        count = curve.count(step, np.inf)
        if isinstance(curve, LongCurve):
            void = curve.cut(step)
        else:
            size = int(np.searchsorted(curve.steps, step))
            void = _part_of(curve, slice(size, None))
            self._curve = _part_of(curve, slice(0, size))
        self._replaced = [*self._replaced, void][-MAX_REPLACED:]
        self._void_count += count
        self._count -= count
        return void


def _times_of(curve: Points) -> Float64Array | None:
    """The wall time of each point; None where they are not known."""
    if not len(curve.timeline):
        return None
    return curve.timeline.seconds_at(curve.steps.astype(np.float64))


def _part_of(curve: Points, part: slice) -> Points:
    """A slice of a curve as a new curve."""
    times = _times_of(curve)
    times = None if times is None else times[part]
    return Points.of_sorted(curve.steps[part], curve.values[part], times)


def _at_step_0(curve: Points | LongCurve) -> Points | LongCurve:
    """A curve of the same values, all at step 0."""
    if isinstance(curve, LongCurve):
        return curve.without_steps()
    return Points.of_sorted(np.zeros(len(curve), np.int64), curve.values, _times_of(curve))


class RunData:
    """Everything read from the event files of one run so far."""

    def __init__(self, room: Room | None = None) -> None:
        """`room` is shared by the curves of several runs."""
        self._room = room or Room()
        self.scalars: dict[str, ScalarHistory] = {}
        self.histograms: BoundedHistory[Histogram] = BoundedHistory(
            thin_densest, max_items=256, max_bytes=64 << 20
        )
        self.texts: BoundedHistory[Text] = BoundedHistory(
            drop_oldest, max_items=100, max_bytes=8 << 20
        )
        self.images: BoundedHistory[Image] = BoundedHistory(
            thin_densest, max_items=1000, max_bytes=64 << 20
        )
        self.hparams: dict[str, HParam] = {}
        self.status = ""
        """How the run ended by its hparams summary; empty if unknown."""
        self.experiment = Experiment((), ())

    def fold(self, item: Item) -> None:
        """Add one item."""
        match item:
            case Scalars():
                if item.tag not in self.scalars:
                    self.scalars[item.tag] = ScalarHistory(self._room)
                self.scalars[item.tag].fold(item)
            case Histogram():
                self.histograms.add(item)
            case Text():
                self.texts.add(item)
            case Image():
                self.images.add(item)
            case Restart():
                self._discard_from(item.step)
            case SessionStart():
                self.hparams, self.status = item.hparams, "running"
            case SessionEnd():
                self.status = item.status
            case Experiment():
                self.experiment = item

    def _discard_from(self, step: int) -> None:
        for scalar in self.scalars.values():
            scalar.discard_from(step)
        for kind in (self.histograms, self.texts, self.images):
            kind.discard_from(step)
