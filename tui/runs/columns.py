"""The columns of the runs table, and the runs sorted and filtered.

Besides the fixed columns there is one for each hyperparameter in which the shown runs differ. On a
narrow screen the columns of the lowest priority are dropped; the name never is.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.run.durations import duration
from core.run.hparams import SPECS
from core.rundir.overview import RunEntry, differing_hparams
from tui.widgets.text_widget import Span, align_right, fit

NAME_WIDTH = 22
"""Minimum cells for a run's name: those of ``20261123-101502-128x32``."""
LEAD_WIDTH = 4
"""Cells before the first column: the pointer, and the letter of a marked run."""
MAX_NAME_WIDTH = 44
"""Maximum cells for a run's name."""


@dataclass(frozen=True, slots=True)
class RunColumn:
    """A column of the table: name, cell text and sort key."""

    name: str
    width: int
    format: Callable[[RunEntry], str]
    sort_key: Callable[[RunEntry], Any]
    priority: int
    """Columns of lower priority are dropped first."""
    descending: bool = False
    """Whether the greatest comes first by default."""


def format_accuracy(value: float | None) -> str:
    """An accuracy with four decimals; a dash for None."""
    return "–" if value is None else f"{value:.4f}"


def format_time(timestamp: float) -> str:
    """A timestamp as day and time, in the local time zone."""
    return time.strftime("%d %b %H:%M", time.localtime(timestamp))


NAME = RunColumn("name", NAME_WIDTH, lambda e: e.title, lambda e: e.title.lower(), 99)
STATE = RunColumn("state", 9, lambda e: e.summary.state, lambda e: e.summary.state, 95)
STARTED = RunColumn(
    "started", 15, lambda e: format_time(e.created), lambda e: e.created, 40, descending=True
)
FIXED = (
    RunColumn("network", 12, lambda e: e.network, lambda e: e.hyperparameters["network"], 50),
    RunColumn("steps", 11, lambda e: f"{e.summary.steps:,}", lambda e: e.summary.steps, 80, True),
    RunColumn(
        "best",
        8,
        lambda e: format_accuracy(e.summary.best),
        lambda e: e.summary.best,
        90,
        True,
    ),
    RunColumn(
        "last", 8, lambda e: format_accuracy(e.last_accuracy), lambda e: e.last_accuracy, 70, True
    ),
    RunColumn("time", 13, lambda e: duration(e.seconds), lambda e: e.seconds, 45, True),
    STARTED,
)


def columns_for(entries: Sequence[RunEntry]) -> list[RunColumn]:
    """All columns for these runs, in display order."""
    network, *rest = FIXED
    differing = [
        _of_hyperparameter(name) for name in differing_hparams(entries) if name != "network"
    ]
    return [STATE, NAME, network, *differing, *rest]


def _of_hyperparameter(name: str) -> RunColumn:
    spec = SPECS[name]
    return RunColumn(
        spec.label,
        max(8, len(spec.label) + 1) + 2,
        lambda entry: spec.format(entry.hyperparameters[name]),
        lambda entry: entry.hyperparameters[name],
        60 if name in ("learning_rate", "optimizer", "batch_size") else 30,
    )


def columns_that_fit(columns: Sequence[RunColumn], width: int) -> list[RunColumn]:
    """The columns of highest priority that fit into ``width`` cells, in display order."""
    kept = sorted(columns, key=lambda column: -column.priority)
    while len(kept) > 1 and LEAD_WIDTH + sum(column.width for column in kept) > width:
        kept.pop()
    return [column for column in columns if column in kept]


def sorted_runs(entries: Sequence[RunEntry], by: RunColumn, *, reverse: bool) -> list[RunEntry]:
    """The runs sorted by a column; those without a value come last in either direction."""
    known = [entry for entry in entries if by.sort_key(entry) is not None]
    unknown = [entry for entry in entries if by.sort_key(entry) is None]
    return sorted(known, key=by.sort_key, reverse=by.descending != reverse) + unknown


def filtered_runs(entries: Sequence[RunEntry], text: str) -> list[RunEntry]:
    """The runs that contain every word of `text` in their name, tags, note, state or settings."""
    words = text.lower().split()
    return [entry for entry in entries if all(word in _search_text(entry) for word in words)]


def _search_text(entry: RunEntry) -> str:
    note, state = entry.note, entry.summary
    values = (f"{name}={SPECS[name].format(v)}" for name, v in entry.hyperparameters.items())
    texts = (note.title, state.name, *note.tags, note.text, state.state, state.dataset, state.host)
    return "\n".join((*texts, entry.network, *values)).lower().replace(", ", ",")


def header(visible: Sequence[RunColumn], width: int, by: RunColumn, arrow: str) -> list[Span]:
    """The header row; the sort column has the arrow."""
    parts: list[Span] = [(" " * LEAD_WIDTH, "dim")]
    for column in visible:
        is_sort_column = column.name == by.name
        label = f"{column.name} {arrow}" if is_sort_column else column.name
        role = "title" if is_sort_column else "dim"
        parts.append((_align(column, label, _width(column, visible, width)), role))
    return parts


def cells(entry: RunEntry, visible: Sequence[RunColumn], width: int) -> list[tuple[RunColumn, str]]:
    """The text of each column for a run, padded to its width."""
    return [
        (column, _align(column, column.format(entry), _width(column, visible, width)))
        for column in visible
    ]


def column_at(visible: Sequence[RunColumn], width: int, x: int) -> RunColumn | None:
    """The column at cell `x` of a row."""
    end = LEAD_WIDTH
    for column in visible:
        end += _width(column, visible, width)
        if LEAD_WIDTH <= x < end:
            return column
    return None


def _width(column: RunColumn, visible: Sequence[RunColumn], width: int) -> int:
    """The width of a column; the name gets the remaining cells."""
    if column is not NAME:
        return column.width
    spare = width - LEAD_WIDTH - sum(other.width for other in visible)
    return min(MAX_NAME_WIDTH, NAME_WIDTH + max(0, spare))


def _align(column: RunColumn, text: str, width: int) -> str:
    if column is NAME or column is STATE:
        return fit(text, width - 1) + " "
    return align_right(text, width - 1) + " " if column.width > 1 else text
