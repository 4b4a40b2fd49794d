"""The least and greatest value of each metric of a run, read a piece at a time.

The files of numbers may be long, and there may be thousands of runs: so each poll reads for a
limited time, and the list shows what is known by then.
"""

import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from core.run.attached_events import MetricPoints, MetricsVoided
from core.rundir.loss_tail import LossTail
from core.rundir.metric_tail import MetricTail
from core.rundir.run_values import MAX_NAMES, MetricValues
from core.rundir.rundir import RunDir
from trainpad.files import size_of

SECONDS: Final = 0.2
"""How long one poll reads."""


class MetricScans:
    """The metrics of runs by their paths, as far as they are read."""

    def __init__(self) -> None:
        self._scans: dict[Path, _Scan] = {}
        self.pending = False
        """Whether there was more to read at the last poll than there was time."""

    def poll(self, runs: Iterable[RunDir]) -> None:
        """Read on in the files of these runs; forget all others."""
        due = time.monotonic() + SECONDS
        before, self._scans = self._scans, {}
        for run in runs:
            scan = self._scans[run.path] = before.get(run.path) or _Scan(run)
            while time.monotonic() < due and scan.read():
                pass
        self.pending = time.monotonic() >= due

    def metrics(self, run: RunDir) -> dict[str, MetricValues]:
        """The metrics of a run as far as they are read; another object whenever they change."""
        scan = self._scans.get(run.path)
        return scan.metrics if scan else {}


class _Scan:
    """The metrics of one growing file."""

    def __init__(self, run: RunDir) -> None:
        self.metrics: dict[str, MetricValues] = {}
        self._tail = LossTail(run) if size_of(run.losses) else MetricTail(run.metrics)
        self._tables = self._tail.poll()

    def read(self) -> bool:
        """Read the next table of numbers; return whether there was any."""
        table = next(self._tables, None)
        if table is None:
            self._tables = self._tail.poll()
            return False
        if isinstance(table, MetricPoints):
            self.metrics = _extended(self.metrics, table)
        elif isinstance(table, MetricsVoided) and table.step <= 0:
            self.metrics = {}
        return True


def _extended(metrics: Mapping[str, MetricValues], table: MetricPoints) -> dict[str, MetricValues]:
    """Return `metrics` with the numbers of one more table; NaN is no least or greatest value."""
    least, greatest = np.fmin.reduce(table.values, axis=0), np.fmax.reduce(table.values, axis=0)
    found = dict(metrics)
    for column, name in enumerate(table.names):
        last, low, high = map(_decimal, (table.values[-1, column], least[column], greatest[column]))
        known = found.get(name)
        if known is not None:
            low, high = _fmin(known.least, low), _fmax(known.greatest, high)
        if known is not None or len(found) < MAX_NAMES:
            found[name] = MetricValues(last, low, high)
    return found


def _decimal(value: np.float32) -> float:
    """Return a number with the few digits that a float32 has: 0.2, not 0.20000000298."""
    return float(str(value))


def _fmin(first: float, second: float) -> float:
    """Return the lesser number; the other where one is NaN."""
    return second if math.isnan(first) or second < first else first


def _fmax(first: float, second: float) -> float:
    """Return the greater number; the other where one is NaN."""
    return second if math.isnan(first) or second > first else first
