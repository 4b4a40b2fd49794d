"""A watched run is folded here from its items, on the thread that draws it.

A run that was restarted from a checkpoint writes some steps again. As in TensorBoard a point at or
before the last step replaces what follows it; but what was replaced is kept beside the curve, so
that a chart can show the overlap.
"""

from typing import Final

import numpy as np

from core.run.series import Points
from core.tfevents.bounded import BoundedHistory, drop_oldest, thin_densest
from core.tfevents.items import (
    Experiment,
    Histogram,
    HParam,
    Image,
    Item,
    Restart,
    Scalars,
    SessionEnd,
    SessionStart,
    Text,
)

MAX_WALL_TIME: Final = 1e11
"""Wall times from here on, in seconds since 1970, are no times."""
MAX_REPLACED: Final = 64
"""Stretches kept of what restarts replaced, for each tag; the newest ones."""
MAX_WAITING: Final = 64
"""Batches of points that wait to be taken in."""


class ScalarHistory:
    """The points of one tag: the curve that holds, and the stretches that restarts replaced.

    Points wait until somebody looks, or until they are many: of thousands of tags few are looked
    at, and a hundred points at once cost hardly more than one.
    """

    def __init__(self) -> None:
        self._curve = Points()
        self._replaced: list[Points] = []
        self._waiting: list[Scalars] = []

    @property
    def curve(self) -> Points:
        """The points that hold; another object after a `restart`."""
        self._fold_waiting()
        return self._curve

    @property
    def replaced(self) -> list[Points]:
        """What stood where later points stand now, oldest first: the overlap."""
        self._fold_waiting()
        return self._replaced

    def fold(self, points: Scalars) -> None:
        """Append points in the order they were written."""
        self._waiting.append(points)
        if len(self._waiting) >= MAX_WAITING:
            self._fold_waiting()

    def discard_from(self, step: int) -> None:
        """Take back the points at `step` and later."""
        self._fold_waiting()
        size = self._keep_replaced(step)
        if size < len(self._curve):
            self._curve = _sub_curve(self._curve, slice(0, size))

    def _fold_waiting(self) -> None:
        """Have the points that wait in the curve."""
        if not self._waiting:
            return
        steps, times, values = (
            np.concatenate([getattr(points, column) for points in self._waiting])
            for column in ("steps", "wall_times", "values")
        )
        self._waiting = []
        # One absurd time would hold the curve's clock, which never runs backwards, for good.
        times = np.where((times >= 0) & (times < MAX_WALL_TIME), times, 0.0)
        back = np.flatnonzero(np.diff(steps) <= 0) + 1
        # A step that repeats all the time is no restart: only the curve is of use then.
        if len(back) > MAX_REPLACED:
            back = back[:0]
        for start, stop in zip([0, *back], [*back, len(steps)], strict=True):
            self._keep_replaced(int(steps[start]))
            part = slice(start, stop)
            self._curve.extend(steps[part], values[part], times[part])

    def _keep_replaced(self, step: int) -> int:
        """Keep a copy of the points that a point at `step` replaces; how many it does not."""
        size = int(np.searchsorted(self._curve.steps, step))
        if size < len(self._curve):
            self._replaced = [*self._replaced, _sub_curve(self._curve, slice(size, None))]
            self._replaced = self._replaced[-MAX_REPLACED:]
        return size


def _sub_curve(curve: Points, part: slice) -> Points:
    """Some of a curve's points as a curve."""
    points, steps = Points(), curve.steps[part]
    points.extend(steps, curve.values[part], curve.timeline.seconds_at(steps.astype(np.float64)))
    return points


class RunData:
    """All that the event files of one folder have said so far."""

    def __init__(self) -> None:
        self.scalars: dict[str, ScalarHistory] = {}
        self.histograms: BoundedHistory[Histogram] = BoundedHistory(
            thin_densest, max_items=256, max_bytes=64 << 20
        )
        self.texts: BoundedHistory[Text] = BoundedHistory(
            drop_oldest, max_items=100, max_bytes=8 << 20
        )
        self.images: BoundedHistory[Image] = BoundedHistory(
            drop_oldest, max_items=50, max_bytes=32 << 20
        )
        self.hparams: dict[str, HParam] = {}
        self.status = ""
        """How the run ended by its hparams summary; empty while it did not say."""
        self.experiment = Experiment((), ())

    def fold(self, item: Item) -> None:
        """Take in one item."""
        match item:
            case Scalars():
                self.scalars.setdefault(item.tag, ScalarHistory()).fold(item)
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
