"""The columns of the table of hyperparameters: metrics, then the hyperparameters that differ."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.cells import cell_len

from core.run.metric_names import greater_is_better, has_direction
from core.tfevents.items import HParam
from core.tfevents.store import RunData, ScalarHistory
from tui.chart.legend import format_value
from tui.watch.model import last_value

NONE: Final = "-"
MAX_METRICS: Final = 20
"""Metrics shown of runs that do not declare which ones they compare."""


@dataclass(frozen=True, slots=True)
class Column:
    """One metric or hyperparameter of all runs."""

    name: str
    values: Sequence[HParam | None]
    """One for each run."""
    role: str
    """How the theme shows it."""
    is_metric: bool = False

    @property
    def width(self) -> int:
        """The cells that the name, with an arrow, and all texts need."""
        texts = (cell_len(self.text(row)) for row in range(len(self.values)))
        return max(cell_len(self.name) + 2, *texts)

    def text(self, row: int) -> str:
        """Return the text of one run."""
        value = self.values[row]
        if value is None or not isinstance(value, float):
            return NONE if value is None else str(value)
        return format_value(value) if self.is_metric else f"{value:,.10g}"

    def order(self, *, descending: bool) -> list[int]:
        """Return the runs sorted by their values: numbers, then texts, then those without."""
        rows = range(len(self.values))
        ordered = sorted(
            (row for row in rows if not self._is_missing(row)), key=self._key, reverse=descending
        )
        return ordered + [row for row in rows if self._is_missing(row)]

    def _is_missing(self, row: int) -> bool:
        value = self.values[row]
        return value is None or (isinstance(value, float) and math.isnan(value))

    def _key(self, row: int) -> tuple[int, float, str]:
        value = self.values[row]
        return (1, 0.0, value) if isinstance(value, str) else (0, float(value or 0), "")


def columns_of(runs: Sequence[RunData]) -> list[Column]:
    """Return all columns of these runs: the status, metrics, and hyperparameters."""
    status = Column("status", [run.status or None for run in runs], "text")
    names = dict.fromkeys(name for run in runs for name in run.hparams)
    hparams = [Column(name, [run.hparams.get(name) for run in runs], "dim") for name in names]
    differ = [Column(c.name, c.values, "live") for c in hparams if len(set(c.values)) > 1]
    same = [column for column in hparams if len(set(column.values)) <= 1]
    return [*_metric_columns(runs), *differ, status, *same]


def _metric_columns(runs: Sequence[RunData]) -> Iterator[Column]:
    """Yield the last value of each metric that a run declares, or else has, and its best if any."""
    declared = dict.fromkeys(tag for run in runs for tag in run.experiment.metrics)
    tags = declared or dict.fromkeys(tag for run in runs for tag in run.scalars)
    for tag in list(tags)[: len(declared) or MAX_METRICS]:
        scalars = [run.scalars.get(tag) for run in runs]
        yield Column(tag, [last_value(scalar) for scalar in scalars], "text", is_metric=True)
        if not has_direction(tag):
            continue
        greatest = greater_is_better(tag)
        best = [_extreme(scalar, greatest=greatest) for scalar in scalars]
        yield Column(f"{tag} {'max' if greatest else 'min'}", best, "text", is_metric=True)


def _extreme(scalar: ScalarHistory | None, *, greatest: bool) -> float | None:
    """Return the greatest or least value of a curve; None without any that is finite."""
    if scalar is None or not len(scalar.curve):
        return None
    curve = scalar.curve
    columns = curve.columns(np.array([curve.first_step, curve.last_step + 1], np.float64))
    value = float((columns.high if greatest else columns.low)[0])
    return value if math.isfinite(value) else None
