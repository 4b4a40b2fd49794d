"""The trials of a study as a table, as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from core.sweep.plan import best_command
from core.sweep.study import Study, best_first, importances
from core.sweep.trials import End
from trainpad.errors import UserError
from trainpad.text import sanitize, sanitize_name

STATES = {
    TrialState.RUNNING: "training",
    TrialState.WAITING: "queued",
    TrialState.COMPLETE: str(End.COMPLETE),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One trial."""

    number: int
    state: str
    """``queued``, ``training``, ``complete``, ``pruned``, ``stopped``, ``diverged``, ``failed``
    or ``lost``."""
    value: float | None
    """The goal's value: of a complete trial the final one, else the last that is known."""
    step: int
    """The last step at which the goal's value is known; -1 where it is not."""
    seconds: float
    params: dict[str, Any]
    run: str
    why: str
    curve: Sequence[tuple[int, float]] = ()
    """The goal's values by step."""
    started: float = 0.0
    """When it began, Unix time in seconds; 0 while it is queued."""
    ended: float = 0.0
    """When it ended; 0 before."""


def rows_of(trials: Sequence[FrozenTrial]) -> list[Row]:
    """The trials, in their order."""
    return [_row(trial) for trial in trials]


def _row(trial: FrozenTrial) -> Row:
    known = trial.intermediate_values
    step = max(known, default=-1)
    value = trial.value if trial.state is TrialState.COMPLETE else known.get(step)
    attributes = trial.user_attrs
    end = sanitize(str(attributes.get("end", End.FAILED)), limit=20)
    params = trial.params or trial.system_attrs.get("fixed_params", {})
    return Row(
        trial.number,
        STATES.get(trial.state, end),
        value,
        step,
        trial.duration.total_seconds() if trial.duration else 0.0,
        {sanitize_name(name): one for name, one in params.items()},
        sanitize(str(attributes.get("run", "")), limit=80),
        sanitize(str(attributes.get("why", "")), limit=200),
        tuple(sorted(known.items())),
        trial.datetime_start.timestamp() if trial.datetime_start else 0.0,
        trial.datetime_complete.timestamp() if trial.datetime_complete else 0.0,
    )


def as_table(study: Study) -> Iterator[str]:
    """The lines of a table, the best trials first."""
    trials = study.trials()
    best = [one.number for one in best_first(study, trials)]
    order = {number: place for place, number in enumerate(best)}
    trials = sorted(trials, key=lambda one: order.get(one.number, len(order) + one.number))
    names = list(study.description.space.dimensions)
    header = ["trial", "state", study.goal.metric, *names, "seconds"]
    lines = [header, *(_cells(row, names) for row in rows_of(trials))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    value = "" if row.value is None else f"{row.value:.5g}"
    params = [_short(row.params.get(name, "")) for name in names]
    return [str(row.number), row.state, value, *params, f"{row.seconds:.0f}" if row.seconds else ""]


def _short(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else sanitize(str(value), limit=40)


def as_json_lines(study: Study) -> Iterator[str]:
    """One JSON object a trial."""
    for row in rows_of(study.trials()):
        yield json.dumps(asdict(row))


def best_command_of(study: Study) -> str:
    """The command line that trains with the best trial's setting.

    Raises:
        UserError: no trial is complete.
    """
    best = best_first(study, study.trials())
    if not best:
        raise UserError("no trial is complete yet")
    return best_command(study.description, best[0].params)


def as_importance(study: Study) -> Iterator[str]:
    """A line for each hyperparameter, the most important first.

    Raises:
        RunError: too few trials are complete, or all have the same value.
    """
    for name, share in importances(study).items():
        yield f"{share:6.1%}  {name}"


def as_csv(study: Study) -> str:
    """A row for each trial, with a column for each hyperparameter."""
    names = list(study.description.space.dimensions)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["trial", "state", "value", "step", "seconds", "run", *names])
    for row in rows_of(study.trials()):
        params = [row.params.get(name, "") for name in names]
        value = "" if row.value is None else row.value
        writer.writerow([row.number, row.state, value, row.step, row.seconds, row.run, *params])
    return out.getvalue()
