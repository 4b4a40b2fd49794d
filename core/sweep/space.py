"""What a sweep varies: ranges and choices, parsed from what a flag or a file gives.

``0.001..1`` is a range, ``sgd|adam`` are choices, and anything else is one fixed value. After a
range, ``:log`` or ``:linear`` says how it is sampled, and ``:5`` of how many values a grid is.
"""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from core.run.hparams import SPECS
from trainpad.errors import UserError

NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
RANGE: Final = re.compile(rf"({NUMBER})\.\.({NUMBER})((?::[a-z0-9]+)*)")
MAX_CHOICES: Final = 1000
MAX_GRID_POINTS: Final = 1000
Setting = int | float | str
"""A value of one hyperparameter in one trial."""
Point = Mapping[str, Setting]
"""The values of everything that is varied, by name."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included."""

    name: str
    low: float
    high: float
    is_log: bool = False
    is_whole: bool = False
    points: int = 0
    """How many evenly spaced values a grid takes; 0 where that is not said."""
    step: int = 1
    """Of whole numbers: from one value to the next."""

    def check(self, text: str) -> Setting:
        """The number that `text` is.

        Raises:
            UserError: it is no number of this range.
        """
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        is_between = self.is_whole and (value - self.low) % self.step != 0
        if not self.low <= value <= self.high or is_between:
            noun = "a whole number" if self.is_whole else "a number"
            raise UserError(f"{self.name} must be {noun} in {self.shown}, not {text[:40]!r}")
        return int(value) if self.is_whole else value

    def grid(self) -> list[Setting]:
        """The values that a grid takes.

        Raises:
            UserError: it is not said how many.
        """
        if self.is_whole and not self.points and not self.is_log:
            values: list[Setting] = list(range(int(self.low), int(self.high) + 1, self.step))
            if len(values) <= MAX_GRID_POINTS:
                return values
        if not self.points:
            raise UserError(
                f"a grid needs to know how many values of {self.name} to take: "
                f"{self.shown}:5, or choices such as 0.01|0.1"
            )
        if self.points == 1:
            return [int(self.low) if self.is_whole else self.low]
        parts = [i / (self.points - 1) for i in range(self.points)]
        if self.is_log:
            spread = [self.low * (self.high / self.low) ** part for part in parts]
        else:
            spread = [self.low + (self.high - self.low) * part for part in parts]
        spread[-1] = self.high
        if self.is_whole:
            return list(dict.fromkeys(self._nearest(value) for value in spread))
        return list(spread)

    def _nearest(self, value: float) -> int:
        """The whole number of the range that is nearest."""
        return int(self.low) + self.step * round((value - self.low) / self.step)

    @property
    def shown(self) -> str:
        """The range as it is given: ``0.001..1.0``."""
        if self.is_whole:
            return f"{self.low:.0f}..{self.high:.0f}"
        return f"{float(self.low)!r}..{float(self.high)!r}"

    @property
    def text(self) -> str:
        """All of it as it is given, from which it is parsed again."""
        points = f":{self.points}" if self.points else ""
        step = f":step{self.step}" if self.step > 1 else ""
        return f"{self.shown}:{'log' if self.is_log else 'linear'}{points}{step}"


@dataclass(frozen=True, slots=True)
class Choices:
    """Some values of any kind, each as its text."""

    name: str
    values: tuple[str, ...]

    def check(self, text: str) -> Setting:
        """The choice that `text` is.

        Raises:
            UserError: it is none.
        """
        if text not in self.values:
            raise UserError(f"{self.name} must be one of {self.text}, not {text[:40]!r}")
        return text

    def grid(self) -> list[Setting]:
        """The values that a grid takes: all."""
        return list(self.values)

    @property
    def text(self) -> str:
        """The choices as they are given: ``sgd|adam``."""
        return "|".join(self.values)


Dimension = Range | Choices


@dataclass(frozen=True, slots=True)
class Space:
    """What is varied, by name; each name once."""

    dimensions: Mapping[str, Dimension] = field(default_factory=dict)

    def check_point(self, texts: Mapping[str, str]) -> dict[str, Setting]:
        """The values of some of the names, from their texts.

        Raises:
            UserError: a name is not varied, or a value is not in its range.
        """
        for name in texts:
            if name not in self.dimensions:
                known = ", ".join(self.dimensions)
                raise UserError(f"{name[:40]!r} is not varied in this study; varied are: {known}")
        return {name: self.dimensions[name].check(text) for name, text in texts.items()}

    def grid(self) -> dict[str, list[Setting]]:
        """The values of each name that a grid combines.

        Raises:
            UserError: a range does not say how many.
        """
        return {name: dimension.grid() for name, dimension in self.dimensions.items()}

    def narrowed(self, name: str, text: str) -> "Space":
        """The space with a smaller range for `name`; what was sampled outside it stays recorded.

        Raises:
            UserError: the name has no range, or `text` is not a part of it.
        """
        before = self.dimensions.get(name)
        if not isinstance(before, Range):
            raise UserError(f"{name[:40]!r} is no range of this study, so it cannot be narrowed")
        if not RANGE.fullmatch(text):
            raise UserError(f"{name} is narrowed to a range such as {before.shown}, not {text!r}")
        after = parse_dimension(name, text)
        if not isinstance(after, Range) or not before.low <= after.low < after.high <= before.high:
            raise UserError(f"{name} must be narrowed to a part of {before.shown}, not {text!r}")
        if before.is_whole:
            before.check(f"{after.low:g}")
            before.check(f"{after.high:g}")
        kept = replace(before, low=after.low, high=after.high)
        return Space({**self.dimensions, name: kept})


def narrowed_by(space: Space, ranges: Mapping[str, str]) -> Space:
    """The space with these narrowed ranges, by name; without those that are no part of it."""
    for name, text in ranges.items():
        with suppress(UserError):
            space = space.narrowed(name, text)
    return space


def is_varied(text: str) -> bool:
    """Whether a flag's value is a range or choices, and not one fixed value."""
    return RANGE.fullmatch(text) is not None or "|" in text


def parse_dimension(name: str, text: str) -> Dimension:
    """The range or the choices of the hyperparameter or flag `name`.

    Raises:
        UserError: it is empty, reversed, or a value is not one that the hyperparameter takes.
    """
    match = RANGE.fullmatch(text)
    dimension = _range(name, match) if match else _choices(name, text)
    _check_values(dimension)
    return dimension


def _choices(name: str, text: str) -> Choices:
    values = tuple(dict.fromkeys(part.strip() for part in text.split("|")))
    if not all(values) or len(values) < 2:
        raise UserError(f"{name} must have at least two choices, such as 0.01|0.1, not {text!r}")
    if len(values) > MAX_CHOICES:
        raise UserError(f"{name} has {len(values):,} choices; at most {MAX_CHOICES:,} are possible")
    return Choices(name, values)


def _range(name: str, match: re.Match[str]) -> Range:
    low_text, high_text, options = match.groups()
    low, high = float(low_text), float(high_text)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UserError(f"{name}: a range must be of finite numbers, not {match.group()!r}")
    if low >= high:
        raise UserError(
            f"{name}: the range {match.group()} is empty; write the smaller number first"
        )
    spec = SPECS.get(name)
    is_whole = spec.kind is int if spec else low_text.isdecimal() and high_text.isdecimal()
    is_log, points, step = bool(spec and spec.multiplier) and low > 0, 0, 1
    for option in options.split(":")[1:]:
        if option in ("log", "linear"):
            is_log = option == "log"
        elif option.isdecimal() and 1 <= int(option) <= MAX_GRID_POINTS:
            points = int(option)
        elif is_whole and re.fullmatch(r"step[1-9]\d{0,8}", option):
            step = int(option.removeprefix("step"))
        else:
            raise UserError(
                f"{name}: {option!r} is neither log, linear, a number of points, "
                "nor of whole numbers a step such as step8"
            )
    if is_log and low <= 0:
        raise UserError(f"{name}: a logarithmic range must begin above 0, not at {low:g}")
    if is_whole and (low != int(low) or high != int(high)):
        raise UserError(f"{name}: the range {match.group()} must be of whole numbers")
    if step > 1 and (is_log or (high - low) % step):
        raise UserError(f"{name}: {match.group()} must be linear, and its ends whole steps apart")
    return Range(name, low, high, is_log, is_whole, points, step)


def _check_values(dimension: Dimension) -> None:
    """Check the ends of a range, or all choices, as the flag of the hyperparameter would."""
    spec = SPECS.get(dimension.name)
    if spec is None:
        return
    if isinstance(dimension, Choices):
        for value in dimension.values:
            spec.check(value)
    elif spec.kind not in (int, float):
        raise UserError(f"{dimension.name} takes no range; give choices, such as a|b")
    else:
        for end in (dimension.low, dimension.high):
            spec.check(end)
