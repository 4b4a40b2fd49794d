"""Everything that can happen in a run, as small frozen objects.

A source of numbers is an iterator of these events; a view of a run is folded from them. Those in
`RECORDED` are written to `events.jsonl`, one JSON object a line; its key ``event`` is the name
in that table.

Steps are counted from 0. `step` is the number of steps done when the event happened, so that an
evaluation after the first thousand has step 1000; only a checkpoint's file is named after the
index of its last step (``step-000999``), as in the lab.
"""

import dataclasses
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from core.run.metrics import accuracy_of
from core.run.status import Outcome, RunStatus

if TYPE_CHECKING:
    from data.dataset import Dataset
    from trainpad.control import Control

Losses = npt.NDArray[np.float32]
NamedArrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Event:
    """Something that happened, and when (Unix time, seconds)."""

    time: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, eq=False)
class StepEvent(Event):
    """Something that happened after `step` steps."""

    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Preparing(Event):
    """The run is not training yet because of this: loading TensorFlow, drawing digits."""

    what: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Opened(Event):
    """The run's directory exists; `info` is its `run.json`.

    `control` steers the run; None where it cannot be steered.
    """

    directory: str
    info: dict[str, Any]
    control: "Control | None" = None
    dataset: "Dataset | None" = None
    """The data it trains on; only in the process that trains."""


@dataclass(frozen=True, slots=True, eq=False)
class Started(StepEvent):
    """Training starts at `step`; everything recorded earlier of later steps is void."""

    hyperparameters: dict[str, Any]
    device: str
    parameters: int
    planned: list[tuple[int, str, Any]] = field(default_factory=list)
    """Changes planned for later steps: step, hyperparameter, value."""
    own: list[dict[str, Any]] = field(default_factory=list)
    """The values that a model of a person's own asks for; see `core.run.own_hparams`."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps(Event):
    """The losses of consecutive steps from `first` on, float32 ``[n]``, and their seconds."""

    first: int
    losses: Losses
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Changed(StepEvent):
    """A hyperparameter was changed; the new value is used from step `step` on."""

    name: str
    old: Any
    new: Any
    by: str = ""
    """``program``, where the program of an attached run changed it by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Paused(StepEvent):
    """Training is paused until it is resumed."""


@dataclass(frozen=True, slots=True, eq=False)
class Continued(StepEvent):
    """Training continues after a pause."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated(StepEvent):
    """The network was evaluated on whole splits.

    `confusion` holds for each split a ``[classes][classes]`` matrix of counts with a row for each
    true class and a column for each predicted one, from which every metric follows (see
    `core.run.metrics`). `loss` holds each split's mean loss. A model that gives no classes has no
    matrices.
    """

    confusion: dict[str, list[list[int]]]
    loss: dict[str, float]
    seconds: float
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    """By split and name, what a model of a person's own was compiled with."""

    def score(self, split: str) -> float:
        """The accuracy, or minus the loss of a model without classes: higher is better."""
        return self.accuracy(split) if self.confusion else -self.loss.get(split, math.inf)

    def accuracy(self, split: str) -> float:
        """The fraction of a split that was classified correctly."""
        return accuracy_of(self.confusion[split])


@dataclass(frozen=True, slots=True, eq=False)
class Weights(StepEvent):
    """The weights and biases after `step` steps, to be shown or to classify with."""

    arrays: NamedArrays
    previous: NamedArrays = field(default_factory=dict)
    """The same one step earlier, where known; shows what one step changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(StepEvent):
    """Everything an exact resume needs, to be written as a checkpoint; `Saved` follows."""

    arrays: NamedArrays
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Saved(StepEvent):
    """A checkpoint was written; `best` if its accuracy on validation is the highest so far."""

    file: str
    best: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Alert(StepEvent):
    """Something went wrong but training continues; one sentence."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Notice(StepEvent):
    """Something worth knowing happened; one sentence."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Diverged(StepEvent):
    """The loss became non-finite or far too high, and the run ended.

    `loss` is that of the last step where it is not finite, else the mean that is too high; `why`
    says which. No checkpoint was overwritten; `checkpoint` is the newest, or empty.
    """

    loss: float
    why: str = ""
    checkpoint: str = ""

    @property
    def reason(self) -> str:
        """Why it diverged, and what was saved, as recorded: the caller sanitizes it."""
        saved = f"last checkpoint {self.checkpoint}" if self.checkpoint else "no checkpoint yet"
        return f"{self.why or f'the loss is {self.loss}'}; {saved}"


@dataclass(frozen=True, slots=True, eq=False)
class Failed(StepEvent):
    """Training failed; one sentence. The traceback is in `run.log`."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Finished(StepEvent):
    """The run ended after `step` steps, of which this session's took `seconds`."""

    outcome: Outcome
    seconds: float
    detail: str = ""
    """More about the outcome, such as ``precision 0.9800 reached``; may be empty."""

    @property
    def status(self) -> RunStatus:
        """The status of the run from now on."""
        return self.outcome.status

    @property
    def reason(self) -> str:
        """The outcome and its detail, as recorded: ``done: precision 0.9800 reached``."""
        return f"{self.outcome}: {self.detail}" if self.detail else str(self.outcome)


@dataclass(frozen=True, slots=True, eq=False)
class Lost(StepEvent):
    """The process that wrote the run is gone, or its folder is; the run has not ended."""

    folder_is_gone: bool = False
    """Whether the run's folder was deleted: its process may be alive then."""

    @property
    def reason(self) -> str:
        """What is gone."""
        return "its folder is gone" if self.folder_is_gone else "the training process is gone"


@dataclass(frozen=True, slots=True, eq=False)
class Tick(Event):
    """Nothing happened; gives the consumer a chance to do something else."""


END_EVENTS: Final = (Finished, Diverged, Failed)
"""How a run ends, unless its process is lost."""
RECORDED: Mapping[str, type[Event]] = {
    "preparing": Preparing,
    "started": Started,
    "changed": Changed,
    "paused": Paused,
    "continued": Continued,
    "evaluated": Evaluated,
    "saved": Saved,
    "warned": Alert,
    "noted": Notice,
    "diverged": Diverged,
    "failed": Failed,
    "finished": Finished,
}
"""The recorded events by their names in `events.jsonl`, which never change."""
RECORDED_NAMES: Mapping[type[Event], str] = {kind: name for name, kind in RECORDED.items()}
"""The name in `events.jsonl` of each recorded event."""


def to_json(event: Event) -> str:
    """One line of `events.jsonl`; NaN and infinities become strings."""
    fields = {entry.name: getattr(event, entry.name) for entry in dataclasses.fields(event)}
    if isinstance(event, Finished):  # one text in the file
        fields.pop("detail")
        fields = {"reason" if n == "outcome" else n: value for n, value in fields.items()}
        fields["reason"] = event.reason
    return json.dumps({"event": RECORDED_NAMES[type(event)], **json_safe(fields)}, allow_nan=False)


def json_safe(value: Any) -> Any:
    """`value` with NaN and infinities as strings, which `float` converts back."""
    if isinstance(value, dict):
        return {key: json_safe(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else str(float(value))
    return value
