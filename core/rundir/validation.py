"""What is believed of a run directory that anybody may have written: nothing of another shape.

Views compute with what events and `run.json` say, so a matrix that is none or a count that is a
text would end the dashboard. Here such an event is dropped and such a field left out; every text
is made harmless by `clean` on the way. Past this file, the types hold.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from core.run.events import Changed, Evaluated, Event, from_json
from core.run.hparams import SPECS
from data.dataset import SPLITS
from trainpad.errors import UserError
from trainpad.text import sanitize

MAX_CLASSES = 1000
"""The greatest number of classes that a confusion matrix is believed to have."""
MAX_TIMESTAMP = 1e11
"""Unix time; a calendar knows what is before it."""
MAX_DEPTH = 8
"""How deep lists and objects may lie in each other in what is believed of `run.json`."""


def parse_event(line: str | bytes) -> Event | None:
    """The event of one line of `events.jsonl`, or None where it cannot be one of trainpad's."""
    try:
        event = from_json(line)
    except OverflowError:
        return None
    if event is None:
        return None
    fields = {entry.name: getattr(event, entry.name) for entry in dataclasses.fields(event)}
    if isinstance(event, Evaluated):
        fine = _is_confusion(event.confusion) and _are_numbers(event.loss)
        fields.pop("loss")
    else:
        fine = not isinstance(event, Changed) or _is_change(event)
    if not fine or not all(CHECKS[name](value) for name, value in fields.items() if name in CHECKS):
        return None
    texts: dict[str, Any] = {
        name: sanitize(value, limit=500) for name, value in fields.items() if isinstance(value, str)
    }
    return dataclasses.replace(event, **texts)


def timestamp(value: object) -> float:
    """`value` where it is a time that a calendar knows; else 0."""
    return float(value) if _is_timestamp(value) else 0.0  # type: ignore[arg-type]  # it is a number


def _is_timestamp(value: object) -> bool:
    return _is_number(value) and 0 <= value < MAX_TIMESTAMP  # type: ignore[operator]  # NaN is not


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: object) -> bool:
    return _is_number(value) and abs(value) < 2**53  # type: ignore[arg-type]  # NaN is not


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_text(value: object) -> bool:
    return isinstance(value, str)


CHECKS: Mapping[str, Callable[[object], bool]] = {
    "time": _is_timestamp,
    "step": _is_count,
    "parameters": _is_count,
    "seconds": _is_finite,
    "loss": _is_number,
    "fraction": lambda value: value is None or _is_finite(value),
    "best": lambda value: isinstance(value, bool),
    "hyperparameters": lambda value: isinstance(value, dict),
    "planned": lambda value: isinstance(value, list) and all(map(_is_planned, value)),
    **dict.fromkeys(("what", "device", "name", "file", "text", "checkpoint", "reason"), _is_text),
}
"""By the name of an event's field: whether a value may stand there."""


def _is_planned(entry: object) -> bool:
    if not isinstance(entry, list) or len(entry) != 3:
        return False
    step, name, value = entry
    return _is_count(step) and _is_hparam_value(name, value)


def _is_change(event: Changed) -> bool:
    return _is_hparam_value(event.name, event.old) and _is_hparam_value(event.name, event.new)


def _is_hparam_value(name: object, value: object) -> bool:
    """Whether `value` is one that the hyperparameter called `name` can have."""
    if not isinstance(name, str) or name not in SPECS:
        return False
    try:
        SPECS[name].check(value)
    except UserError:
        return False
    return True


def _are_numbers(values: object) -> bool:
    return isinstance(values, dict) and all(
        split in SPLITS and _is_number(value) for split, value in values.items()
    )


def _is_confusion(values: object) -> bool:
    return (
        isinstance(values, dict)
        and set(values) == set(SPLITS)
        and all(map(_is_matrix, values.values()))
    )


def _is_matrix(rows: object) -> bool:
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_CLASSES:
        return False
    return all(
        isinstance(row, list) and len(row) == len(rows) and all(map(_is_count, row)) for row in rows
    )


def sanitized_info(info: Mapping[str, Any]) -> dict[str, Any]:
    """What `run.json` says, with harmless texts, and `dataset` only with what fits there."""
    kept: dict[str, Any] = _sanitized(info, MAX_DEPTH)
    dataset = kept.get("dataset")
    kept["dataset"] = _dataset(dataset if isinstance(dataset, dict) else {})
    if not isinstance(kept.get("hyperparameters"), dict):
        kept["hyperparameters"] = {}
    return kept


def _sanitized(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return sanitize(value, limit=500)
    if isinstance(value, dict):
        items = value.items() if depth else ()
        return {sanitize(str(key), limit=80): _sanitized(entry, depth - 1) for key, entry in items}
    if isinstance(value, list):
        return [_sanitized(entry, depth - 1) for entry in value] if depth else []
    return value


def _dataset(values: dict[str, Any]) -> dict[str, Any]:
    fits: dict[str, Callable[[Any], bool]] = {
        **dict.fromkeys(("name", "source", "fingerprint", "notice"), _is_text),
        **dict.fromkeys(SPLITS, _is_count),
        "classes": lambda value: isinstance(value, list) and all(map(_is_text, value)),
        "image_shape": lambda value: isinstance(value, list) and all(map(_is_count, value)),
    }
    return {name: value for name, value in values.items() if name in fits and fits[name](value)}
