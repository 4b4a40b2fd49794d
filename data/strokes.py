"""Stroke JSON: drawings as vectors.

``{"strokes": [[[x, y], ...], ...]}``, any unit, y downward; a list of such objects is a batch.
Any bytes give drawings that ``data.ink`` can rasterize, or a DataError that says what is wrong and
where.
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
"""Largest absolute coordinate: beyond it, differences are lost in rounding."""
MAX_POINTS = 100_000
"""Most points in a drawing; a digit drawn by hand has about a hundred."""
MAX_BYTES = 512 * 1024 * 1024


def parse_strokes(text: bytes | str, source: str = "the stroke JSON") -> list[list[Points]]:
    """Parse the drawings in a stroke JSON text: one object, or a list of them.

    Args:
        text: the file's contents.
        source: its name in an error.

    Returns:
        For each drawing its strokes, float64 ``[n, 2]``; empty strokes are left out.

    Raises:
        DataError: It is not JSON, not of this form, or a coordinate is not a usable number.
    """
    value = _parse(text, source)
    if isinstance(value, list):
        return [_drawing(item, f"{source}: drawing {i}") for i, item in enumerate(value)]
    return [_drawing(value, source)]


def format_strokes(drawing: Iterable[npt.NDArray[np.floating]]) -> str:
    """Format one drawing as stroke JSON, coordinates rounded to five decimals."""
    return json.dumps({"strokes": [np.round(stroke, 5).tolist() for stroke in drawing]})


def _parse(text: bytes | str, source: str) -> Any:
    if len(text) > MAX_BYTES:
        raise DataError(f"{source}: {len(text):,} bytes are too many; split it into several files")
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(decoded, parse_constant=_reject)
    except UnicodeDecodeError:
        raise DataError(f"{source}: not text in UTF-8") from None
    except RecursionError:
        raise DataError(f"{source}: nested too deeply to be stroke JSON") from None
    except ValueError as error:
        raise DataError(f"{source}: not JSON ({error})") from None


def _reject(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")


def _drawing(value: Any, where: str) -> list[Points]:
    if not isinstance(value, dict) or not isinstance(value.get("strokes"), list):
        raise DataError(f'{where}: expected {{"strokes": [[[x, y], ...], ...]}}')
    strokes = [_stroke(s, f"{where}, stroke {i}") for i, s in enumerate(value["strokes"])]
    points = sum(len(stroke) for stroke in strokes)
    if points > MAX_POINTS:
        raise DataError(f"{where}: {points:,} points; the limit is {MAX_POINTS:,}")
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
    """Whether all values are of exactly these types; True is not a number."""
    return set(map(type, values)) <= types
