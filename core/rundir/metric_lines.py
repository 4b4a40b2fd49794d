"""Tables of numbers from the lines of `metrics.jsonl`.

A line may hold hundreds of numbers, and a file a million lines. So many lines are parsed by one
call, and those that have the same names in the same order, as our library writes them, become an
array by another. Other lines, such as those that hold a text, take a slower way that leaves out
what is no number.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from core.run.pyramid import float32s
from core.run.reading_turns import give_way
from core.rundir.validation import MAX_COUNT, MAX_TIMESTAMP, as_number
from trainpad.text import sanitize_name

BATCH_BYTES: Final = 128 * 1024
"""How many bytes are parsed by one call, which no other thread can interrupt; after each call other
threads have their turn."""
ABOUT: Final = ("step", "time")
"""What a line holds besides numbers; one without any begins a segment."""
TEXTS: Final = {text: float(text) for text in ("nan", "inf", "-inf")}
"""What is no number in JSON, as it is written."""
Row = Mapping[str, Any]
Names = tuple[str, ...]
Array = npt.NDArray[np.float64]


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


def tables(content: bytes) -> Iterator[Table | Segment]:
    """The numbers of these lines, a table for each set of names, cut at segments."""
    groups: dict[Names, list[Array]] = {}
    for number, batch in enumerate(_batches(content)):
        if number:
            give_way()
        for names, array in _arrays(_objects(batch)):
            if names == ABOUT:
                yield from _tables(groups)
                groups.clear()
                yield from (Segment(int(row[0])) for row in array)
            else:
                groups.setdefault(names, []).append(array)
    yield from _tables(groups)


def rows(content: bytes) -> Iterator[Mapping[str, float]]:
    """The numbers of these lines, in their order; those that have no step are left out.

    One without other numbers begins a segment.
    """
    for batch in _batches(content):
        for row in map(_numbers_of, _objects(batch)):
            if "step" in row:
                yield row


def _batches(content: bytes) -> Iterator[bytes]:
    """Pieces of whole lines of about `BATCH_BYTES`."""
    at = 0
    while at < len(content):
        end = content.rfind(b"\n", at, at + BATCH_BYTES) if at + BATCH_BYTES < len(content) else -1
        if end < 0:
            end = content.find(b"\n", at + BATCH_BYTES)
        end = len(content) if end < 0 else end
        yield content[at:end]
        at = end + 1


def _objects(batch: bytes) -> list[Row]:
    """The objects of these lines; damaged lines, and those with something else, are left out."""
    batch = batch.strip()
    try:
        found: list[Any] = orjson.loads(b"[%b]" % batch.replace(b"\n", b","))
    except ValueError:  # a damaged line, or a number that orjson refuses
        found = []
    if len(found) != batch.count(b"\n") + 1 or not all(isinstance(row, dict) for row in found):
        found = [row for line in batch.split(b"\n") for row in _object(line)]
    return found


def _object(line: bytes) -> list[Row]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return []
    return [found] if isinstance(found, dict) else []


def _arrays(found: Sequence[Row]) -> Iterator[tuple[Names, Array]]:
    """The names and values of these rows; those that begin a segment are in their places."""
    names = list(found[0]) if found else []
    if all(list(row) == names for row in found):
        yield from _group_arrays({(*names,): found})
        return
    groups: dict[Names, list[Row]] = {}
    for row in found:
        if (key := (*row,)) == ABOUT:
            yield from _group_arrays(groups)
            groups.clear()
            yield from _group_arrays({ABOUT: [row]})
        else:
            groups.setdefault(key, []).append(row)
    yield from _group_arrays(groups)


def _group_arrays(groups: Mapping[Names, Sequence[Row]]) -> Iterator[tuple[Names, Array]]:
    """The arrays of rows by their names."""
    for names, found in groups.items():
        if names[:2] == ABOUT and (array := _array(names, found)) is not None:
            yield names, array
            continue
        for numbers, kept in _grouped(map(_numbers_of, found)).items():
            if (array := _array(numbers, kept)) is not None:
                yield numbers, array


def _array(names: Names, found: Sequence[Row]) -> Array | None:
    """The values of rows with these names, ``[rows, names]``; None if some are no numbers.

    Rows that have no valid step are left out.
    """
    flat = [*chain.from_iterable(row.values() for row in found)]
    if (packed := _packed(flat)) is None:
        flat = [TEXTS.get(value, value) if isinstance(value, str) else value for value in flat]
        if (packed := _packed(flat)) is None:
            return None
    array = np.frombuffer(packed)
    maybe_booleans = np.flatnonzero((array == 0) | (array == 1)).tolist()
    if any(isinstance(flat[index], bool) for index in maybe_booleans):
        return None
    return _valid(array.reshape(len(found), len(names)))


def _packed(values: Sequence[Any]) -> bytes | None:
    """These numbers as float64; None if some are none, or beyond all limits."""
    try:
        return struct.pack(f"{len(values)}d", *values)
    except (struct.error, OverflowError):
        return None


def _valid(array: Array) -> Array:
    """The rows, without those of which the step is none."""
    steps, times = array[:, 0], array[:, 1]
    is_step = (steps >= 0) & (steps < MAX_COUNT) & (steps == np.floor(steps))
    valid = is_step & (times >= 0) & (times < MAX_TIMESTAMP)
    return array if valid.all() else array[valid]


def _numbers_of(row: Row) -> Mapping[str, float]:
    """The entries of a line that are numbers; nothing, where none but step and time are."""
    numbers = {
        name: number for name, value in row.items() if (number := as_number(value)) is not None
    }
    return numbers if numbers.keys() - {*ABOUT} or row.keys() <= {*ABOUT} else {}


def _grouped(found: Iterable[Row]) -> dict[Names, list[Row]]:
    """The rows by their names; those without a step are left out."""
    groups: dict[Names, list[Row]] = {}
    for row in found:
        names = tuple(row)
        if names[:2] != ABOUT:
            if "step" not in row or not row.keys() - {*ABOUT}:
                continue
            row = {"step": row["step"], "time": row.get("time", 0.0), **row}  # noqa: PLW2901
            names = tuple(row)
        groups.setdefault(names, []).append(row)
    return groups


def _tables(groups: Mapping[Names, Sequence[Array]]) -> Iterator[Table]:
    for names, parts in groups.items():
        array = np.concatenate(parts)
        if not len(array):
            continue
        yield Table(
            tuple(sanitize_name(name) for name in names[2:]),
            array[:, 0].astype(np.int64),
            array[:, 1].copy(),
            float32s(array[:, 2:], "F"),
        )
