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
from core.run.events import json_safe
from core.run.hparams import SPECS, flag_value
from core.rundir.entry import RunEntry
from core.rundir.overview import MAX_SETTINGS, Overview, differing_hparams, differing_settings
from trainpad.text import ELLIPSIS, cells, sanitize

HEADING: Final = (
    "run", "name", "data", "state", "steps", "best", "last", "metric", "time", "since", "where",
    "project",
)  # fmt: skip
RIGHT_ALIGNED: Final = ("steps", "best", "last", "time")
DROPPED: Final = ("where", "time", "last", "since", "metric", "project")
"""Columns that a narrow terminal does without, in this order; then hyperparameters from the end."""
MIN_NAME_WIDTH: Final = 12
MAX_CELL: Final = 28
"""Cells of a metric, of a setting and of its value in a terminal."""


READING, READING_ALL = 1.0, 60.0
"""Seconds for which the numbers of runs are read at most, where a person waits and elsewhere."""


def load_entries(overview: Overview, seconds: float = READING_ALL) -> list[RunEntry]:
    """Return all runs, oldest first, without damaged ones.

    Args:
        overview: The runs of a folder.
        seconds: How long their numbers are read at most: the best ones may be in long files.
    """
    entries: list[RunEntry] = []
    end = time.monotonic() + seconds
    while not overview.complete or (overview.pending and time.monotonic() < end):
        entries = overview.poll()
    return entries[::-1]


def as_json_lines(entries: Sequence[RunEntry]) -> Iterator[str]:
    """Yield one JSON object for each run, in ASCII."""
    for entry in entries:
        yield json.dumps(json_safe(_values(entry)), allow_nan=False)


def as_table(
    entries: Sequence[RunEntry], width: int = 0, *, newest_first: bool = False
) -> Iterator[str]:
    """Yield a heading and a line for each run, at most `width` cells wide unless that is 0."""
    names = [*dict.fromkeys([*differing_hparams(entries), *_settings_of_projects(entries)])]
    rows = [_row(entry, names) for entry in (reversed(entries) if newest_first else entries)]
    heading = (*HEADING, *names)
    columns = [column for column in zip(heading, *rows, strict=True) if any(column[1:])]
    if width:
        long = {"metric", *names}
        columns = [
            tuple(_elided(cell, MAX_CELL) for cell in column) if column[0] in long else column
            for column in columns
        ]
        settings = [_elided(name, MAX_CELL) for name in reversed(names)]
        columns = _narrowed(columns, [*DROPPED, *settings, "data"], width)
    widths = [max(map(cells, column)) for column in columns]
    for row in zip(*columns, strict=True):
        texts = (
            _pad(cell, room, left=column[0] in RIGHT_ALIGNED)
            for cell, room, column in zip(row, widths, columns, strict=True)
        )
        line = "  ".join(texts).rstrip()
        yield _truncate(line, width) if width else line


def _settings_of_projects(entries: Sequence[RunEntry]) -> list[str]:
    """The settings in which attached runs of one project differ; projects have others anyway."""
    projects: dict[str, list[RunEntry]] = {}
    for entry in entries:
        if entry.summary.is_attached:
            projects.setdefault(entry.project, []).append(entry)
    found = dict.fromkeys(name for runs in projects.values() for name in differing_settings(runs))
    return list(found)[:MAX_SETTINGS]


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


def _elided(text: str, room: int) -> str:
    """Return `text` in at most `room` cells, without its middle: names differ at their ends."""
    if cells(text) <= room:
        return text
    begin, end = len(text) // 2, len(text) // 2
    while cells(text[:begin]) + cells(text[end:]) >= room:
        begin, end = (begin - 1, end) if begin > len(text) - end else (begin, end + 1)
    return text[:begin] + ELLIPSIS + text[end:]


def _row(entry: RunEntry, names: Sequence[str]) -> tuple[str, ...]:
    state, note = entry.summary, entry.note
    where = f"{entry.owner}@{state.host}:{state.pid}" if state.is_live else state.host
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(state.since)) if state.since else ""
    best, last, metric = _scores(entry)
    return (
        state.name,
        " ".join([note.title, *(f"#{tag}" for tag in note.tags)]).strip(),
        state.dataset,
        state.state,
        f"{state.steps:,}",
        _number(best),
        _number(last),
        metric,
        duration(entry.seconds, "clock"),
        since,
        where,
        state.project if state.is_attached else "",
        *(_setting(entry, name) for name in names),
    )


def _setting(entry: RunEntry, name: str) -> str:
    """A hyperparameter of ours as its flag takes it, or a setting of an attached run."""
    if entry.summary.is_own:
        return flag_value(entry.hyperparameters[name]) if name in SPECS else ""
    value = entry.values.settings.get(name, "")
    return f"{value:.6g}" if isinstance(value, float) else sanitize(str(value), limit=80)


def _scores(entry: RunEntry) -> tuple[float | None, float | None, str]:
    """The best and the last value of the metric that counts, and its name; of ours no name."""
    name = entry.values.main if entry.summary.is_attached else ""
    if not name:
        return entry.summary.best, entry.last_accuracy, ""
    found = entry.values.metrics[name]
    best = found.best(name)
    return None if math.isnan(best) else best, found.last, name


def _number(value: float | None) -> str:
    if value is None:
        return ""
    is_plain = not value or 1e-3 <= abs(value) < 1e5
    return f"{value:.4f}" if is_plain else f"{value:.4g}"


def _values(entry: RunEntry) -> dict[str, Any]:
    best, last, metric = _scores(entry)
    settings = entry.values.settings if entry.summary.is_attached else entry.hyperparameters
    return {
        **dataclasses.asdict(entry.summary),
        "best": best,
        "last": last,
        "metric": metric,
        "seconds": entry.seconds,
        "created": entry.created,
        "owner": entry.owner,
        "network": entry.network,
        "hyperparameters": dict(settings),
        "title": entry.note.title,
        "tags": list(entry.note.tags),
        "note": entry.note.text,
    }
