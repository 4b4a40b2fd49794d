"""Validate the events of attached runs, which any program may have written."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from core.run.attached_events import (
    REQUESTS,
    Answered,
    ConfusionLogged,
    Declared,
    Epoch,
    ImagesLogged,
    LayerStatistics,
    ProgramAlert,
    Resumed,
    Supports,
    WeightsLogged,
)
from core.run.events import Changed, Event
from core.rundir import validation
from core.rundir.validation import (
    as_number,
    count,
    finite,
    list_of,
    mapping,
    matrix,
    number,
    optional,
    string,
    text,
)
from trainpad.text import sanitize_name

MAX_SPLITS: Final = 20
MAX_LAYERS: Final = 1000
MAX_BINS: Final = 1000
MAX_DIMENSIONS: Final = 32
LEVELS: Final = ("info", "warn", "error")


def _name(value: object) -> str:
    """A short name, sanitized."""
    return sanitize_name(string(value))


def _plain(value: object) -> Any:
    """A number, true or false, or a text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if (found := as_number(value)) is None:
        raise ValueError("not a plain value")
    return value if isinstance(value, int) else found


def _limit(value: object) -> float:
    return float(finite(value))


def _requests(value: object) -> list[str]:
    return [request for request in list_of(string)(value) if request in REQUESTS]


def _level(value: object) -> str:
    return value if isinstance(value, str) and value in LEVELS else "warn"


def _confusion(value: object) -> dict[str, list[list[int]]]:
    splits = mapping(value)
    if not 0 < len(splits) <= MAX_SPLITS:
        raise ValueError("no matrix for a split")
    return {_name(split): matrix(rows) for split, rows in splits.items()}


def _losses(value: object) -> dict[str, float]:
    return {_name(split): number(loss) for split, loss in mapping(value).items()}


def _file(value: object) -> str:
    """A path below the run directory: a folder and a file."""
    path = string(value)
    folder, slash, name = path.rpartition("/")
    for part in (folder, name) if slash else (name,):
        validation.file_name(part)
    return path


def _layer(value: object) -> LayerStatistics:
    fields = mapping(value)
    counts = np.asarray(list_of(count)(fields["counts"])[:MAX_BINS], np.int64)
    shape = tuple(list_of(count)(fields["shape"])[:MAX_DIMENSIONS])
    numbers = {name: number(fields[name]) for name in ("mean", "std", "norm", "low", "high")}
    return LayerStatistics(shape, **numbers, counts=counts, not_finite=count(fields["not_finite"]))


def _layers(value: object) -> dict[str, LayerStatistics]:
    layers = list(mapping(value).items())[:MAX_LAYERS]
    return {_name(name): _layer(entry) for name, entry in layers}


Parsers = Mapping[str, Callable[[Any], Any]]
_STEP: Final = {"time": validation.time, "step": count}
EVENTS: Final[Mapping[str, tuple[type[Event], Parsers]]] = {
    "changed": (Changed, {"name": _name, "old": _plain, "new": _plain, "by": text}),
    "declared": (
        Declared,
        {
            "name": _name,
            "value": _plain,
            "low": optional(_limit),
            "high": optional(_limit),
            "scale": optional(text),
            "choices": optional(list_of(_plain)),
        },
    ),
    "resumed": (Resumed, {}),
    "supports": (Supports, {"requests": _requests}),
    "epoch": (Epoch, {"epoch": count, "epochs": optional(count)}),
    "alert": (ProgramAlert, {"text": text, "level": _level}),
    "answered": (Answered, {"request": text}),
    "evaluated": (
        ConfusionLogged,
        {
            "confusion": _confusion,
            "loss": _losses,
            "seconds": finite,
            "classes": optional(list_of(_name)),
        },
    ),
    "images": (
        ImagesLogged,
        {"name": _name, "files": list_of(_file), "captions": list_of(text)},
    ),
    "weights": (WeightsLogged, {"layers": _layers}),
}
"""The events that attached runs record otherwise than ours, or alone, and their fields."""


def parse_attached_event(line: str | bytes) -> Event | None:
    """The event in one line of an attached run's `events.jsonl`; None where it is malformed."""
    try:
        values = json.loads(line)
        if values["event"] not in EVENTS:
            return validation.parse_event(line)
        kind, parsers = EVENTS[values["event"]]
        parsers = {**_STEP, **parsers}
        fields = {name: parsers[name](value) for name, value in values.items() if name in parsers}
        return kind(**fields)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
