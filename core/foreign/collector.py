"""Collect the points of a file by name: what every format of a foreign file does."""

import itertools
import math
from array import array
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import numpy as np

from core.tfevents.items import Item, Scalars
from core.tfevents.reader import MAX_TAGS
from trainpad.text import sanitize, sanitize_name

STEP_NAMES: Final = (
    "step", "global_step", "_step", "trainer/global_step", "iteration", "iter", "current_steps",
    "epoch",
)  # fmt: skip
"""What the number of the step is called; the first of these that a file has is its axis."""
TIME_NAMES: Final = ("time", "wall_time", "wall time", "timestamp", "_timestamp")
"""What the time of a point may be called; it is one only where it is Unix time, or ISO 8601."""
SEPARATOR: Final = "/"
"""Between the names of nested objects."""
MAX_DEPTH: Final = 8
"""Levels of nested objects that are read."""
_MAX_STEP: Final = 1 << 62
_UNIX_TIMES: Final = (1e8, 1e11)
"""A number between these is a time, in seconds since 1970; a smaller one a duration."""
_NONFINITE: Final = {"nan": math.nan, "inf": math.inf, "infinity": math.inf}


class Format(Protocol):
    """A format of files: bytes in, items out; never raises because of a file's content."""

    skipped: int
    """Number of lines, records and values that could not be read."""
    undrawn: Counter[str]
    """Number of names of each kind of values that are not drawn."""
    last_wall_time: float
    """Time of the last point, in seconds since 1970; NaN if the file does not say."""

    @property
    def has_rest(self) -> bool:
        """Whether the bytes end with a line that is not terminated."""

    def feed(self, data: bytes) -> None:
        """Read the next bytes of the file."""

    def finish(self) -> None:
        """Read the line that is not terminated: no more bytes are expected."""

    def take(self) -> list[Item]:
        """Return the items since the last call; in file order, except points of different tags."""


class Collector:
    """Points by tag, and what was left out."""

    def __init__(self) -> None:
        self.skipped = 0
        self.undrawn: Counter[str] = Counter()
        self.last_wall_time = math.nan
        self._items: list[Item] = []
        self._tags: dict[str, _Points] = {}
        self._shown: set[str] = set()
        """The tags, which have fewer characters than the names."""
        self._left_out: set[tuple[str, str]] = set()

    @property
    def has_rest(self) -> bool:
        """Whether the bytes end with a line that is not terminated; never, without lines."""
        return False

    def finish(self) -> None:
        """Read the line that is not terminated, of which there is none without lines."""

    def take(self) -> list[Item]:
        """Return the items since the last call; in file order, except points of different tags."""
        self._flush()
        items, self._items = self._items, []
        return items

    def add(self, name: str, step: int, wall_time: float, value: float) -> None:
        """Add a point."""
        points = self._tags.get(name)
        if points is None:
            if len(self._tags) >= MAX_TAGS:
                self.skipped += 1
                return
            points = self._tags[name] = _Points(self._tag_of(name))
        points.steps.append(step)
        points.wall_times.append(wall_time)
        points.values.append(value)

    def _tag_of(self, name: str) -> str:
        """Return a tag for a name that no other name has."""
        tag = numbered(sanitize_name(name.strip()), self._shown)
        self._shown.add(tag)
        return tag

    def add_item(self, item: Item) -> None:
        """Add an item that is no point; it comes after the points that were added before."""
        self._flush()
        self._items.append(item)

    def add_json(
        self, name: str, value: object, step: int, wall_time: float, depth: int = 0
    ) -> None:
        """Add a value of a JSON object: a number as a point; another kind is named."""
        number = as_number(value)
        if number is not None:
            self.add(name, step, wall_time, number)
        elif isinstance(value, Mapping):
            self._add_object(name, value, step, wall_time, depth)
        elif value is not None:
            self.leave_out(_kind_of(value), name)

    def _add_object(
        self, name: str, value: Mapping[Any, Any], step: int, wall_time: float, depth: int
    ) -> None:
        kind = value.get("_type")
        if isinstance(kind, str):  # how W&B writes media
            self.leave_out(sanitize(kind.removesuffix("-file"), limit=40), name)
        elif depth >= MAX_DEPTH:
            self.skipped += 1
        else:
            for key, part in value.items():
                self.add_json(f"{name}{SEPARATOR}{key}", part, step, wall_time, depth + 1)

    def leave_out(self, kind: str, name: str) -> None:
        """Count a name of a kind of values that is not drawn, once."""
        if (kind, name) not in self._left_out and len(self._left_out) < MAX_TAGS:
            self._left_out.add((kind, name))
            self.undrawn[kind] += 1

    def set_time(self, wall_time: float) -> None:
        """Take the time of a line or record, where it has one."""
        if math.isfinite(wall_time):
            self.last_wall_time = wall_time

    def _flush(self) -> None:
        """Append the points to the items that came before them."""
        taken = (points.take() for points in self._tags.values())
        self._items += [points for points in taken if points is not None]


class _Points:
    """The points of one tag since the last call of `take`."""

    __slots__ = ("steps", "tag", "values", "wall_times")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.steps, self.wall_times, self.values = array("q"), array("d"), array("d")

    def take(self) -> Scalars | None:
        if not self.steps:
            return None
        columns = self.steps, self.wall_times, self.values
        steps, wall_times, values = (np.array(column) for column in columns)
        points = Scalars(self.tag, steps, wall_times, values)
        for column in columns:
            del column[:]
        return points


def numbered(name: str, taken: Collection[str]) -> str:
    """Return a name as it is, or where it is taken as ``loss (2)``."""
    counts = itertools.count(2)
    found = name
    while found in taken:
        found = f"{name} ({next(counts)})"
    return found


def as_number(value: object) -> float | None:
    """Return `value` as a number; None where it is none. NaN and infinities may be texts."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:  # an integer of more than 308 digits
            return None
    if isinstance(value, str) and len(value) < 10:
        text = value.lower()
        sign = -1.0 if text.startswith("-") else 1.0
        found = _NONFINITE.get(text.lstrip("+-"))
        return None if found is None else sign * found
    return None


def as_step(value: object) -> int | None:
    """Return `value` as the number of a step; None unless it is a whole number."""
    number = as_number(value)
    if number is None or not number.is_integer() or abs(number) > _MAX_STEP:
        return None
    return int(number)


def as_time(value: object) -> float:
    """Return a time in seconds since 1970; NaN where `value` is none, such as a duration."""
    number = as_number(value)
    if number is None and isinstance(value, str):
        try:
            number = datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            return math.nan
    low, high = _UNIX_TIMES
    return number if number is not None and low < number < high else math.nan


def _kind_of(value: object) -> str:
    return {str: "texts", bool: "booleans", list: "lists"}.get(type(value), "values")
