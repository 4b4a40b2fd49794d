"""What is found in printed lines."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.output.texts import Number


@dataclass(frozen=True, slots=True)
class Numbers:
    """Metrics of one step."""

    step: int
    values: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class EpochBegins:
    """An epoch, counted from 0, of `epochs` where that is known, which begins at `step`."""

    epoch: int
    epochs: int | None
    step: int


Found = Numbers | EpochBegins
