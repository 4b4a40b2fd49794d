"""Fold the items of a run into its curves and histories, on the drawing thread.

A run that is restarted from a checkpoint writes some steps again. As in TensorBoard, a point at or
before the last step supersedes the points from that step on; but the superseded points are kept
with the curve, so that a chart can show the overlap.
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
"""Wall times from here on, in seconds since 1970, are invalid."""
MAX_REPLACED: Final = 64
"""Superseded segments kept for each tag; the newest ones."""
MAX_WAITING: Final = 64
"""Batches of points that may wait before they are appended to the curve."""


class ScalarHistory:
    """The points of one tag: the current curve, and the segments that restarts superseded.

    Points are appended to the curve when it is read, or when many wait: few of thousands of tags
    are drawn, and appending a hundred points costs hardly more than appending one.
    """

    def __init__(self) -> None:
        self._curve = Points()
        self._replaced: list[Points] = []
        self._waiting: list[Scalars] = []

    @property
    def curve(self) -> Points:
        """The current points; a new object after `discard_from`."""
        self._fold_waiting()
        return self._curve

    @property
    def replaced(self) -> list[Points]:
        """The superseded segments, oldest first."""
        self._fold_waiting()
        return self._replaced

    def fold(self, points: Scalars) -> None:
        """Append points in file order."""
        self._waiting.append(points)
        if len(self._waiting) >= MAX_WAITING:
            self._fold_waiting()

    def discard_from(self, step: int) -> None:
        """Remove the points at `step` and later from the curve."""
        self._fold_waiting()
        size = self._keep_replaced(step)
        if size < len(self._curve):
            self._curve = _sub_curve(self._curve, slice(0, size))

    def _fold_waiting(self) -> None:
        """Append the waiting points to the curve."""
        if not self._waiting:
            return
        steps, times, values = (
            np.concatenate([getattr(points, column) for points in self._waiting])
            for column in ("steps", "wall_times", "values")
        )
        self._waiting = []
        # The curve's clock never runs backwards: one wrong time far ahead would stop it for good.
        is_timed = not np.isnan(times).all()
        times = np.where((times >= 0) & (times < MAX_WALL_TIME), times, 0.0)
        back = np.flatnonzero(np.diff(steps) <= 0) + 1
        # Steps that go back all the time are no restarts: keep no superseded segments then.
        if len(back) > MAX_REPLACED:
            back = back[:0]
        for start, stop in zip([0, *back], [*back, len(steps)], strict=True):
            self._keep_replaced(int(steps[start]))
            part = slice(start, stop)
            self._curve.extend(steps[part], values[part], times[part] if is_timed else None)

    def _keep_replaced(self, step: int) -> int:
        """Copy the points at `step` and later to `replaced`; return how many are before."""
        size = int(np.searchsorted(self._curve.steps, step))
        if size < len(self._curve):
            self._replaced = [*self._replaced, _sub_curve(self._curve, slice(size, None))]
            self._replaced = self._replaced[-MAX_REPLACED:]
        return size


def _sub_curve(curve: Points, part: slice) -> Points:
    """Return a slice of a curve as a new curve."""
    points, steps = Points(), curve.steps[part]
    times = curve.timeline.seconds_at(steps.astype(np.float64)) if len(curve.timeline) else None
    points.extend(steps, curve.values[part], times)
    return points


class RunData:
    """Everything read from the event files of one run so far."""

    def __init__(self) -> None:
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
