"""The state of a run, folded from its events: the one thing that every view shows.

`RunState.fold` is the only way in. It is called on one thread; views read the attributes, and
`version` changes with them.
"""

import copy
from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np

from core.run.attached_events import (
    Answered,
    Declared,
    Described,
    Epoch,
    ImagesLogged,
    MetricPoints,
    MetricsVoided,
    ProgramAlert,
    Resumed,
    Supports,
    WeightsLogged,
)
from core.run.declared import apply_change
from core.run.events import (
    Alert,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Lost,
    NamedArrays,
    Notice,
    Opened,
    Paused,
    Preparing,
    Saved,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.hparams import (
    HyperParameters,
    known_hparams,
    validate_hparams,
)
from core.run.info import framework_in, parent_in, title_in
from core.run.log import CHECKPOINT_SAVED, MarkKind, RunLog
from core.run.metric_table import MetricTable
from core.run.own_hparams import OwnHparams, parse_declared
from core.run.program import ProgramState, logged_classes
from core.run.rate import ChunkRate, StepRate
from core.run.series import Points, Series
from core.run.status import RunStatus
from core.run.timeline import Timeline
from data.dataset import DIGITS, SPLITS, Dataset
from trainpad.errors import UserError
from trainpad.text import sanitize

MAX_PLANNED = 2**53
MAX_EVALUATION_WEIGHTS = 8
"""How many of the last evaluations keep their weights."""


class RunState:
    """The state of one run, folded from its events."""

    def __init__(self) -> None:
        self.version = 0
        self.is_replay = False
        """Whether a recorded run is played again: nothing can be requested of it."""
        self.directory = ""
        self.info: dict[str, Any] = {}
        self.status = RunStatus.STARTING
        self.preparation = ""
        """What delays the start of training, while it is starting."""
        self.device = ""
        self.parameters = 0
        self.hparams = HyperParameters()
        self.step = 0
        self.losses = Series()
        self.timeline = Timeline()
        self.evaluations: list[Evaluated] = []
        self.accuracy = {split: Points() for split in SPLITS}
        self.evaluated_loss = {split: Points() for split in SPLITS}
        """The mean loss of whole splits, without any penalty."""
        self.metrics = MetricTable()
        """The numbers that the program of an attached run logs, by name."""
        self.program = ProgramState()
        """What the program of an attached run declares."""
        self.own = OwnHparams()
        """The values that a model of a person's own asks for."""
        self.log_entries = RunLog()
        self.weights: NamedArrays = {}
        self.weights_step = -1
        self.previous_weights: NamedArrays = {}
        """The weights one step earlier, where known."""
        self.evaluated_weights: NamedArrays = {}
        """The weights of the newest evaluation; empty where unknown."""
        self.evaluation_weights: deque[tuple[int, NamedArrays]] = deque(
            maxlen=MAX_EVALUATION_WEIGHTS
        )
        """The steps and weights of the last evaluations of which they are known."""
        self.dataset: Dataset | None = None
        """The data it trains on; only in the process that trains."""
        self.checkpoint = ""
        self.why_diverged = ""
        self._chunk_rate = ChunkRate()
        self._rate = StepRate()

    # -- for views ----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The run's name; empty before it has one."""
        return sanitize(str(self.info.get("name", "")), limit=80)

    @property
    def is_attached(self) -> bool:
        """Whether another program trains it, and it has no hyperparameters of ours."""
        return self.info.get("kind") == "attached"

    @property
    def title(self) -> str:
        """Its name; of an attached run its project and the name that its program gave."""
        return title_in(self.info) or self.name

    @property
    def framework(self) -> str:
        """What the program of an attached run is built on: ``keras 3.9.0``; or empty."""
        return framework_in(self.info)

    @property
    def planned_steps(self) -> int:
        """How many steps are planned; 0 where an attached run does not say, or not yet."""
        if not self.is_attached:
            return self.hparams.max_steps
        steps, program = self.info.get("steps"), self.program
        if isinstance(steps, int) and 0 < steps < MAX_PLANNED:
            return steps
        return round(program.steps_per_epoch * min(program.planned_epochs or 0, MAX_PLANNED))

    @property
    def axis_end(self) -> int:
        """Where an axis of all steps ends: at the last planned one, or the last of an ended run."""
        return self.planned_steps if self.is_live else self.step

    @property
    def parent(self) -> str:
        """What it was branched from: ``a-run at step 5,000``; empty if it was not."""
        return parent_in(self.info)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, sanitized; the ten digits where none are given."""
        if self.is_attached:
            return logged_classes(self.evaluations)
        names = self.info.get("dataset", {}).get("classes")
        if not isinstance(names, list) or not names:
            return DIGITS
        return tuple(sanitize(str(name), limit=40) for name in names)

    @property
    def activity(self) -> str:
        """What it is doing, in a few words."""
        preparation = self.preparation if self.status is RunStatus.STARTING else ""
        if (read := self.metrics.fraction_read) < 1:
            return f"reading {read:.0%}"
        return preparation or self.status

    @property
    def is_live(self) -> bool:
        """Whether the run can still make progress, and so can be steered."""
        return self.status.is_live

    @property
    def best_step(self) -> int:
        """The step of the best evaluation on validation, the first of equals; -1 without any."""
        points, losses = self.accuracy["validation"], self.evaluated_loss["validation"]
        if not len(points) and len(losses):  # of a model that gives no classes
            return int(losses.steps[losses.values.argmin()])
        return int(points.steps[points.values.argmax()]) if len(points) else -1

    @property
    def loss(self) -> float:
        """The newest loss; NaN before the first."""
        return float(self.losses.values[-1]) if len(self.losses) else float("nan")

    @property
    def steps_per_second(self) -> float:
        """The mean over the last seconds of training; 0 before."""
        return (self._rate if self.is_attached else self._chunk_rate).per_second

    @property
    def seconds_left(self) -> float:
        """Seconds until all planned steps are done; infinity while that is not known."""
        rate, planned = self.steps_per_second, self.planned_steps
        return (planned - self.step) / rate if rate and 0 < planned >= self.step else float("inf")

    def reopened(self) -> "RunState":
        """This run as it is while a session that resumes it starts; this object stays as it is.

        Both share their series, which nothing changes before `Started`.
        """
        run = copy.copy(self)
        run.directory, run.status, run.preparation = "", RunStatus.STARTING, ""
        run.is_replay = False
        return run

    # -- folding ------------------------------------------------------------------------------

    def fold(self, event: Event) -> None:
        """Update the state with the next event."""
        if isinstance(event, Tick):
            return
        self.version += 1
        match event:
            case Steps():
                self._on_steps(event)
            case MetricPoints():
                self._on_points(event)
            case Weights():
                self._on_weights(event)
            case Evaluated():
                self._on_evaluated(event)
            case Preparing(what=what, fraction=fraction):
                done = f" {fraction:.0%}" if fraction is not None else ""
                self.preparation = sanitize(what, limit=100) + done
            case Opened(directory=directory, info=info, dataset=dataset):
                self.directory, self.info, self.dataset = directory, info, dataset
                self.log_entries.add_opened(info)
                self._set_hyperparameters(info.get("hyperparameters", {}))
            case Described(info=info):
                self.info = info
            case Started():
                self._on_started(event)
            case Resumed():
                self._go_on_from(event)
            case Paused():
                self.status = RunStatus.PAUSED
            case Continued():
                self.status = RunStatus.TRAINING
                self._chunk_rate.clear()
                self._rate.clear(event.time)
            case Declared() | Supports() | Epoch() | ImagesLogged() | WeightsLogged():
                self.program.fold(event)
            case MetricsVoided(step=step):
                self.metrics.truncate(step)
                self.step = min(self.step, step)
            case Answered(step=step, request=request):
                self.log_entries.add(
                    step, f"{sanitize(request, limit=40)}: the program has seen the request"
                )
            case Changed():
                self._on_changed(event)
            case Saved() | Alert() | Notice():
                self._on_message(event)
            case _:
                self._on_end(event)

    def _on_steps(self, event: Steps) -> None:
        self.status, self.preparation = RunStatus.TRAINING, ""
        self._append_losses(event)
        self.step = event.first + len(event.losses)
        if not len(self.timeline):
            self.timeline.extend([event.first], [event.time - event.seconds])
        self.timeline.extend([self.step], [event.time])
        self._chunk_rate.add(len(event.losses), event.time, event.seconds)

    def _on_points(self, event: MetricPoints) -> None:
        self.metrics.extend(event)
        if len(event.steps):
            self.step = max(self.step, int(event.steps.max()) + 1)
            self._rate.add(event.steps, event.times)
            self.program.reach(self.step, self.planned_steps)

    def _append_losses(self, event: Steps) -> None:
        """Store each loss at its step: repeated steps are replaced, missing ones are NaN."""
        self.losses.truncate(event.first)
        if missing := event.first - len(self.losses):
            self.losses.extend(np.full(missing, np.nan, np.float32))
        self.losses.extend(event.losses)

    def _on_weights(self, event: Weights) -> None:
        self.weights, self.weights_step = event.arrays, event.step
        self.previous_weights = event.previous
        if self.evaluations and self.evaluations[-1].step == event.step:
            self._store_evaluation_weights()

    def _on_evaluated(self, event: Evaluated) -> None:
        while self.evaluations and self.evaluations[-1].step >= event.step:
            before = self.evaluations.pop()
            if self.is_attached and before.step == event.step:  # each split is logged by itself
                event = replace(event, confusion={**before.confusion, **event.confusion})
        self.evaluations.append(event)
        self.evaluated_weights = {}
        if self.weights_step == event.step:
            self._store_evaluation_weights()
        for split in event.confusion:
            points = self.accuracy.setdefault(split, Points())
            points.append(event.step, event.accuracy(split), event.time)
        for split, loss in event.loss.items():
            if split in self.evaluated_loss:
                self.evaluated_loss[split].append(event.step, loss, event.time)
        for split, metrics in event.metrics.items():
            shown = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            self.log_entries.add(event.step, f"{split}: {shown}")

    def _store_evaluation_weights(self) -> None:
        """Store the current weights as those of the newest evaluation."""
        self.evaluated_weights = self.weights
        while self.evaluation_weights and self.evaluation_weights[-1][0] >= self.weights_step:
            self.evaluation_weights.pop()
        self.evaluation_weights.append((self.weights_step, self.weights))

    def _on_started(self, event: Started) -> None:
        self.status = RunStatus.TRAINING
        self.device, self.parameters = event.device, event.parameters
        self._set_hyperparameters(event.hyperparameters)
        self._go_on_from(event)
        self.own.declare([parse_declared(declared) for declared in event.own])

    def _go_on_from(self, event: Started | Resumed) -> None:
        """Drop what was folded of steps after the one that training goes on from."""
        self.step = event.step
        self.losses.truncate(event.step)
        self.evaluations = [entry for entry in self.evaluations if entry.step <= event.step]
        for points in (*self.accuracy.values(), *self.evaluated_loss.values()):
            points.truncate_after(event.step)
        self._chunk_rate.clear()
        self._rate.clear(event.time)
        self.program.fold(event)
        self.log_entries.go_on_from(event.step, corrected=isinstance(event, Resumed))

    def _set_hyperparameters(self, values: dict[str, Any]) -> None:
        try:
            self.hparams = validate_hparams(known_hparams(values))
        except UserError as error:
            self.log_entries.warn(self.step, str(error))

    def _on_changed(self, event: Changed) -> None:
        if (texts := apply_change(self, event)) is not None:
            mark = MarkKind.NOTE if event.by else MarkKind.CHANGE
            self.log_entries.add(event.step, texts[0], mark=mark, label=texts[1])

    def _on_message(self, event: Saved | Alert | Notice) -> None:
        match event:
            case Saved(step=step, file=file, best=best):
                self.checkpoint = sanitize(file, limit=80)
                text = CHECKPOINT_SAVED + (", best so far on validation" if best else "")
                self.log_entries.add(step, text, mark=MarkKind.CHECKPOINT)
            case ProgramAlert(step=step, text=text, level="info"):
                self.log_entries.add(step, sanitize(text, limit=300), mark=MarkKind.NOTE)
            case Alert(step=step, text=text):
                self.log_entries.warn(step, text)
            case Notice(step=step, text=text):
                mark = MarkKind.NOTE if self.is_attached else None
                self.log_entries.add(step, sanitize(text, limit=300), mark=mark)

    def _on_end(self, event: Event) -> None:
        match event:
            case Diverged(step=step):
                self.status = RunStatus.DIVERGED
                self.why_diverged = sanitize(event.reason, limit=300)
                keys = "b branches, r resumes with a smaller rate"
                if not event.checkpoint:
                    keys = "r begins again with a smaller rate"
                text = f"diverged: {keys}; {self.why_diverged}"
                self.log_entries.add(
                    step, text, urgent=True, mark=MarkKind.DIVERGED, label="diverged"
                )
            case Failed(step=step, text=text):
                self.status = RunStatus.FAILED
                self.log_entries.warn(step, text)
            case Lost(step=step, folder_is_gone=folder_is_gone):
                self.status = RunStatus.LOST
                can_resume = not self.is_attached and not folder_is_gone
                hint = "; resume with `trainpad --resume`" if can_resume else ""
                self.log_entries.warn(step, event.reason + hint)
            case Finished(step=step, seconds=seconds):
                self.status = event.status
                self.step = max(self.step, step)  # a fine-tuned run has no losses
                self.log_entries.add(
                    step, f"{sanitize(event.reason, limit=80)} after {seconds:,.1f} s"
                )
