"""The columns for the settings and metrics of runs: which there are, and which are shown.

By default those settings are shown in which the runs differ, and the metrics that most attached
runs have, validation first; a user may choose others.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from core.run.hparams import SPECS
from core.run.metric_names import greater_is_better, has_direction, is_accuracy, is_loss, split_of
from core.run.own_hparams import is_own_value
from core.run.seeds import is_seed
from core.rundir.entry import RunEntry
from core.rundir.overview import differing_hparams, differing_settings
from core.rundir.run_values import MetricValues, Setting
from tui.chart.legend import format_value
from tui.chart.tags import shown_tag
from tui.runs import columns
from tui.runs.columns import MAX_WIDTH, NONE, SPREAD_WIDTH, RunColumn

MAX_METRICS: Final = 3
"""Metrics that are shown by default."""
BEST: Final = "best "
"""Before the name of a metric: the column of its best value."""
CONFIG: Final = "config "
"""Before the name of a setting that is called like a metric."""
CHOSEN_PRIORITY: Final = 88
DIFFERING_PRIORITY: Final = 68
"""Of the columns of settings in which attached runs differ."""
MAIN_SETTINGS: Final = 3
MAIN_PRIORITY: Final = 78
"""Of the first of them, as many as `MAIN_SETTINGS`: above the last values of metrics."""
_LAYERS: Final = ("hidden", "network")
"""Hyperparameters of ours that the column of the network shows."""
_IMPORTANT: Final = ("learning_rate", "optimizer", "batch_size")


def all_columns(entries: Sequence[RunEntry]) -> list[RunColumn]:
    """All columns that a user can choose for these runs."""
    settings = dict.fromkeys(
        name
        for entry in entries
        for name in entry.values.settings
        if not entry.summary.is_own or name not in _LAYERS
    )
    metrics = dict.fromkeys(name for entry in entries for name in entry.values.metrics)
    found = [
        columns.PROJECT,
        columns.NETWORK,
        *map(setting_column, settings),
        columns.STEPS,
        columns.BEST,
        columns.LAST,
        *(column for name in metrics for column in metric_columns(name)),
        columns.TIME,
        columns.STARTED,
        columns.TAGS,
    ]
    return _distinct(found)


def columns_for(
    entries: Sequence[RunEntry], chosen: Sequence[str] = (), first: Sequence[str] = ()
) -> list[RunColumn]:
    """The columns for these runs, in display order: those with the chosen ids, or the default.

    By default the metrics in `first` come before the others.
    """
    if chosen:
        known = {column.id: column for column in all_columns(entries)}
        shown = (known[name] for name in chosen if name in known)
        return [
            columns.STATE,
            columns.NAME,
            *(replace(column, priority=CHOSEN_PRIORITY) for column in shown),
        ]
    ours = [entry for entry in entries if entry.summary.is_own]
    has_studies = any(entry.summary.is_study for entry in entries)
    attached = [entry for entry in entries if entry.summary.is_attached]
    result = [columns.STATE, columns.NAME]
    result += [columns.PROJECT] if attached or has_studies else []
    result += [columns.NETWORK] if ours or not attached else []
    result += _differing_columns(ours, attached)
    result.append(columns.STEPS)
    result += [columns.BEST] if ours or has_studies or not attached else []
    result += [columns.LAST] if ours or not attached else []
    metrics = _metrics_of(attached, first)
    if ours:  # the accuracies of all are in the same two columns
        mains = {e.values.main for e in attached if is_accuracy(e.values.main)}
        metrics = [name for name in metrics if name in first or name not in mains]
    for name in metrics:
        first_column, *others = metric_columns(name)
        result += [replace(first_column, priority=85), *others]
    result += [columns.TIME, columns.STARTED]
    return [_ranked(column, entries) for column in _distinct(result)]


def _distinct(shown: Sequence[RunColumn]) -> list[RunColumn]:
    """These columns; a setting that is called like another column is ``config lr``."""
    counts = Counter(column.name for column in shown)
    return [
        replace(column, name=f"{CONFIG}{column.name}", width=_width(f"{CONFIG}{column.name}"))
        if counts[column.name] > 1 and column.id.startswith("setting:")
        else column
        for column in shown
    ]


def _differing_columns(ours: Sequence[RunEntry], attached: Sequence[RunEntry]) -> list[RunColumn]:
    """The columns of the settings in which runs of ours differ, then of those of attached runs."""
    own = [name for name in differing_hparams(ours) if name not in _LAYERS]
    own += filter(is_own_value, differing_settings(ours))
    theirs = differing_settings(attached)
    result = []
    for name in dict.fromkeys([*own, *theirs]):
        column = setting_column(name)
        if name in theirs:
            is_main = theirs.index(name) < MAIN_SETTINGS
            column = replace(column, priority=MAIN_PRIORITY if is_main else DIFFERING_PRIORITY)
        result.append(column)
    return result


def _ranked(column: RunColumn, entries: Sequence[RunEntry]) -> RunColumn:
    """The column with a lower priority, the fewer runs have a value of it."""
    known = sum(column.sort_key(entry) is not None for entry in entries)
    share = known / len(entries) if entries else 1.0
    return replace(column, priority=round(column.priority * (1 + share) / 2))


def for_groups(shown: Sequence[RunColumn]) -> list[RunColumn]:
    """These columns with room for the spread of numbers, for groups of runs."""
    spread = (columns.STEPS.id, columns.BEST.id, columns.LAST.id)
    return [
        replace(column, width=column.width + SPREAD_WIDTH)
        if column.id in spread or column.id.startswith(("best:", "last:"))
        else column
        for column in shown
    ]


def setting_column(name: str) -> RunColumn:
    """The column of a setting: a hyperparameter of ours, or of the config of an attached run."""
    spec = SPECS.get(name)

    def text(entry: RunEntry) -> str:
        if spec is not None and entry.summary.is_own:
            return entry.network if name in _LAYERS else spec.format(entry.hyperparameters[name])
        return _setting_text(entry.values.settings.get(name))

    def order(entry: RunEntry) -> Any:
        value = entry.values.settings.get(name)
        if value is None:
            return None
        return (1, 0.0, value) if isinstance(value, str) else (0, float(value), "")

    def number(entry: RunEntry) -> float | None:
        value = None if is_seed(name) else entry.values.settings.get(name)  # no mean of seeds
        return None if value is None or isinstance(value, str | bool) else value

    label = spec.label if spec is not None else name
    priority = 60 if name in _IMPORTANT else 30
    ident = f"setting:{name}"
    return RunColumn(label, _width(label), text, order, priority, number=number, id=ident)


def metric_columns(name: str) -> list[RunColumn]:
    """The columns of a metric: of its best value, if its direction is known, and of its last."""
    return [*([best_column(name)] if has_direction(name) else []), last_column(name)]


def last_column(name: str) -> RunColumn:
    """The column of a metric's last value."""
    return _metric_column(shown_tag(name), name, f"last:{name}", lambda found: found.last, 72)


def best_column(name: str) -> RunColumn:
    """The column of a metric's best value: its greatest or least one, by its name."""
    return _metric_column(f"{BEST}{name}", name, f"best:{name}", lambda found: found.best(name), 75)


def _metric_column(label: str, name: str, ident: str, value_of: Any, priority: int) -> RunColumn:
    def number(entry: RunEntry) -> float | None:
        found: MetricValues | None = entry.values.metrics.get(name)
        value = math.nan if found is None else value_of(found)
        return None if math.isnan(value) else value

    def text(entry: RunEntry) -> str:
        value = number(entry)
        if value is not None:
            return format_value(value)
        found = entry.values.metrics.get(name)
        return NONE if found is None or ident.startswith("best") else "nan"

    descending = greater_is_better(name)
    return RunColumn(label, _width(label), text, number, priority, descending, number, ident)


def _width(label: str) -> int:
    return min(MAX_WIDTH, max(8, len(label) + 1) + 2)


def _setting_text(value: Setting | None) -> str:
    if value is None:
        return NONE
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _metrics_of(attached: Iterable[RunEntry], first: Sequence[str]) -> list[str]:
    """The metrics that most of these runs have: those of validation and test first, then losses."""
    counts = Counter(name for entry in attached for name in entry.values.metrics)

    def rank(name: str) -> tuple[int, bool, bool, str]:
        is_held_out = split_of(name) in ("validation", "test")
        return -counts[name], not is_held_out, not is_loss(name), name

    named = [name for name in first if name in counts]
    others = (name for name in sorted(counts, key=rank) if name not in named)
    return [*named, *others][: max(MAX_METRICS, len(named))]
