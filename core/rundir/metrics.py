"""The numbers of an attached run, all of them, as `metrics.jsonl` has them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.rundir.metric_lines import ABOUT, rows
from core.rundir.metric_tail import LineChunks
from core.rundir.rundir import RunDir
from core.rundir.validation import MAX_COUNT, as_number
from trainpad.errors import RunError
from trainpad.files import NotPlainError, read_plain, size_of
from trainpad.text import sanitize_name

MAX_BYTES: Final = 1 << 30
"""A larger file is refused."""
BEGINNING: Final = 64 * 1024
"""How many bytes tell whether a file has lines of numbers."""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """What was logged at once: numbers by name, their step and their Unix time in seconds."""

    step: int
    time: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One number over the steps of a run, in the order in which it was logged."""

    steps: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Unix times, in seconds."""
    values: list[float] = field(default_factory=list)


def read_metrics(run: RunDir) -> list[MetricRow]:
    """The rows of an attached run in the order in which they were logged, without void ones.

    Raises:
        RunError: the file is larger than `MAX_BYTES`.
    """
    check_size(run)
    found: list[MetricRow] = []
    lines = LineChunks(run.metrics)
    while (content := lines.read()) is not None:
        for row in map(_row, rows(content)):
            if row is None:
                continue
            if row.values:
                found.append(row)
            else:  # a resumed part begins: what was logged at or after its step is void
                found = [before for before in found if before.step < row.step]
    return found


def check_size(run: RunDir) -> None:
    """Check that all numbers of an attached run can be read.

    Raises:
        RunError: the file is larger than `MAX_BYTES`.
    """
    if size_of(run.metrics) > MAX_BYTES:
        raise RunError(f"{run.metrics} is larger than {MAX_BYTES:,} bytes")


def why_unreadable(path: Path) -> str:
    """Return why a file of numbers cannot be read; empty where it can, or where there is none."""
    try:
        *lines, torn = read_plain(path, BEGINNING).split(b"\n")
    except FileNotFoundError:
        return ""
    except NotPlainError:
        return "it is not a regular file"
    except OSError as error:
        return error.strerror or type(error).__name__
    found = [row for line in lines if (row := _object(line)) is not None]
    if found and not any(map(_has_step, found)):
        return "none of its lines has a step, a whole number from 0 to below 2**53"
    if found or (not lines and torn[:1] in (b"", b"{")):
        return ""
    return "it has no JSON objects, one a line"


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _has_step(row: Mapping[str, Any]) -> bool:
    step = as_number(row.get("step"))
    return step is not None and _is_step(step)


def _is_step(step: float) -> bool:
    return 0 <= step < MAX_COUNT and step == int(step)


def metrics_of(logged: Iterable[MetricRow]) -> dict[str, Metric]:
    """Each number by its name, in the order in which they were first logged."""
    metrics: dict[str, Metric] = {}
    for row in logged:
        for name, value in row.values.items():
            metric = metrics.setdefault(name, Metric())
            metric.steps.append(row.step)
            metric.times.append(row.time)
            metric.values.append(value)
    return metrics


def _row(line: Mapping[str, float]) -> MetricRow | None:
    """What was logged in a line; None where its step is none."""
    step = line["step"]
    if not _is_step(step):
        return None
    values = {sanitize_name(name): line[name] for name in line if name not in ABOUT}
    return MetricRow(int(step), line.get("time", 0.0), values)
