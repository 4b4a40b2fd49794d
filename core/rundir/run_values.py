"""The settings and metrics of a run as a list of runs shows them, sorts and filters by them.

For runs of ours they come from the hyperparameters and evaluations; for attached ones from
`run.json` (its ``summary`` has the last value of each number), and the end of `metrics.jsonl`.
"""

import math
import shlex
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from core.run.metric_names import greater_is_better, has_direction, is_accuracy, main_metric
from core.rundir.attached import line_values
from core.rundir.json_tail import JsonTail
from core.rundir.rundir import RunDir
from core.rundir.validation import as_number
from trainpad.files import read_range

MAX_NAMES: Final = 500
"""Settings, and metrics, of one run that are listed."""
TAIL_BYTES: Final = 16 * 1024
"""How much of the end of `metrics.jsonl` is read: hundreds of numbers."""
SEPARATOR: Final = "/"
"""Between the names of nested settings."""
Setting = str | float | bool


@dataclass(frozen=True, slots=True)
class MetricValues:
    """The values of one metric of a run; NaN where unknown."""

    last: float
    least: float = math.nan
    greatest: float = math.nan

    def best(self, name: str) -> float:
        """Return the best value of the metric called `name`; NaN where that is infinite.

        Of a metric with no known direction it is the last value.
        """
        if not has_direction(name):
            return self.last
        found = self.greatest if greater_is_better(name) else self.least
        return found if math.isfinite(found) else math.nan


@dataclass(frozen=True, slots=True)
class RunValues:
    """The settings and metrics of one run."""

    settings: Mapping[str, Setting]
    metrics: Mapping[str, MetricValues]
    command: str = ""
    """The command line of an attached run; empty if unknown."""
    folder: str = ""
    """The folder that an attached run was started in; empty if unknown."""
    label: str = ""
    """What its program called an attached run; empty if it did not."""
    has_ranges: bool = True
    """Whether least and greatest values are known, and need not be read from all its numbers."""

    @property
    def main(self) -> str:
        """The metric by which runs are compared first; empty where no one is known to be one."""
        return _main_metric(tuple(self.metrics))

    @property
    def accuracies(self) -> tuple[float | None, float | None]:
        """The best and the last value of `main`; None where it is no accuracy, or not known yet."""
        if not is_accuracy(self.main):
            return None, None
        found = self.metrics[self.main]
        best = found.best(self.main)
        return None if math.isnan(best) else best, None if math.isnan(found.last) else found.last

    def with_metrics(self, metrics: Mapping[str, MetricValues]) -> "RunValues":
        """Return these values with the ranges in `metrics`; what is newer here stays."""
        known = {
            name: replace(found, last=self.metrics[name].last) if name in self.metrics else found
            for name, found in metrics.items()
        }
        return replace(self, metrics={**self.metrics, **known})


_main_metric = lru_cache(4096)(main_metric)
"""Lists of a thousand runs ask for it in each cell, and most have the same metrics."""


def attached_values(run: RunDir, info: Mapping[str, Any], *, ended: bool) -> RunValues:
    """What the files of an attached run say; `info` is its sanitized `run.json`."""
    last = _last_values(run, info, ended=ended)
    metrics = {name: MetricValues(value) for name, value in last.items()}
    return RunValues(
        settings_of(info.get("config")),
        metrics,
        _text(info.get("command")),
        _text(info.get("folder")),
        label=_text(info.get("label")),
        has_ranges=False,
    )


def own_values(
    run: RunDir, hyperparameters: Mapping[str, Any], last: float | None, best: float | None
) -> RunValues:
    """What the files of a run of ours say; `last` and `best` are its accuracies on validation."""
    metrics = {}
    if last is not None:
        metrics["validation/accuracy"] = MetricValues(last, greatest=last if best is None else best)
    if run.steps_recorded:
        metrics["loss"] = MetricValues(_last_loss(run))
    settings = {name: _setting(value) for name, value in hyperparameters.items()}
    return RunValues(settings, metrics, has_ranges=not run.steps_recorded)


def settings_of(config: object) -> dict[str, Setting]:
    """The settings in the ``config`` of a sanitized `run.json`; nested names joined with ``/``."""
    found: dict[str, Setting] = {}
    for name, value in _flattened(config, ""):
        if len(found) < MAX_NAMES:
            found[name] = _setting(value)
    return found


def _last_values(run: RunDir, info: Mapping[str, Any], *, ended: bool) -> dict[str, float]:
    """The last value of each number; one that has ended has them in its ``summary``."""
    summary = info.get("summary")
    found = line_values(summary) if isinstance(summary, Mapping) else {}
    if not (ended and found):
        for line in JsonTail(run.metrics, TAIL_BYTES).poll():
            found.update(line_values(line))
    return {name: found[name] for name in list(found)[:MAX_NAMES]}


def _last_loss(run: RunDir) -> float:
    try:
        content = read_range(run.losses, 4 * (run.steps_recorded - 1), 4)
        return float(struct.unpack("<f", content)[0])
    except (OSError, struct.error):
        return math.nan


def _text(value: object) -> str:
    return shlex.join(map(str, value)) if isinstance(value, list) else str(value or "")


def _flattened(values: object, prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in values.items() if isinstance(values, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{name}{SEPARATOR}")  # sanitized: 8 levels
        else:
            yield f"{prefix}{name}", value


def _setting(value: object) -> Setting:
    if isinstance(value, bool | str):
        return value
    number = as_number(value)
    if number is not None:
        return number
    if isinstance(value, list):
        return ",".join(str(_setting(part)) for part in value[:16])
    return "none" if value is None else str(value)[:80]
