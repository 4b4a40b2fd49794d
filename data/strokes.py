"""Stroke JSON: drawings as people and programs exchange them.

``{"strokes": [[[x, y], ...], ...]}``, any unit, y downward; a list of such objects is a batch.
Whatever the bytes, they give drawings that ``data.ink`` can draw, or a DataError that says what is
wrong and where.
"""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any, Never

import numpy as np
import numpy.typing as npt

from data.errors import DataError

Points = npt.NDArray[np.float64]

MAX_COORDINATE = 1e9
"""No coordinate may be further than this from 0: beyond it, differences drown in rounding."""
MAX_POINTS = 100_000
"""A hand draws a digit with a hundred points; a drawing of more than this is something else."""
MAX_BYTES = 512 * 1024 * 1024


def parse_strokes(text: bytes | str, source: str = "the stroke JSON") -> list[list[Points]]:
    """All drawings of a stroke JSON text: one, or as many as its list has.

    Args:
        text: the file's contents.
        source: what to call it in an error.

    Returns:
        For each drawing its strokes, float64 ``[n, 2]``; empty strokes are left out.

    Raises:
        DataError: It is not JSON, not of this form, or a coordinate is not a usable number.
    """
    value = _parse(text, source)
    if isinstance(value, list):
        return [_drawing(item, f"{source}: drawing {i}") for i, item in enumerate(value)]
    return [_drawing(value, source)]


def format_strokes(drawing: Iterable[npt.NDArray[np.floating]], digits: int = 5) -> str:
    """One drawing as stroke JSON, coordinates rounded to ``digits`` decimals."""
    return json.dumps({"strokes": [np.round(stroke, digits).tolist() for stroke in drawing]})


def _parse(text: bytes | str, source: str) -> Any:
    if len(text) > MAX_BYTES:
        raise DataError(f"{source}: {len(text):,} bytes are too many; split it into several files")
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(decoded, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise DataError(f"{source}: not text in UTF-8") from None
    except RecursionError:
        raise DataError(f"{source}: nested too deeply to be stroke JSON") from None
    except ValueError as error:
        raise DataError(f"{source}: not JSON ({error})") from None


def _refuse(name: str) -> Never:
    raise ValueError(f"{name} is not a number that JSON has")


def _drawing(value: Any, where: str) -> list[Points]:
    if not isinstance(value, dict) or not isinstance(value.get("strokes"), list):
        raise DataError(f'{where}: expected {{"strokes": [[[x, y], ...], ...]}}')
    strokes = [_stroke(s, f"{where}, stroke {i}") for i, s in enumerate(value["strokes"])]
    points = sum(len(stroke) for stroke in strokes)
    if points > MAX_POINTS:
        raise DataError(f"{where}: {points:,} points, but at most {MAX_POINTS:,} can be read")
    return [stroke for stroke in strokes if len(stroke)]


def _stroke(value: Any, where: str) -> Points:
    if not (isinstance(value, list) and _only(value, {list}) and set(map(len, value)) <= {2}):
        raise DataError(f"{where}: expected a list of points [x, y]")
    numbers = list(chain.from_iterable(value))
    if not _only(numbers, {int, float}):
        raise DataError(f"{where}: a coordinate is not a number")
    if numbers and not (max(numbers) <= MAX_COORDINATE and min(numbers) >= -MAX_COORDINATE):
        raise DataError(f"{where}: a coordinate is larger than {MAX_COORDINATE:g}")
    return np.array(numbers, np.float64).reshape(-1, 2)


def _only(values: list[Any], types: set[type]) -> bool:
    """Whether all values are of exactly these types (so that True is no number)."""
    return set(map(type, values)) <= types
