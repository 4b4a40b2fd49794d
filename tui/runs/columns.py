"""A column of the runs table, the fixed ones, and how columns share the width of a screen.

On a narrow screen the columns of the lowest priority are dropped; the name never is.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.run.durations import duration
from core.rundir.entry import RunEntry
from core.rundir.groups import RunGroup, Spread, spread_of
from tui.chart.legend import format_value
from tui.widgets.text_widget import Span, align_right, fit

NAME_WIDTH = 22
"""Minimum cells for a run's name: those of ``20261123-101502-128x32``."""
LEAD_WIDTH = 4
"""Cells before the first column: the pointer, and the letter of a marked run."""
MAX_NAME_WIDTH = 44
"""Maximum cells for a run's name."""
MAX_NETWORK_WIDTH = 32
"""Maximum cells for the layers of a network."""
MAX_WIDTH = 24
"""Maximum cells of any other column."""
SPREAD_WIDTH = 7
"""Cells that a spread takes beside a mean."""
MIXED = "mixed"
"""The state of a group of runs that have several."""
NONE = "–"
"""In place of a value that a run does not have."""
Row = RunEntry | RunGroup
"""A row of the table: a run, or a group of runs."""


def format_spread(spread: Spread) -> str:
    """Mean and standard deviation: ``0.6000 ±0.14``; the mean alone of one value."""
    if spread.count < 2:
        return format_value(spread.mean)
    return f"{format_value(spread.mean)} ±{spread.deviation:.2g}"


def format_steps(spread: Spread) -> str:
    """Mean and standard deviation of steps as whole numbers: ``1,078 ±12``."""
    deviation = f" ±{spread.deviation:,.0f}" if spread.count > 1 else ""
    return f"{spread.mean:,.0f}{deviation}"


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
    number: Callable[[RunEntry], float | None] = field(default=lambda _entry: None)
    """Its value as a number, of which a group has mean and spread; None if it is none."""
    id: str = ""
    """What it is called in the settings, and in the list of columns to choose from."""
    format_spread: Callable[[Spread], str] = field(default=format_spread)
    """The text of the mean and spread of a group's numbers."""

    def text(self, row: Row) -> str:
        """The text of its cell: a run's value, or what the runs of a group have in common."""
        if isinstance(row, RunEntry):
            return self.format(row)
        if self.id == NAME.id and len(row.entries) > 1:
            return f"{len(row.entries)} × {row.name}"
        texts = dict.fromkeys(map(self.format, row.entries))
        if len(texts) == 1:
            return next(iter(texts))
        if self.id == "state":
            return MIXED
        spread = spread_of(map(self.number, row.entries))
        return f"{len(texts)} values" if spread is None else self.format_spread(spread)


def format_accuracy(value: float | None) -> str:
    """An accuracy with four decimals; a dash for None."""
    return NONE if value is None else f"{value:.4f}"


def format_time(timestamp: float) -> str:
    """A timestamp as day and time, in the local time zone."""
    return time.strftime("%d %b %H:%M", time.localtime(timestamp))


NAME = RunColumn("name", NAME_WIDTH, lambda e: e.title, lambda e: e.title.lower(), 99, id="name")
STATE = RunColumn("state", 9, lambda e: e.summary.state, lambda e: e.summary.state, 95, id="state")
PROJECT = RunColumn(
    "project", 14, lambda e: e.project or "trainpad", lambda e: e.project, 65, id="project"
)
NETWORK = RunColumn(
    "network", 12, lambda e: NONE if e.project else e.network,
    lambda e: None if e.project else e.hyperparameters["network"], 50, id="network",
)  # fmt: skip
STEPS = RunColumn(
    "steps", 11, lambda e: f"{e.summary.steps:,}", lambda e: e.summary.steps, 80, True,
    lambda e: e.summary.steps, "steps", format_steps,
)  # fmt: skip
BEST = RunColumn(
    "best", 8, lambda e: format_accuracy(e.accuracies[0]), lambda e: e.accuracies[0], 90, True,
    lambda e: e.accuracies[0], "best",
)  # fmt: skip
LAST = RunColumn(
    "last", 8, lambda e: format_accuracy(e.accuracies[1]), lambda e: e.accuracies[1], 70, True,
    lambda e: e.accuracies[1], "last",
)  # fmt: skip
TIME = RunColumn(
    "time", 13, lambda e: duration(e.seconds), lambda e: e.seconds, 45, True,
    lambda e: e.seconds, "time", lambda spread: duration(spread.mean),
)  # fmt: skip
STARTED = RunColumn(
    "started", 15, lambda e: format_time(e.created), lambda e: e.created, 40, True, id="started"
)
TAGS = RunColumn(
    "tags", 16, lambda e: " ".join(e.note.tags), lambda e: " ".join(e.note.tags) or None, 20,
    id="tags",
)  # fmt: skip


def columns_that_fit(columns: Sequence[RunColumn], width: int) -> list[RunColumn]:
    """The columns of highest priority that fit into ``width`` cells, in display order."""
    kept = sorted(columns, key=lambda column: -column.priority)
    while len(kept) > 1 and LEAD_WIDTH + sum(column.width for column in kept) > width:
        kept.pop()
    return [column for column in columns if column in kept]


def sorted_rows(rows: Sequence[Row], by: RunColumn, *, reverse: bool) -> list[Row]:
    """The rows sorted by a column; those without a value come last in either direction."""
    keys = {id(row): _key(row, by) for row in rows}
    known = [row for row in rows if keys[id(row)] is not None]
    unknown = [row for row in rows if keys[id(row)] is None]
    return sorted(known, key=lambda row: keys[id(row)], reverse=by.descending != reverse) + unknown


def _key(row: Row, by: RunColumn) -> Any:
    """What a row is sorted by: a run's value; of a group its name or mean, or its first run's."""
    if isinstance(row, RunEntry):
        return by.sort_key(row)
    if by.id == NAME.id:
        return row.name.lower()
    spread = spread_of(map(by.number, row.entries))
    if spread is not None and isinstance(by.sort_key(row.first), int | float):
        return spread.mean
    return by.sort_key(row.first)


def header(visible: Sequence[RunColumn], width: int, by: RunColumn, arrow: str) -> list[Span]:
    """The header row; the sort column has the arrow."""
    parts: list[Span] = [(" " * LEAD_WIDTH, "dim")]
    for column in visible:
        is_sort_column = column.name == by.name
        label = f"{column.name} {arrow}" if is_sort_column else column.name
        role = "title" if is_sort_column else "dim"
        parts.append((_align(column, label, _width(column, visible, width)), role))
    return parts


def cells(row: Row, visible: Sequence[RunColumn], width: int) -> list[tuple[RunColumn, str]]:
    """The text of each column for a row, padded to its width."""
    return [
        (column, _align(column, column.text(row), _width(column, visible, width)))
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
    """The width of a column; the name gets the remaining cells, and the network those it leaves."""
    spare = max(0, width - LEAD_WIDTH - sum(other.width for other in visible))
    name = min(MAX_NAME_WIDTH, NAME_WIDTH + spare)
    if column.id == NAME.id:
        return name
    if column.id == NETWORK.id:
        return min(MAX_NETWORK_WIDTH, column.width + spare - (name - NAME_WIDTH))
    return column.width


def _align(column: RunColumn, text: str, width: int) -> str:
    if column.id in (NAME.id, STATE.id, PROJECT.id, TAGS.id):
        return fit(text, width - 1) + " "
    return align_right(text, width - 1) + " " if column.width > 1 else text
