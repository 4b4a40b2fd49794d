"""What event files say, item by item: small frozen objects, cleaned of anything harmful.

A thread reads and posts them, and another folds them (`core.tfevents.store`), so none of them is
ever changed. Every text in them went through `trainpad.text.sanitize`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]
HParam = float | str | bool


@dataclass(frozen=True, slots=True, eq=False)
class Scalars:
    """Points of one tag in the order they were written: three arrays of one length."""

    tag: str
    steps: Int64Array
    wall_times: Float64Array
    """Seconds since 1970, as the writer's clock had it: may run backwards, may be no number."""
    values: Float64Array

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How the values of one tag were distributed at one step."""

    tag: str
    step: int
    wall_time: float
    buckets: Float64Array
    """float64 ``[k, 3]``: left edge, right edge and count of each bucket; k may be 0."""

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.buckets.nbytes


@dataclass(frozen=True, slots=True)
class Text:
    """What was written under one tag at one step; the only control character in it is newline."""

    tag: str
    step: int
    wall_time: float
    text: str

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes, at its most."""
        return 4 * len(self.text)


@dataclass(frozen=True, slots=True)
class Image:
    """The pictures of one tag at one step, as the files hold them: PNG mostly, undecoded."""

    tag: str
    step: int
    wall_time: float
    width: int
    height: int
    encoded: tuple[bytes, ...]

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return sum(map(len, self.encoded))


@dataclass(frozen=True, slots=True)
class Experiment:
    """Which hyperparameters and which metrics (scalar tags) an experiment compares."""

    hparams: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionStart:
    """The hyperparameters of a run."""

    hparams: dict[str, HParam]
    group: str
    start_time: float


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How a run ended: ``success``, ``failure``, ``running`` or ``unknown``."""

    status: str
    end_time: float


@dataclass(frozen=True, slots=True)
class Restart:
    """The writer began again at `step`: what any tag had at it or later no longer holds."""

    step: int


Item = Scalars | Histogram | Text | Image | Experiment | SessionStart | SessionEnd | Restart
