"""The table of runs as text: which columns fit, in what order the rows stand, which are left out.

The columns beside the fixed ones are the hyperparameters in which the shown runs differ. On a
narrow screen columns give way by their worth; the name never does.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.run.hparams import DECLARED
from core.rundir.overview import Entry, differences
from tui.widgets.text_widget import Part, duration, fit, right

NAME_WIDTH = 22
"""Cells that a run's name gets at least: those of ``20261123-101502-128x32``."""
LEAD = 4
"""Cells before the name: the pointer, and the letter of a marked run."""
LONGEST = 44
"""Cells that a name gets at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called, what it shows, and by what it sorts."""

    name: str
    width: int
    show: Callable[[Entry], str]
    key: Callable[[Entry], Any]
    worth: int
    """Columns of less worth give way first."""
    downward: bool = False
    """Whether the greatest comes first."""


def precision(value: float | None) -> str:
    """A precision as evaluations show it; a dash for none."""
    return "–" if value is None else f"{value:.4f}"


def when(stamp: float) -> str:
    """Day and time of a moment, by the clock here."""
    return time.strftime("%d %b %H:%M", time.localtime(stamp))


NAME = Column("name", NAME_WIDTH, lambda e: e.title, lambda e: e.title.lower(), 99)
STATE = Column("state", 9, lambda e: e.state.state, lambda e: e.state.state, 95)
STARTED = Column("started", 15, lambda e: when(e.created), lambda e: e.created, 40, downward=True)
FIXED = (
    Column("network", 12, lambda e: e.network, lambda e: e.hyperparameters["hidden"], 50),
    Column("steps", 11, lambda e: f"{e.state.steps:,}", lambda e: e.state.steps, 80, True),
    Column("best", 8, lambda e: precision(e.state.best), lambda e: e.state.best, 90, True),
    Column("last", 8, lambda e: precision(e.last), lambda e: e.last, 70, True),
    Column("time", 13, lambda e: duration(e.seconds), lambda e: e.seconds, 45, True),
    STARTED,
)


def columns(entries: Sequence[Entry]) -> list[Column]:
    """All columns for these runs, wide or not, in their order."""
    network, *rest = FIXED
    differing = [_of_hyperparameter(name) for name in differences(entries) if name != "hidden"]
    return [STATE, NAME, network, *differing, *rest]


def _of_hyperparameter(name: str) -> Column:
    declared = DECLARED[name]
    return Column(
        declared.label,
        max(8, len(declared.label) + 1) + 2,
        lambda entry: declared.show(entry.hyperparameters[name]),
        lambda entry: entry.hyperparameters[name],
        60 if name in ("learning_rate", "optimizer", "batch_size") else 30,
    )


def fitting(given: Sequence[Column], width: int) -> list[Column]:
    """Those of these columns that fit into so many cells, in their order."""
    kept = sorted(given, key=lambda column: -column.worth)
    while len(kept) > 1 and LEAD + sum(column.width for column in kept) > width:
        kept.pop()
    return [column for column in given if column in kept]


def ordered(entries: Sequence[Entry], by: Column, *, backward: bool) -> list[Entry]:
    """These runs in the order of a column; those without a value come last either way."""
    known = [entry for entry in entries if by.key(entry) is not None]
    unknown = [entry for entry in entries if by.key(entry) is None]
    return sorted(known, key=by.key, reverse=by.downward != backward) + unknown


def matching(entries: Sequence[Entry], text: str) -> list[Entry]:
    """The runs that have every word of `text` in something that is known of them."""
    words = text.lower().split()
    return [entry for entry in entries if all(word in _searched(entry) for word in words)]


def _searched(entry: Entry) -> str:
    note, state = entry.note, entry.state
    values = (f"{name}={DECLARED[name].show(v)}" for name, v in entry.hyperparameters.items())
    texts = (note.title, state.name, *note.tags, note.text, state.state, state.dataset, state.host)
    return "\n".join((*texts, entry.network, *values)).lower().replace(", ", ",")


def head(given: Sequence[Column], width: int, by: Column, arrow: str) -> list[Part]:
    """The row of the columns' names; the one that the runs are sorted by has the arrow."""
    parts: list[Part] = [(" " * LEAD, "dim")]
    for column in given:
        sorts = column.name == by.name
        label = f"{column.name} {arrow}" if sorts else column.name
        role = "title" if sorts else "dim"
        parts.append((_placed(column, label, _width(column, given, width)), role))
    return parts


def cells(entry: Entry, given: Sequence[Column], width: int) -> list[tuple[Column, str]]:
    """What each column shows of a run, in exactly its cells."""
    return [
        (column, _placed(column, column.show(entry), _width(column, given, width)))
        for column in given
    ]


def column_at(given: Sequence[Column], width: int, x: int) -> Column | None:
    """The column that cell `x` of a row belongs to."""
    end = LEAD
    for column in given:
        end += _width(column, given, width)
        if LEAD <= x < end:
            return column
    return None


def _width(column: Column, given: Sequence[Column], width: int) -> int:
    """The cells of a column; the name has what the others leave."""
    if column is not NAME:
        return column.width
    spare = width - LEAD - sum(other.width for other in given)
    return min(LONGEST, NAME_WIDTH + max(0, spare))


def _placed(column: Column, text: str, width: int) -> str:
    if column is NAME or column is STATE:
        return fit(text, width - 1) + " "
    return right(text, width - 1) + " " if column.width > 1 else text
