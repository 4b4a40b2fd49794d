"""Numbers of any framework: kept as they are now when logged, converted to Python's later.

To convert a tensor on a device means to wait for that device, so training only takes a copy that
nothing changes any more, without the graph that led to it, and the writer's thread converts it.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

PLAIN = frozenset((float, int, bool))
"""The types that are kept as they are."""
MAX_INT = 2**63
"""A greater whole number becomes a float: there are readers that know no other."""
MAX_STEP = 2**53
"""Steps are below: a greater one is no longer exact where readers have it as a float."""
MAX_DEPTH, MAX_ITEMS = 20, 10_000
"""How deep, and how far, a configuration is recorded."""
SEPARATOR = "/"
"""Between the names of nested dicts: ``val/accuracy``."""


def flatten(
    values: Mapping[Any, Any], prefix: str = "", above: tuple[int, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """Yield the name and value of every entry of nested dicts.

    A dict that is too deep, or within itself, is yielded as it is; `above` has the ids of those
    that `values` is within.
    """
    above = (*above, id(values))
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and len(above) < MAX_DEPTH and id(value) not in above:
            yield from flatten(value, name + SEPARATOR, above)
        else:
            yield name, value


def snapshot(value: Any) -> Any:
    """Return `value`, or a copy where the program may change it; converts nothing on a device.

    Raises:
        TypeError: it is not one number.
    """
    if type(value) in PLAIN:
        return value
    if isinstance(value, Mapping):
        raise TypeError("is nested too deeply")
    if isinstance(value, str | bytes | list | tuple | set) or value is None:
        raise TypeError(f"is {type(value).__name__}, not a number")
    shape = getattr(value, "shape", ())
    if _size(shape) != 1:
        raise TypeError(f"has the shape {tuple(shape)}; log one number, such as its mean")
    library = type(value).__module__.partition(".")[0]
    if library == "numpy":
        return value.item()
    if hasattr(value, "detach"):  # PyTorch: without the graph, and not what is changed in place
        return value.detach().clone()
    if library in ("keras", "tensorflow"):
        return _tensorflow(value)
    copy = getattr(value, "copy", None)  # JAX: the buffer may be donated to the next step
    return copy() if callable(copy) else value


def _tensorflow(value: Any) -> Any:
    """Return the present value of a variable; a tensor as it is, since nothing changes it."""
    inner = getattr(value, "value", None)
    if inner is not None and not callable(inner):
        return snapshot(inner)  # a Keras variable of any backend
    read = getattr(value, "read_value", None)
    return read() if callable(read) else value


def _size(shape: Any) -> int:
    try:
        return math.prod(int(length) for length in shape)
    except TypeError:
        return 1


def to_number(value: Any) -> float | int:
    """Return a value that `snapshot` kept as a Python number; may wait for a device.

    Raises:
        Exception: one of the framework, or `TypeError`.
    """
    item = getattr(value, "item", None)
    number = item() if callable(item) else value
    if isinstance(number, int) and -MAX_INT < number < MAX_INT:
        return int(number)  # also of a bool and an enum
    return float(number)


def text_of(value: Any, limit: int = 10_000) -> str:
    """Return the text of any object, of at most `limit` characters."""
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - its method may raise anything
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else f"{text[:limit]}…"


def json_safe(value: Any, depth: int = 0) -> Any:
    """Return `value` as JSON knows it: NaN and infinities and all that is foreign as text."""
    if depth > MAX_DEPTH:
        return text_of(value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value) if -MAX_INT < value < MAX_INT else text_of(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(float(value))
    if isinstance(value, Mapping):
        return {text_of(key): json_safe(entry, depth + 1) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        kept = [json_safe(entry, depth + 1) for entry in islice(value, MAX_ITEMS)]
        more = len(value) - len(kept)
        return [*kept, f"… and {more:,} more"] if more else kept
    if getattr(value, "shape", None) == ():  # a scalar of some framework
        try:
            return json_safe(to_number(value))
        except Exception:  # noqa: BLE001 - its text remains
            return text_of(value)
    return text_of(value)


def as_step(step: Any) -> int:
    """Return a step of any type as a whole number.

    Raises:
        ValueError: it is none.
    """
    try:
        return int(step)
    except Exception as error:
        raise ValueError(f"step must be a whole number, not {text_of(step, 40)}") from error


def as_dict(values: object) -> dict[Any, Any]:
    """Return what is logged as a dict.

    Raises:
        TypeError: it is no mapping.
    """
    if isinstance(values, Mapping):
        return dict(values)
    raise TypeError(f"what is logged must be a dict of numbers by name, not {text_of(values, 40)}")
