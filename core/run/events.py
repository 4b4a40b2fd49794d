"""Everything that can happen in a run, as small frozen objects.

A source of numbers is an iterator of these; a view of a run is folded from them. Those in
`RECORDED` are kept in `events.jsonl` as one JSON object a line, ``event`` being the name there.

Steps are counted from 0. `step` is the number of steps done when the event happened, so that an
evaluation after the first thousand has step 1000; only a checkpoint's file is named after the
index of its last step (``step-000999``), as in the lab.
"""

import dataclasses
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from core.run.metrics import accuracy, as_matrix

if TYPE_CHECKING:
    from data.dataset import Dataset
    from trainpad.control import Control

LIVE_STATES: Final = ("starting", "training", "paused")
"""The states of a run in which more may happen."""
Losses = npt.NDArray[np.float32]
NamedArrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Event:
    """Something that happened, and when (Unix time, seconds)."""

    time: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, eq=False)
class Preparing(Event):
    """The run is not training yet because of this: loading TensorFlow, drawing digits."""

    what: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Opened(Event):
    """The run's directory exists; `info` is its `run.json`.

    `control` is how to steer it, or None where nothing can be steered any more.
    """

    directory: str
    info: dict[str, Any]
    control: "Control | None" = None
    dataset: "Dataset | None" = None
    """What it trains on, where that is at hand: in the process that trains."""


@dataclass(frozen=True, slots=True, eq=False)
class Started(Event):
    """Training starts at `step`; whatever was recorded at or after it is void."""

    step: int
    hyperparameters: dict[str, Any]
    device: str
    parameters: int
    planned: list[tuple[int, str, Any]] = field(default_factory=list)
    """Changes that are to come: step, hyperparameter, value."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps(Event):
    """The losses of consecutive steps, float32 ``[n]``, that took `seconds` together."""

    first: int
    losses: Losses
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Changed(Event):
    """A hyperparameter was changed; the new value holds from step `step` on."""

    step: int
    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, eq=False)
class Paused(Event):
    """No step follows until somebody wants it."""

    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Resumed(Event):
    """Steps follow again."""

    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated(Event):
    """How the network does on whole splits.

    `confusion` holds for each split a ``[classes][classes]`` matrix of counts, a row for what the
    image shows, a column for what was read; precision, recall and the rest follow from it. `loss`
    holds each split's mean loss.
    """

    step: int
    confusion: dict[str, list[list[int]]]
    loss: dict[str, float]
    seconds: float

    def accuracy(self, split: str) -> float:
        """The share of a split that was read right."""
        return accuracy(as_matrix(self.confusion[split]))


@dataclass(frozen=True, slots=True, eq=False)
class Weights(Event):
    """The weights and biases after `step` steps, for whoever wants to look or classify."""

    step: int
    arrays: NamedArrays
    previous: NamedArrays = field(default_factory=dict)
    """The same one step earlier, where that is at hand: shows what one step changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(Event):
    """All that an exact resume needs, to be written as a checkpoint; `Saved` follows when it is."""

    step: int
    arrays: NamedArrays
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Saved(Event):
    """A checkpoint is on the disk; `best` when no earlier one did better on validation."""

    step: int
    file: str
    best: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Alert(Event):
    """Something went wrong that training survives; one sentence."""

    step: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Notice(Event):
    """Something worth knowing happened; one sentence."""

    step: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Diverged(Event):
    """The loss is no longer one that training comes back from; the run ends.

    `loss` is that of the last step where it is not finite, else the mean that is too high; `why`
    says which. No checkpoint was overwritten; `checkpoint` is the newest, or nothing.
    """

    step: int
    loss: float
    why: str = ""
    checkpoint: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Failed(Event):
    """Training broke; one sentence. The traceback is in `run.log`."""

    step: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Finished(Event):
    """The run ended after `step` steps: ``done``, ``stopped`` or ``interrupted``."""

    step: int
    reason: str
    seconds: float

    @property
    def state(self) -> str:
        """What the run is from here on: ``done`` or ``stopped``."""
        return "done" if self.reason.startswith("done") else "stopped"


@dataclass(frozen=True, slots=True, eq=False)
class Lost(Event):
    """The process that wrote the run is gone, and the run has not ended."""

    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Tick(Event):
    """Nothing happened; lets whoever pulls the events look up from them."""


RECORDED: Mapping[str, type[Event]] = {
    "preparing": Preparing,
    "started": Started,
    "changed": Changed,
    "paused": Paused,
    "continued": Resumed,
    "evaluated": Evaluated,
    "saved": Saved,
    "warned": Alert,
    "noted": Notice,
    "diverged": Diverged,
    "failed": Failed,
    "finished": Finished,
}
"""The events that `events.jsonl` keeps, by their names there."""
RECORDED_NAMES: Mapping[type[Event], str] = {kind: name for name, kind in RECORDED.items()}


def to_json(event: Event) -> str:
    """One line of `events.jsonl`; numbers that JSON does not know become strings."""
    fields = {entry.name: getattr(event, entry.name) for entry in dataclasses.fields(event)}
    return json.dumps({"event": RECORDED_NAMES[type(event)], **json_safe(fields)}, allow_nan=False)


def from_json(line: str | bytes) -> Event | None:
    """The event of one line, or None where it is none that this version knows."""
    try:
        values = json.loads(line)
        kind = RECORDED[values.pop("event")]
        known = {entry.name for entry in dataclasses.fields(kind)}
        return _with_floats(kind(**{n: value for n, value in values.items() if n in known}))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _with_floats(event: Event) -> Event:
    """`event` with the numbers that JSON does not know as numbers again."""
    match event:
        case Diverged(loss=loss):
            return dataclasses.replace(event, loss=float(loss))
        case Evaluated(loss=losses):
            numbers = {split: float(loss) for split, loss in losses.items()}
            return dataclasses.replace(event, loss=numbers)
    return event


def json_safe(value: Any) -> Any:
    """`value` with NaN and infinities as strings, which `float` reads back."""
    if isinstance(value, dict):
        return {key: json_safe(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else str(float(value))
    return value
