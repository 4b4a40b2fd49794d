"""Tables of numbers from the lines of `metrics.jsonl`.

A line may hold hundreds of numbers, and a file a million lines. So many lines are parsed by one
call, and those with the same names become one array by another, without looking at each number:
whether a line has anything but numbers follows from its quotation marks. Lines that have, such as
NaN as a text, take a slower way that leaves out what is no number.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from core.rundir.attached import as_number
from core.rundir.validation import MAX_COUNT, MAX_TIMESTAMP
from trainpad.text import sanitize

BATCH_BYTES: Final = 32 * 1024
"""How many bytes are parsed by one call, which no other thread can interrupt."""
PAUSE: Final = 0.0002
"""Seconds after each such call. A thread that only computes gives way every 5 ms, and the screen's
thread, which needs its turn dozens of times for each key, would wait so long each time."""
WORDS: Final = (b"null", b"true", b"false")
"""JSON's values that are neither numbers nor texts."""
ABOUT: Final = ("step", "time")
"""What a line holds besides numbers."""
MAX_FLOAT32: Final = float(np.finfo(np.float32).max)
Row = Mapping[str, Any]


class Table(NamedTuple):
    """Numbers of several lines that have the same names."""

    names: tuple[str, ...]
    steps: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    values: npt.NDArray[np.float32]
    """``[lines, names]``."""


class Segment(NamedTuple):
    """A line without numbers: what earlier lines hold at or after this step is void."""

    step: int


def tables(lines: Sequence[bytes]) -> Iterator[Table | Segment]:
    """The numbers of these lines, a table for each set of names, cut at segments."""
    groups: dict[tuple[str, ...], list[npt.NDArray[np.float64]]] = {}
    for number, batch in enumerate(_batches(lines)):
        if number:
            time.sleep(PAUSE)
        for names, rows in _grouped(_parse(batch)).items():
            if names == ABOUT:
                yield from _tables(groups)
                groups.clear()
                yield from (Segment(int(row[0])) for row in _array(names, rows))
            else:
                groups.setdefault(names, []).append(_array(names, rows))
    yield from _tables(groups)


def _batches(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Pieces of the lines of about `BATCH_BYTES`; a line that begins a segment is one."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        is_segment = line.count(b'"') == 4
        if batch and (is_segment or size + len(line) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
        if is_segment:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _parse(batch: Sequence[bytes]) -> list[Row]:
    """The objects of these lines, with their numbers alone."""
    content = b"[" + b",".join(batch) + b"]"
    try:
        rows = orjson.loads(content)
    except (ValueError, RecursionError):  # a damaged line, or a number that orjson refuses
        rows = [row for line in batch for row in _parse_line(line)]
    rows = [row for row in rows if isinstance(row, dict)]
    if any(word in content for word in WORDS) or content.count(b'"') != 2 * sum(map(len, rows)):
        return [_numbers_of(row) for row in rows]
    return rows


def _parse_line(line: bytes) -> list[Any]:
    try:
        return [json.loads(line)]
    except (ValueError, RecursionError):
        return []


def _numbers_of(row: Row) -> Row:
    """The entries of a line that are numbers; nothing, where none but step and time are."""
    numbers = {
        name: number for name, value in row.items() if (number := as_number(value)) is not None
    }
    return numbers if len(numbers) > len(ABOUT) or len(row) == len(ABOUT) else {}


def _grouped(rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    """The rows by their names; those without a step are left out."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        names = tuple(row)
        if names[:2] != ABOUT:
            if "step" not in row or not row.keys() - {*ABOUT}:
                continue
            row = {"step": row["step"], "time": row.get("time", 0.0), **row}  # noqa: PLW2901
            names = tuple(row)
        groups.setdefault(names, []).append(row)
    return groups


def _array(names: tuple[str, ...], rows: Sequence[Row]) -> npt.NDArray[np.float64]:
    """The values of these rows, float64 ``[rows, names]``, without rows whose step is none."""
    flat = chain.from_iterable(row.values() for row in rows)
    try:
        array = np.fromiter(flat, np.float64, len(rows) * len(names))
    except (TypeError, ValueError, OverflowError):  # a list, or a number beyond all limits
        nan = float("nan")
        safe = [as_number(value) for row in rows for value in row.values()]
        array = np.array([nan if value is None else value for value in safe])
    array = array.reshape(len(rows), len(names))
    steps, times = array[:, 0], array[:, 1]
    is_step = (steps >= 0) & (steps < MAX_COUNT) & (steps == np.floor(steps))
    valid = is_step & (times >= 0) & (times < MAX_TIMESTAMP)
    return array if valid.all() else array[valid]


def _tables(groups: Mapping[tuple[str, ...], Sequence[npt.NDArray[np.float64]]]) -> Iterator[Table]:
    for names, parts in groups.items():
        array = np.concatenate(parts)
        if not len(array):
            continue
        values = array[:, 2:]
        with np.errstate(over="ignore"):
            narrowed = values.astype(np.float32, order="F")
        too_large = np.isinf(narrowed) & np.isfinite(values)
        if too_large.any():
            narrowed[too_large] = np.copysign(MAX_FLOAT32, values[too_large])
        yield Table(
            tuple(sanitize(name, limit=80) for name in names[2:]),
            array[:, 0].astype(np.int64),
            array[:, 1].copy(),
            narrowed,
        )
