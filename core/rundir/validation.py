"""Validate run directories that other users may have written.

Views compute with what events and `run.json` hold, so a malformed matrix or a text in place of a
count would crash the dashboard. `EVENT_FIELDS` and `DATASET_FIELDS` declare for each field how it
is parsed; a line or a field that does not fit is dropped, and every text is sanitized. Past this
module the types hold.
"""

import json
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import orjson

from core.run.events import (
    RECORDED,
    Alert,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Notice,
    Paused,
    Preparing,
    Saved,
    Started,
    StepEvent,
)
from core.run.hparams import SPECS
from core.run.own_hparams import MAX_DECLARED, is_own_value, parse_declared
from core.run.status import parse_reason
from data.dataset import SPLITS
from trainpad.errors import UserError
from trainpad.text import sanitize, sanitize_name

MAX_CLASSES = 1000
"""A confusion matrix of more classes is rejected."""
MAX_TIMESTAMP = 1e11
"""Unix time; later dates are beyond what a calendar can show."""
MAX_COUNT = 2**53
MAX_DEPTH = 8
"""How deeply lists and objects of `run.json` may be nested."""

Parser = Callable[[Any], Any]
"""Returns a JSON value as the type that a field has; raises ValueError where it does not fit."""


# -- parsers of single values --------------------------------------------------------------------


def number(value: object) -> float:
    """A number, possibly NaN or infinite; JSON has these as texts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")
    return float(value)


def as_number(value: object) -> float | None:
    """`value` as a number, where it is one; NaN and infinities are texts in the files."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value) if abs(value) < math.inf else None
        except OverflowError:  # a whole number beyond what a float can be
            return None
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    return None


def finite(value: object) -> float:
    """A number that is neither NaN nor infinite."""
    if isinstance(value, str) or not abs(number(value)) < MAX_COUNT:
        raise ValueError("not a finite number")
    return value  # type: ignore[return-value]  # it is one


def time(value: object) -> float:
    """Unix time in seconds, within what a calendar can show."""
    if not 0 <= finite(value) < MAX_TIMESTAMP:
        raise ValueError("not a time")
    return float(value)  # type: ignore[arg-type]  # it is a number


def count(value: object) -> int:
    """An integer of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MAX_COUNT:
        raise ValueError("not a count")
    return value


def boolean(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("not a boolean")
    return value


def string(value: object) -> str:
    """A string as it is, which must not be shown; one that the system can have given."""
    if not isinstance(value, str):
        raise ValueError("not a string")
    value.encode("utf-8", "surrogateescape")  # UnicodeEncodeError is a ValueError
    return value


def file_name(value: object) -> str:
    """The name of a file, without folders."""
    name = string(value)
    if "/" in name or "\0" in name or name in ("", ".", ".."):
        raise ValueError("not the name of a file")
    return name


def text(value: object) -> str:
    """A string, sanitized to be shown."""
    return sanitize(string(value), limit=500)


def plain_value(value: object) -> int | float | str:
    """A finite number, or a sanitized text."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number or a text")
    finite(value)
    return value


def mapping(value: object) -> dict[str, Any]:
    """An object of names and any values."""
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def optional(parser: Parser) -> Parser:
    """A parser that also accepts None."""
    return lambda value: None if value is None else parser(value)


def list_of(parser: Parser) -> Parser:
    """A parser of lists."""

    def parse(value: object) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("not a list")
        return [parser(entry) for entry in value]

    return parse


def fields_of(parsers: Mapping[str, Parser], values: object) -> dict[str, Any]:
    """Those entries of a JSON object that have a parser and fit it; {} if it is not an object."""
    fitting = {}
    for name, value in values.items() if isinstance(values, dict) else ():
        try:
            fitting[name] = parsers[name](value)
        except (KeyError, ValueError, OverflowError):
            continue
    return fitting


def timestamp(value: object) -> float:
    """`value` where it is a Unix time that a calendar can show; else 0."""
    try:
        return time(value)
    except (ValueError, OverflowError):
        return 0.0


# -- events --------------------------------------------------------------------------------------


def _hparam_value(name: object, value: Any) -> Any:
    """`value` as the hyperparameter called `name` has it."""
    if isinstance(name, str) and is_own_value(name):
        return plain_value(value)
    if not isinstance(name, str) or name not in SPECS:
        raise ValueError("not a hyperparameter")
    try:
        return SPECS[name].check(value)
    except UserError as error:
        raise ValueError(str(error)) from error


def plan_in(info: Mapping[str, Any]) -> list[tuple[int, str, Any]]:
    """The changes that a run was begun with, by its `run.json`; none where that has none."""
    plan: list[tuple[int, str, Any]] = fields_of({"planned": list_of(_planned_change)}, info).get(
        "planned", []
    )
    return plan


def _planned_change(value: object) -> tuple[int, str, Any]:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("not a planned change")
    step, name, new = value
    return count(step), name, _hparam_value(name, new)


def _own_values(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return [parse_declared(entry).as_dict() for entry in value[:MAX_DECLARED]]


def matrix(value: object) -> list[list[int]]:
    """A square matrix of counts."""
    found = np.asarray(value)
    if found.ndim != 2 or found.dtype.kind != "i":
        raise ValueError("not a matrix of counts")
    rows, columns = found.shape
    if rows != columns or rows > MAX_CLASSES or found.min() < 0 or found.max() >= MAX_COUNT:
        raise ValueError("not a confusion matrix")
    counts: list[list[int]] = found.tolist()
    return counts


def _confusion(value: object) -> dict[str, list[list[int]]]:
    if not isinstance(value, dict) or set(value) not in (set(SPLITS), set()):
        raise ValueError("not a matrix for each split")
    return {split: matrix(rows) for split, rows in value.items()}


def _split_losses(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or not set(value) <= set(SPLITS):
        raise ValueError("not a loss for each split")
    return {split: number(loss) for split, loss in value.items()}


def _metrics(value: object) -> dict[str, dict[str, float]]:
    if not isinstance(value, dict) or not set(value) <= set(SPLITS):
        raise ValueError("not metrics for each split")
    return {
        split: {text(name): number(found) for name, found in mapping(metrics).items()}
        for split, metrics in value.items()
    }


def _any(value: object) -> object:
    """Any value: what a change may hold depends on the hyperparameter, and is checked by name."""
    return value


EVENT_FIELDS: Mapping[type[Event], Mapping[str, Parser]] = {
    Preparing: {"what": text, "fraction": optional(finite)},
    Started: {
        "hyperparameters": mapping,
        "device": text,
        "parameters": count,
        "planned": list_of(_planned_change),
        "own": _own_values,
    },
    Changed: {"name": text, "old": _any, "new": _any, "by": text},
    Paused: {},
    Continued: {},
    Evaluated: {
        "confusion": _confusion,
        "loss": _split_losses,
        "seconds": finite,
        "metrics": _metrics,
    },
    Saved: {"file": text, "best": boolean},
    Alert: {"text": text},
    Notice: {"text": text},
    Diverged: {"loss": number, "why": text, "checkpoint": text},
    Failed: {"text": text},
    Finished: {"reason": text, "seconds": finite},
}
"""How the fields of each recorded event are parsed, besides ``time`` and ``step``."""
_ALL_FIELDS: Mapping[type[Event], Mapping[str, Parser]] = {
    kind: {"time": time, **({"step": count} if issubclass(kind, StepEvent) else {}), **fields}
    for kind, fields in EVENT_FIELDS.items()
}


def _loads(line: str | bytes) -> Any:
    """The value of a line of JSON; thousands of lines are read for a list of runs."""
    try:
        return orjson.loads(line)
    except ValueError:  # NaN without quotation marks, or a number of many digits
        return json.loads(line)


def parse_event(line: str | bytes) -> Event | None:
    """The event in one line of `events.jsonl`; None where it is malformed or unknown."""
    try:
        values = _loads(line)
        kind = RECORDED[values["event"]]
        parsers = _ALL_FIELDS[kind]
        fields = {name: parsers[name](value) for name, value in values.items() if name in parsers}
        if kind is Evaluated and not (fields["confusion"] or fields["loss"]):
            return None
        if kind is Finished:
            fields["outcome"], fields["detail"] = parse_reason(fields.pop("reason"))
        if kind is Changed:
            fields |= {key: _hparam_value(fields["name"], fields[key]) for key in ("old", "new")}
        return kind(**fields)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


# -- run.json ------------------------------------------------------------------------------------

DATASET_FIELDS: Mapping[str, Parser] = {
    **dict.fromkeys(("name", "source", "fingerprint", "notice"), text),
    **dict.fromkeys(SPLITS, count),
    "classes": list_of(text),
    "image_shape": list_of(count),
}


def sanitized_info(info: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of `run.json` with sanitized texts; ``dataset`` has only fields that fit."""
    safe: dict[str, Any] = _sanitized(info, MAX_DEPTH)
    safe["dataset"] = fields_of(DATASET_FIELDS, safe.get("dataset"))
    if not isinstance(safe.get("hyperparameters"), dict):
        safe["hyperparameters"] = {}
    return safe


@lru_cache(maxsize=4096)  # thousands of runs have the same names
def _sanitized_name(name: str) -> str:
    return sanitize_name(name)


def _sanitized(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return sanitize(value, limit=500)
    if isinstance(value, dict):
        items = value.items() if depth else ()
        return {_sanitized_name(key): _sanitized(entry, depth - 1) for key, entry in items}
    if isinstance(value, list):
        return [_sanitized(entry, depth - 1) for entry in value] if depth else []
    return value
