"""The table of runs as text: which columns fit, in what order the rows stand, which are left out.

The columns beside the fixed ones are the hyperparameters in which the shown runs differ. On a
narrow screen columns give way by their worth; the name never does.
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
"""Cells that a run's name gets at least: those of ``20261123-101502-128x32``."""
LEAD_WIDTH = 4
"""Cells before the name: the pointer, and the letter of a marked run."""
MAX_NAME_WIDTH = 44
"""Cells that a name gets at most."""


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One column: what it is called, what it shows, and by what it sorts."""

    name: str
    width: int
    format: Callable[[RunEntry], str]
    sort_key: Callable[[RunEntry], Any]
    priority: int
    """Columns of less worth give way first."""
    descending: bool = False
    """Whether the greatest comes first."""


def format_accuracy(value: float | None) -> str:
    """A precision as evaluations show it; a dash for none."""
    return "–" if value is None else f"{value:.4f}"


def format_time(stamp: float) -> str:
    """Day and time of a moment, by the clock here."""
    return time.strftime("%d %b %H:%M", time.localtime(stamp))


NAME = RunColumn("name", NAME_WIDTH, lambda e: e.title, lambda e: e.title.lower(), 99)
STATE = RunColumn("state", 9, lambda e: e.summary.state, lambda e: e.summary.state, 95)
STARTED = RunColumn(
    "started", 15, lambda e: format_time(e.created), lambda e: e.created, 40, descending=True
)
FIXED = (
    RunColumn("network", 12, lambda e: e.network, lambda e: e.hyperparameters["hidden"], 50),
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
    """All columns for these runs, wide or not, in their order."""
    network, *rest = FIXED
    differing = [
        _of_hyperparameter(name) for name in differing_hparams(entries) if name != "hidden"
    ]
    return [STATE, NAME, network, *differing, *rest]


def _of_hyperparameter(name: str) -> RunColumn:
    declared = SPECS[name]
    return RunColumn(
        declared.label,
        max(8, len(declared.label) + 1) + 2,
        lambda entry: declared.format(entry.hyperparameters[name]),
        lambda entry: entry.hyperparameters[name],
        60 if name in ("learning_rate", "optimizer", "batch_size") else 30,
    )


def columns_that_fit(given: Sequence[RunColumn], width: int) -> list[RunColumn]:
    """Those of these columns that fit into so many cells, in their order."""
    kept = sorted(given, key=lambda column: -column.priority)
    while len(kept) > 1 and LEAD_WIDTH + sum(column.width for column in kept) > width:
        kept.pop()
    return [column for column in given if column in kept]


def sorted_runs(entries: Sequence[RunEntry], by: RunColumn, *, reverse: bool) -> list[RunEntry]:
    """These runs in the order of a column; those without a value come last either way."""
    known = [entry for entry in entries if by.sort_key(entry) is not None]
    unknown = [entry for entry in entries if by.sort_key(entry) is None]
    return sorted(known, key=by.sort_key, reverse=by.descending != reverse) + unknown


def filtered_runs(entries: Sequence[RunEntry], text: str) -> list[RunEntry]:
    """The runs that have every word of `text` in something that is known of them."""
    words = text.lower().split()
    return [entry for entry in entries if all(word in _search_text(entry) for word in words)]


def _search_text(entry: RunEntry) -> str:
    note, state = entry.note, entry.summary
    values = (f"{name}={SPECS[name].format(v)}" for name, v in entry.hyperparameters.items())
    texts = (note.title, state.name, *note.tags, note.text, state.state, state.dataset, state.host)
    return "\n".join((*texts, entry.network, *values)).lower().replace(", ", ",")


def header(given: Sequence[RunColumn], width: int, by: RunColumn, arrow: str) -> list[Span]:
    """The row of the columns' names; the one that the runs are sorted by has the arrow."""
    parts: list[Span] = [(" " * LEAD_WIDTH, "dim")]
    for column in given:
        sorts = column.name == by.name
        label = f"{column.name} {arrow}" if sorts else column.name
        role = "title" if sorts else "dim"
        parts.append((_align(column, label, _width(column, given, width)), role))
    return parts


def cells(entry: RunEntry, given: Sequence[RunColumn], width: int) -> list[tuple[RunColumn, str]]:
    """What each column shows of a run, in exactly its cells."""
    return [
        (column, _align(column, column.format(entry), _width(column, given, width)))
        for column in given
    ]


def column_at(given: Sequence[RunColumn], width: int, x: int) -> RunColumn | None:
    """The column that cell `x` of a row belongs to."""
    end = LEAD_WIDTH
    for column in given:
        end += _width(column, given, width)
        if LEAD_WIDTH <= x < end:
            return column
    return None


def _width(column: RunColumn, given: Sequence[RunColumn], width: int) -> int:
    """The cells of a column; the name has what the others leave."""
    if column is not NAME:
        return column.width
    spare = width - LEAD_WIDTH - sum(other.width for other in given)
    return min(MAX_NAME_WIDTH, NAME_WIDTH + max(0, spare))


def _align(column: RunColumn, text: str, width: int) -> str:
    if column is NAME or column is STATE:
        return fit(text, width - 1) + " "
    return align_right(text, width - 1) + " " if column.width > 1 else text
