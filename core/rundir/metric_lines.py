"""Tables of numbers from the lines of `metrics.jsonl`.

A line may hold hundreds of numbers, and a file a million lines. So lines that have the same names
in the same order, as our library writes them, are taken together: without their names they are one
list of numbers, which one call parses and another makes an array. Other lines, such as those that
hold a text, take a slower way that leaves out what is no number.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from core.rundir.attached import as_number
from core.rundir.validation import MAX_COUNT, MAX_TIMESTAMP
from trainpad.text import sanitize

BATCH_BYTES: Final = 64 * 1024
"""How many bytes are parsed by one call, which no other thread can interrupt."""
PAUSE: Final = 0.0002
"""Seconds after each such call. A thread that only computes gives way every 5 ms, and the screen's
thread, which needs its turn dozens of times for each key, would wait so long each time."""
WORDS: Final = (b"null", b"true", b"false")
"""JSON's values that are neither numbers nor texts."""
ABOUT: Final = ("step", "time")
"""What a line holds besides numbers."""
SEGMENT: Final = (b"step", b"time")
"""The names in a line that begins a segment."""
TEXTS: Final = {"nan": 1.0000000000123e300, "inf": 2.0000000000123e300, "-inf": 3.0000000000123e300}
"""What is no number in JSON, and the numbers that take their places while lines are parsed."""
MAX_FLOAT32: Final = float(np.finfo(np.float32).max)
Row = Mapping[str, Any]
Keys = tuple[bytes, ...]
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
    groups: dict[tuple[str, ...], list[Array]] = {}
    for number, batch in enumerate(_batches(content)):
        if number:
            time.sleep(PAUSE)
        for names, array in _arrays(batch):
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
    for line in _whole(content.split(b"\n")):
        for row in _parse([line]):
            if "step" in row:
                yield {name: _as_float(value) for name, value in row.items()}


def _as_float(value: Any) -> float:
    """A number as float; NaN where it is beyond all limits."""
    if isinstance(value, float):
        return value
    number = as_number(value)
    return float("nan") if number is None else number


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


def _arrays(batch: bytes) -> Iterator[tuple[tuple[str, ...], Array]]:
    """The names and values of the lines of a batch; those without numbers are in their places."""
    keys = _keys(batch.partition(b"\n")[0])
    if (array := _uniform(batch, keys)) is not None:
        yield _names(keys), array
        return
    for text, number in TEXTS.items():
        batch = batch.replace(b': "%b"' % text.encode(), b": %b" % repr(number).encode())
    for names, array in _groups_of(_whole(batch.split(b"\n"))):
        for text, number in TEXTS.items():
            array[array == number] = float(text)
        yield names, array


def _groups_of(lines: Iterable[bytes]) -> Iterator[tuple[tuple[str, ...], Array]]:
    groups: dict[Keys, list[bytes]] = {}
    for line in lines:
        keys = _keys(line)
        if keys == SEGMENT:
            yield from _parsed_groups(groups)
            groups.clear()
            yield from _parsed([line])
        else:
            groups.setdefault(keys, []).append(line)
    yield from _parsed_groups(groups)


def _whole(lines: Iterable[bytes]) -> list[bytes]:
    return [line for line in lines if line.strip()]


def _parsed_groups(
    groups: Mapping[Keys, Sequence[bytes]],
) -> Iterator[tuple[tuple[str, ...], Array]]:
    """The arrays of lines by their keys."""
    for keys, lines in groups.items():
        array = _uniform(b"\n".join(lines), keys)
        if array is not None:
            yield _names(keys), array
        else:
            yield from _parsed(lines)


# -- lines of the same names -----------------------------------------------------------------------


def _keys(line: bytes) -> Keys:
    """The names in a line as they are written, where none has a quotation mark in it."""
    return tuple(line.split(b'"')[1::2])


@lru_cache(maxsize=64)
def _names(keys: Keys) -> tuple[str, ...]:
    """The names of these keys; empty where they are none of a line of numbers."""
    try:
        names = tuple(orjson.loads(b'["%b"]' % b'","'.join(keys)))
    except ValueError:
        return ()
    fits = names[:2] == ABOUT and len(names) > 2 and len({*names}) == len(keys)
    return names if fits else ()


def _uniform(lines: bytes, keys: Keys) -> Array | None:
    """The values of lines that all have these keys, ``[lines, keys]``; None where that fails."""
    if not _names(keys):
        return None
    parts = lines.split(b'"')
    found = parts[1::2]
    count = len(found) // len(keys)
    if found != [*keys] * count:
        return None
    numbers = b"".join(parts[::2])
    if not (numbers.startswith(b"{: ") and numbers.endswith(b"}")):
        return None
    numbers = numbers[3:-1].replace(b"}\n{: ", b",").replace(b", : ", b",")
    if b"l" in numbers or b"u" in numbers:  # null, true, false
        return None
    try:
        array = np.array(orjson.loads(b"[%b]" % numbers), np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return _valid(array.reshape(count, len(keys))) if array.shape == (len(found),) else None


def _valid(array: Array) -> Array:
    """The rows, without those of which the step is none."""
    steps, times = array[:, 0], array[:, 1]
    is_step = (steps >= 0) & (steps < MAX_COUNT) & (steps == np.floor(steps))
    valid = is_step & (times >= 0) & (times < MAX_TIMESTAMP)
    return array if valid.all() else array[valid]


# -- other lines -----------------------------------------------------------------------------------


def _parsed(lines: Sequence[bytes]) -> Iterator[tuple[tuple[str, ...], Array]]:
    for names, found in _grouped(_parse(lines)).items():
        yield names, _array(names, found)


def _parse(lines: Sequence[bytes]) -> list[Row]:
    """The objects of these lines, with their numbers alone."""
    content = b"[" + b",".join(lines) + b"]"
    try:
        found = orjson.loads(content)
    except (ValueError, RecursionError):  # a damaged line, or a number that orjson refuses
        found = [row for line in lines for row in _parse_line(line)]
    objects: list[Row] = [row for row in found if isinstance(row, dict)]
    if any(word in content for word in WORDS) or content.count(b'"') != 2 * sum(map(len, objects)):
        return [_numbers_of(row) for row in objects]
    return objects


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
    return numbers if numbers.keys() - {*ABOUT} or row.keys() <= {*ABOUT} else {}


def _grouped(found: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    """The rows by their names; those without a step are left out."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in found:
        names = tuple(row)
        if names[:2] != ABOUT:
            if "step" not in row or not row.keys() - {*ABOUT}:
                continue
            row = {"step": row["step"], "time": row.get("time", 0.0), **row}  # noqa: PLW2901
            names = tuple(row)
        groups.setdefault(names, []).append(row)
    return groups


def _array(names: tuple[str, ...], found: Sequence[Row]) -> Array:
    """The values of these rows, float64 ``[rows, names]``, without rows that have no step."""
    flat = chain.from_iterable(row.values() for row in found)
    try:
        array = np.fromiter(flat, np.float64, len(found) * len(names))
    except (TypeError, ValueError, OverflowError):  # a list, or a number beyond all limits
        array = np.array([_as_float(value) for row in found for value in row.values()])
    return _valid(array.reshape(len(found), len(names)))


def _tables(groups: Mapping[tuple[str, ...], Sequence[Array]]) -> Iterator[Table]:
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
