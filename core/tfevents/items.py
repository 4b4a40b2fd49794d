"""Items of event files: small immutable objects with sanitized text.

One thread reads and posts them, another folds them into a run (`core.tfevents.store`), so they
are never changed. Every text in them went through `trainpad.text.sanitize`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]
HParam = float | str | bool


@dataclass(frozen=True, slots=True, eq=False)
class Scalars:
    """Scalar points of one tag in file order: three arrays of equal length."""

    tag: str
    steps: Int64Array
    wall_times: Float64Array
    """Seconds since 1970 by the writer's clock; not necessarily increasing, may be NaN."""
    values: Float64Array
    file: str = ""
    """The name of its file; the later ones of a run have the greater names."""

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """A histogram of one tag at one step."""

    tag: str
    step: int
    wall_time: float
    buckets: Float64Array
    """float64 ``[k, 3]``: left edge, right edge and count of each bucket; k may be 0."""

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""
        return self.buckets.nbytes


@dataclass(frozen=True, slots=True)
class Text:
    """A text of one tag at one step; newline is its only control character."""

    tag: str
    step: int
    wall_time: float
    text: str

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes (an upper bound)."""
        return 4 * len(self.text)


@dataclass(frozen=True, slots=True)
class Image:
    """The images of one tag at one step, still encoded (mostly PNG)."""

    tag: str
    step: int
    wall_time: float
    width: int
    height: int
    encoded: tuple[bytes, ...]

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""
        return sum(map(len, self.encoded))


@dataclass(frozen=True, slots=True)
class Experiment:
    """The hyperparameters and metrics (scalar tags) that an experiment compares."""

    hparams: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionStart:
    """The hyperparameters of a run."""

    hparams: dict[str, HParam]


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How a run ended: ``success``, ``failure``, ``running`` or ``unknown``."""

    status: str


@dataclass(frozen=True, slots=True)
class Restart:
    """The writer restarted at `step`: points of every tag at that step or later are superseded."""

    step: int


Item = Scalars | Histogram | Text | Image | Experiment | SessionStart | SessionEnd | Restart
