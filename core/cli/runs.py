"""`trainpad runs`: a table of the runs, or one JSON object a line.

A hyperparameter in which the runs differ is a column of its own; empty columns are left out. In a
terminal that is too narrow columns are left out too, whole ones, the least important first.
"""

import dataclasses
import json
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from core.run.durations import duration
from core.run.hparams import flag_value
from core.run.metric_names import greater_is_better, split_of
from core.rundir.entry import RunEntry
from core.rundir.overview import Overview, differing_hparams
from trainpad.text import ELLIPSIS, cells

HEADING: Final = (
    "run", "name", "data", "state", "steps", "best", "last", "time", "since", "where", "project"
)  # fmt: skip
RIGHT_ALIGNED: Final = ("steps", "best", "last", "time")
DROPPED: Final = ("where", "time", "last", "since", "project")
"""Columns that a narrow terminal does without, in this order; then hyperparameters from the end."""
MIN_NAME_WIDTH: Final = 12


def load_entries(overview: Overview) -> list[RunEntry]:
    """Return all runs, oldest first, without damaged ones."""
    entries: list[RunEntry] = []
    while not overview.complete:
        entries = overview.poll()
    return entries[::-1]


def as_json_lines(entries: Sequence[RunEntry]) -> Iterator[str]:
    """Yield one JSON object for each run, in ASCII."""
    for entry in entries:
        yield json.dumps(_values(entry))


def as_table(
    entries: Sequence[RunEntry], width: int = 0, *, newest_first: bool = False
) -> Iterator[str]:
    """Yield a heading and a line for each run, at most `width` cells wide unless that is 0."""
    names = differing_hparams(entries)
    rows = [_row(entry, names) for entry in (reversed(entries) if newest_first else entries)]
    heading = (*HEADING, *names)
    columns = [column for column in zip(heading, *rows, strict=True) if any(column[1:])]
    if width:
        columns = _narrowed(columns, [*DROPPED, *reversed(names), "data"], width)
    widths = [max(map(cells, column)) for column in columns]
    for row in zip(*columns, strict=True):
        texts = (
            _pad(cell, room, left=column[0] in RIGHT_ALIGNED)
            for cell, room, column in zip(row, widths, columns, strict=True)
        )
        line = "  ".join(texts).rstrip()
        yield _truncate(line, width) if width else line


Column = tuple[str, ...]
"""The heading of a column, and its cell in each row."""


def _narrowed(columns: list[Column], drop: Sequence[str], width: int) -> list[Column]:
    """Truncate the names, then leave out the columns called `drop`, until `width` is enough."""
    for name in ("", *drop):
        columns = [column for column in columns if column[0] != name]
        for shown in (columns, _with_short_names(columns, _total(columns) - width)):
            if _total(shown) <= width:
                return shown
    return shown


def _total(columns: Sequence[Column]) -> int:
    return sum(max(map(cells, column)) + 2 for column in columns) - 2


def _with_short_names(columns: Sequence[Column], excess: int) -> list[Column]:
    return [_shortened(column, excess) if column[0] == "name" else column for column in columns]


def _shortened(column: Column, excess: int) -> Column:
    room = max(MIN_NAME_WIDTH, max(map(cells, column)) - excess)
    return tuple(_truncate(cell, room) for cell in column)


def _pad(text: str, room: int, *, left: bool) -> str:
    blank = " " * (room - cells(text))
    return blank + text if left else text + blank


def _truncate(text: str, room: int) -> str:
    """Return `text` in at most `room` cells; an ellipsis marks what is left out."""
    if cells(text) <= room:
        return text
    while text and cells(text) >= room:
        text = text[:-1]
    return text + ELLIPSIS


def _row(entry: RunEntry, names: Sequence[str]) -> tuple[str, ...]:
    state, note = entry.summary, entry.note
    where = f"{entry.owner}@{state.host}:{state.pid}" if state.is_live else state.host
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(state.since)) if state.since else ""
    values = entry.hyperparameters
    return (
        state.name,
        " ".join([note.title, *(f"#{tag}" for tag in note.tags)]).strip(),
        state.dataset,
        state.state,
        f"{state.steps:,}",
        _accuracy(state.best),
        _accuracy(_score(entry) if state.is_attached else entry.last_accuracy),
        duration(entry.seconds, "clock"),
        since,
        where,
        state.project if state.is_attached else "",
        *("" if state.is_attached else flag_value(values[name]) for name in names),
    )


def _score(entry: RunEntry) -> float | None:
    """The last accuracy or the like of an attached run, on validation where there is one."""
    scores = {
        name: found.last
        for name, found in entry.values.metrics.items()
        if greater_is_better(name) and not math.isnan(found.last)
    }
    name = min(scores, key=lambda name: split_of(name) != "validation", default=None)
    return None if name is None else scores[name]


def _accuracy(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _values(entry: RunEntry) -> dict[str, Any]:
    return {
        **dataclasses.asdict(entry.summary),
        "last": entry.last_accuracy,
        "seconds": entry.seconds,
        "created": entry.created,
        "owner": entry.owner,
        "network": entry.network,
        "hyperparameters": {} if entry.summary.is_attached else dict(entry.hyperparameters),
        "title": entry.note.title,
        "tags": list(entry.note.tags),
        "note": entry.note.text,
    }
