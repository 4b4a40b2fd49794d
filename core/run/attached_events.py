"""The events that only attached runs have: numbers by name, and what their program declares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.run.events import Alert, Evaluated, Event, StepEvent

REQUESTS: Final = ("pause", "stop", "save", "evaluate")
"""What can be requested of a program, besides values."""


@dataclass(frozen=True, slots=True, eq=False)
class MetricPoints(Event):
    """A table of numbers: for each row a step and its time, for each column a metric."""

    names: tuple[str, ...]
    steps: npt.NDArray[np.int64]
    """``[n]``, in the order in which they were logged."""
    times: npt.NDArray[np.float64]
    """Unix time of each row, ``[n]``."""
    values: npt.NDArray[np.float32]
    """``[n, metrics]``."""
    fraction_read: float = 1.0
    """How much of the file was read by now, from 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Described(Event):
    """The program has changed the run's `run.json`, such as its configuration, to `info`."""

    info: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class MetricsVoided(StepEvent):
    """A resumed run goes on from `step`: numbers recorded earlier at or after it are void."""


@dataclass(frozen=True, slots=True, eq=False)
class Resumed(StepEvent):
    """A resumed program goes on from this step; `Started` knows the steps that were recorded."""


@dataclass(frozen=True, slots=True, eq=False)
class Declared(StepEvent):
    """The program declared a value that can be changed from outside."""

    name: str
    value: Any
    low: float | None = None
    high: float | None = None
    scale: str | None = None
    choices: list[Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Supports(StepEvent):
    """What can be requested of the program: some of `REQUESTS`."""

    requests: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class Epoch(StepEvent):
    """Epoch number `epoch`, counted from 0, of `epochs` planned ones begins."""

    epoch: int
    epochs: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ProgramAlert(Alert):
    """The program reports something that a person should see."""

    level: str = "warn"
    """``info``, ``warn`` or ``error``."""


@dataclass(frozen=True, slots=True, eq=False)
class ConfusionLogged(Evaluated):
    """The program recorded confusion matrices, of the splits that it has."""

    classes: list[str] | None = None
    """The names of the classes; None where they have only numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Answered(StepEvent):
    """The program has seen a request to save or to evaluate."""

    request: str


@dataclass(frozen=True, slots=True, eq=False)
class ImagesLogged(StepEvent):
    """The program wrote images: their paths below the run directory, and a caption for each."""

    name: str
    files: list[str]
    captions: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class WeightsLogged(StepEvent):
    """The program recorded statistics of its weights, by layer."""

    layers: Mapping[str, "LayerStatistics"]


@dataclass(frozen=True, slots=True, eq=False)
class LayerStatistics:
    """Statistics of one array of weights, and a histogram of its finite values."""

    shape: tuple[int, ...]
    mean: float
    std: float
    norm: float
    low: float
    high: float
    counts: npt.NDArray[np.int64]
    """How many values are in each of the equal bins between `low` and `high`."""
    not_finite: int
