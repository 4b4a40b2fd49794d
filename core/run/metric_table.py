"""All metrics of a run: a series by name, and the times and epochs of its steps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from core.run.attached_events import MetricPoints
from core.run.metric_series import CAPACITY, MetricSeries
from core.run.phases import Phase, pieces
from core.run.timeline import SparseTimeline, Timeline

MAX_NAMES: Final = 10_000
"""How many metrics of a run are kept; the names of further ones are counted."""
TOTAL_CAPACITY: Final = 4_000_000
MIN_CAPACITY: Final = 1024
"""How many values all series have together, and one of very many."""
MAX_KNOTS: Final = 20_000
"""The times of so many steps are kept; those between are interpolated."""


class MetricTable(Mapping[str, MetricSeries]):
    """The series of a run by name, in the order in which they were first logged."""

    def __init__(self) -> None:
        self.version = 0
        self.timeline = SparseTimeline(MAX_KNOTS)
        """The time of each step."""
        self.epochs = Timeline()
        """The epoch of each step, in place of the time; a fraction within an epoch."""
        self.left_out = 0
        """How many numbers were left out, because there are too many names."""
        self.is_read = False
        """Whether the file was read at all by now, also where it has no numbers."""
        self.fraction_read = 1.0
        """How much of the file was read by now, from 0 to 1."""
        self._series: dict[str, MetricSeries] = {}
        self._phases: dict[str, Phase] = {}
        """The phase that each is in."""

    def __getitem__(self, name: str) -> MetricSeries:
        return self._series[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    @property
    def last_step(self) -> int:
        """The greatest step that has a number; -1 without any."""
        return max((series.last_step for series in self._series.values()), default=-1)

    def extend(self, points: MetricPoints) -> None:
        """Add the numbers of a table."""
        self.version += 1
        self.is_read, self.fraction_read = True, points.fraction_read
        self._add(points.names)
        unknown = sum(name not in self._series for name in points.names)
        self.left_out += unknown * len(points.steps)
        finite = bool(np.isfinite(points.values).all())
        for place, part in enumerate(pieces(points.steps) if len(points.steps) else ()):
            self._extend(points, part, finite=finite, follows=place > 0)

    def _extend(self, points: MetricPoints, part: slice, *, finite: bool, follows: bool) -> None:
        """Add a part of a table; `follows`: it was logged after all that was added before."""
        steps, times = points.steps[part], points.times[part]
        increasing = len(steps) < 2 or bool((steps[1:] > steps[:-1]).all())
        in_order = increasing or not bool((steps[1:] < steps[:-1]).any())
        begin, end = float(times[0]), float(times[-1])
        for column, name in enumerate(points.names):
            if (series := self._series.get(name)) is None:
                continue
            phase = self._phases[name]
            if not in_order:
                phase.disorder()
            elif phase.begins_again(steps, begin, end, follows=follows):
                series.truncate(int(steps[0]))
                if self.timeline.end < begin:
                    self.timeline.truncate(int(steps[0]))
            values = points.values[part, column]
            series.extend(steps, values, increasing=increasing, finite=finite)
        self.timeline.add(steps, times)

    def _add(self, names: Sequence[str]) -> None:
        """Add a series for each new name, as far as there is room; all share the capacity."""
        new = [name for name in dict.fromkeys(names) if name not in self._series]
        new = new[: MAX_NAMES - len(self._series)]
        self._series |= {name: MetricSeries() for name in new}
        self._phases |= {name: Phase() for name in new}
        if new and (capacity := TOTAL_CAPACITY // len(self._series)) < CAPACITY:
            for series in self._series.values():
                series.capacity = max(MIN_CAPACITY, capacity)

    def truncate(self, step: int) -> None:
        """Drop the numbers at and after `step`, which a resumed run has yet to do."""
        self.version += 1
        for name, series in self._series.items():
            series.truncate(step)
            self._phases[name].truncate(step)
        self.timeline.truncate(step)
