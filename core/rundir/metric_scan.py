"""The least and greatest value of each metric of attached runs, read a piece at a time.

Their `metrics.jsonl` may be long, and there may be thousands of runs: so each poll reads for a
limited time, and the list shows what is known by then.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.rundir.attached import line_values
from core.rundir.json_lines import JsonLines
from core.rundir.run_values import MAX_NAMES, MetricValues
from core.rundir.rundir import RunDir

SECONDS: Final = 0.2
"""How long one poll reads."""


class MetricScans:
    """The metrics of runs by their paths, as far as they are read."""

    def __init__(self) -> None:
        self._scans: dict[Path, _Scan] = {}

    def poll(self, runs: Iterable[RunDir]) -> None:
        """Read on in the files of these runs; forget all others."""
        due = time.monotonic() + SECONDS
        before, self._scans = self._scans, {}
        for run in runs:
            scan = self._scans[run.path] = before.get(run.path) or _Scan(run)
            while time.monotonic() < due and scan.read():
                pass

    def metrics(self, run: RunDir) -> dict[str, MetricValues]:
        """The metrics of a run as far as they are read; another object whenever they change."""
        scan = self._scans.get(run.path)
        return scan.metrics if scan else {}


class _Scan:
    """The metrics of one growing file."""

    def __init__(self, run: RunDir) -> None:
        self.metrics: dict[str, MetricValues] = {}
        self._lines = JsonLines(run.metrics)

    def read(self) -> bool:
        """Read the next lines; return whether there were any."""
        lines = self._lines.poll()
        if not lines:
            return False
        found = dict(self.metrics)
        for line in lines:
            for name, value in line_values(line).items():
                known = found.get(name)
                if known is not None:
                    found[name] = _extended(known, value)
                elif len(found) < MAX_NAMES:
                    found[name] = MetricValues(value, value, value)
        self.metrics = found
        return True


def _extended(known: MetricValues, value: float) -> MetricValues:
    """Return `known` with one more value; NaN is neither the least nor the greatest."""
    least = value if not known.least <= value and value == value else known.least
    greatest = value if not known.greatest >= value and value == value else known.greatest
    return MetricValues(value, least, greatest)
