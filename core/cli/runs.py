"""`trainpad runs`: a table of the runs, oldest first, or one JSON object a line.

The newest run is at the bottom, next to the prompt. Only hyperparameters that differ between runs
are shown, and empty columns are left out.
"""

import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from core.run.durations import duration
from core.rundir.overview import Overview, RunEntry, differing_hparams
from trainpad.text import ELLIPSIS, cells

HEADING: Final = (
    "run", "state", "steps", "best", "last", "time", "where", "since", "differs", "named"
)  # fmt: skip
RIGHT_ALIGNED: Final = ("steps", "best", "last", "time")
MIN_WIDTHS: Final = {"differs": 16, "named": 16, "where": 8}
"""Columns that are truncated in a narrow terminal, in this order, and their minimum width."""


def load_entries(log_dir: Path) -> list[RunEntry]:
    """Return the runs below a folder, oldest first; damaged ones are left out."""
    overview, entries = Overview(log_dir), list[RunEntry]()
    while not overview.complete:
        entries = overview.poll()
    return entries[::-1]


def as_json_lines(entries: Sequence[RunEntry]) -> Iterator[str]:
    """Yield one JSON object for each run, in ASCII."""
    for entry in entries:
        yield json.dumps(_values(entry))


def as_table(entries: Sequence[RunEntry], width: int = 0) -> Iterator[str]:
    """Yield a heading and a line for each run, at most `width` cells wide unless that is 0."""
    names = differing_hparams(entries)
    columns = list(zip(HEADING, *(_row(entry, names) for entry in entries), strict=True))
    shown = [column for column in columns if any(column[1:])]
    widths = [max(map(cells, column)) for column in shown]
    if width:
        _narrow([column[0] for column in shown], widths, width)
    for row in zip(*shown, strict=True):
        texts = (
            _pad(_truncate(cell, room), room, left=column[0] in RIGHT_ALIGNED)
            for cell, room, column in zip(row, widths, shown, strict=True)
        )
        line = "  ".join(texts).rstrip()
        yield _truncate(line, width) if width else line


def _narrow(names: Sequence[str], widths: list[int], width: int) -> None:
    """Narrow the columns of `MIN_WIDTHS` until the table fits into `width` cells."""
    for name, least in MIN_WIDTHS.items():
        excess = sum(widths) + 2 * (len(widths) - 1) - width
        if name in names and excess > 0:
            index = names.index(name)
            widths[index] = max(min(least, widths[index]), widths[index] - excess)


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
    return (
        state.name,
        state.state,
        f"{state.steps:,}",
        _accuracy(state.best),
        _accuracy(entry.last_accuracy),
        duration(entry.seconds, "clock"),
        where,
        since,
        _differences(entry, names),
        " ".join([note.title, *(f"#{tag}" for tag in note.tags)]).strip(),
    )


def _differences(entry: RunEntry, names: Sequence[str]) -> str:
    """Return the hyperparameters in which the runs differ; an attached run's project."""
    if entry.summary.is_attached:
        return f"project={entry.summary.project}"
    return " ".join(f"{name}={_flag_value(entry.hyperparameters[name])}" for name in names)


def _accuracy(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _flag_value(value: object) -> str:
    """Return a hyperparameter as its flag takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


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
