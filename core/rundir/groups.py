"""Runs that differ in their seed alone, so that mean and spread can be given over them."""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from core.run.seeds import (
    SEED_IN_NAME,
    command_without_seed,
    compiled,
    is_seed,
    same_but_seed,
    without_seed,
)
from core.rundir.entry import RunEntry
from core.rundir.shared_names import shared_name, without_start
from trainpad.expression import Expression

_SEED_IN_NAME: Final = compiled(SEED_IN_NAME)


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of some values, and their spread."""

    mean: float
    deviation: float
    """The sample standard deviation; NaN of fewer than two values."""
    count: int


@dataclass(frozen=True, eq=False)
class RunGroup:
    """Runs with the same settings, or the same command line, except for the seed; or by names."""

    entries: tuple[RunEntry, ...]

    @property
    def first(self) -> RunEntry:
        """The first of them in the list."""
        return self.entries[0]

    @cached_property
    def name(self) -> str:
        """What the names of its runs share, or their settings; of a single run its title."""
        return shared_name(self.entries) if len(self.entries) > 1 else self.first.title


def group_runs(entries: Sequence[RunEntry], pattern: Expression | None = None) -> list[RunGroup]:
    """The groups of these runs, in the order of their first ones.

    With `pattern`, runs of a project with names that differ only where it matches are a group.
    """
    groups: dict[Hashable, list[RunEntry]] = {}
    for entry in entries:
        key = _key(entry) if pattern is None else _name_key(entry, pattern)
        groups.setdefault(key, []).append(entry)
    return [RunGroup(tuple(group)) for group in groups.values()]


def spread_of(values: Iterable[float | None]) -> Spread | None:
    """The mean and spread of the values that are finite; None without any."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return None
    mean = math.fsum(known) / len(known)
    squares = math.fsum((value - mean) ** 2 for value in known)
    deviation = math.sqrt(squares / (len(known) - 1)) if len(known) > 1 else math.nan
    return Spread(mean, deviation, len(known))


def _key(entry: RunEntry) -> Hashable:
    """Equal for runs that differ in their seed alone, as far as is known."""
    summary = entry.summary
    planned = summary.max_steps if summary.is_attached else 0
    return summary.kind, entry.project, summary.dataset, planned, _experiment(entry)


def _name_key(entry: RunEntry, pattern: Expression) -> Hashable:
    """Equal for runs of a project with names that differ only where `pattern` matches."""
    name = without_seed(without_start(entry.title), pattern)
    return entry.summary.kind, entry.project, name


def _experiment(entry: RunEntry) -> Hashable:
    """The settings of a run except for seeds; without any, its command line and label, or its name.

    A run of which nothing is known is a group of its own.
    """
    values = entry.values
    if entry.summary.is_study:
        return entry.run.path
    if not all(map(is_seed, values.settings)):
        return same_but_seed(values.settings)
    if values.command:
        label = without_seed(values.label, _SEED_IN_NAME)
        return values.folder, command_without_seed(values.command), label
    name = without_start(entry.title)
    rest = without_seed(name, _SEED_IN_NAME)
    return rest if rest != name else entry.run.path
