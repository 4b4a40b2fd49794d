"""The formats of attached runs: their numbers, which may have any names, as CSV and JSON.

Of the program's network trainpad knows nothing: what needs it is refused with a sentence.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.export.export import Export
from core.export.tables import as_csv
from core.run.events import json_safe
from core.run.metric_names import is_loss
from core.rundir.json_tail import JsonTail
from core.rundir.metrics import MetricRow, metrics_of, read_metrics, why_unreadable
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from core.rundir.validation import sanitized_info
from trainpad.errors import RunError

"""What the name of a loss contains."""
RECORDED = ("changed", "evaluated", "noted", "warned", "alert", "epoch", "finished", "failed")
"""The events that JSON has."""


def all_numbers(export: Export) -> bytes:
    """Return a row of CSV for each step: step, Unix time, a column for each name."""
    rows = _by_step(_rows(export))
    names = list(metrics_of(rows))
    table = ([row.step, row.time, *_cells(row, names)] for row in rows)
    return as_csv(["step", "time", *names], table)


def losses(export: Export) -> bytes:
    """Return a row of CSV for each step that has a loss: the step, a column for each loss.

    Raises:
        RunError: no number is a loss, by its name.
    """
    rows = _rows(export)
    known = list(metrics_of(rows))
    if not (names := [name for name in known if is_loss(name)]):
        raise RunError(
            f"{export.directory.name} has no number called loss; --csv has: {', '.join(known[:8])}"
        )
    with_loss = (row for row in rows if not row.values.keys().isdisjoint(names))
    table = ([row.step, *_cells(row, names)] for row in with_loss)
    return as_csv(["step", *names], table)


def _rows(export: Export) -> list[MetricRow]:
    """Return the numbers of a run.

    Raises:
        RunError: there are none, or they cannot be read.
    """
    run = export.directory
    if rows := read_metrics(run):
        return rows
    if why := why_unreadable(run.metrics):
        raise RunError(f"{run.metrics} cannot be read: {why}")
    raise RunError(f"{run.name} has logged no numbers yet")


def _by_step(rows: Sequence[MetricRow]) -> list[MetricRow]:
    """Join the rows of each step, at the time of the first; a name that recurs begins another row.

    A program may log the numbers of training and those of validation in calls of their own.
    """
    joined: list[MetricRow] = []
    places: dict[int, int] = {}
    """The index of the last row of each step."""
    for row in rows:
        place = places.get(row.step)
        if place is not None and joined[place].values.keys().isdisjoint(row.values):
            first = joined[place]
            joined[place] = MetricRow(row.step, first.time, {**first.values, **row.values})
        else:
            places[row.step] = len(joined)
            joined.append(row)
    return joined


def _cells(row: MetricRow, names: Sequence[str]) -> list[float | str]:
    """Return the numbers of a row by these names; empty where it has none."""
    return [row.values.get(name, "") for name in names]


def as_json(export: Export) -> bytes:
    """Return what the run is, its events, and every number; NaN and infinities are strings."""
    run, note = export.directory, export.note
    summary, info = read_status(run), sanitized_info(run.info())
    values = {
        "run": {key: info[key] for key in info if key not in ("dataset", "hyperparameters")},
        "directory": str(run.path),
        "title": note.title,
        "tags": list(note.tags),
        "note": note.text,
        "state": summary.state,
        "steps": summary.steps,
        "metrics": {name: asdict(m) for name, m in metrics_of(read_metrics(run)).items()},
        "events": list(_events(run)),
    }
    return (json.dumps(json_safe(values), allow_nan=False) + "\n").encode()


def _events(run: RunDir) -> Iterator[Mapping[str, Any]]:
    lines = JsonTail(run.events)
    while found := lines.poll():
        yield from (event for event in found if event.get("event") in RECORDED)


def check_kinds(exports: Sequence[Export]) -> None:
    """Check that all of these are attached runs, so that one picture can have them.

    Raises:
        RunError: one of them is a run of trainpad's own.
    """
    if ours := [export.directory.name for export in exports if not export.run.is_attached]:
        raise RunError(f"{ours[0]} is a run of trainpad's own; plot it without attached ones")
