"""A run, as far as its events tell: the one thing that every view shows.

`Run.fold` is the only way in. It is called on one thread; views read the fields and may tell by
`version` whether anything changed.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.run.events import (
    LIVE_STATES,
    Alert,
    Changed,
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
    Resumed,
    Saved,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.hparams import SPECS, HyperParameters, as_dict, validate_hparams
from core.run.series import Points, Series
from core.run.timeline import Timeline
from data.dataset import DIGITS, SPLITS, Dataset
from trainpad.errors import UserError
from trainpad.text import sanitize

RATE_WINDOW = 2.0
"""Seconds over which steps per second are taken."""
MAX_LOG_ENTRIES = 500
"""How many messages are kept."""
MAX_EVALUATION_WEIGHTS = 8
"""The weights of how many evaluations are kept."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Something worth a line: at which step, what, and whether it asks for attention."""

    step: int
    text: str
    urgent: bool = False
    kind: str = ""
    """``change``, ``checkpoint``, ``warning``, ``diverged``: what a chart marks it with."""
    label: str = ""
    """The same in two words."""


class Run:
    """The state of one run, folded from its events."""

    def __init__(self) -> None:
        self.version = 0
        self.directory = ""
        self.info: dict[str, Any] = {}
        self.status = "starting"
        self.preparation = ""
        """What keeps it from training, while it is starting."""
        self.device = ""
        self.parameters = 0
        self.hparams = HyperParameters()
        self.step = 0
        self.losses = Series()
        self.timeline = Timeline()
        self.evaluations: list[Evaluated] = []
        self.accuracy = {split: Points() for split in SPLITS}
        self.learning_rate = Points()
        self.throughput = Points()
        self.log_entries: deque[LogEntry] = deque(maxlen=MAX_LOG_ENTRIES)
        self.weights: NamedArrays = {}
        self.weights_step = -1
        self.previous_weights: NamedArrays = {}
        """Those of one step earlier, where they came along."""
        self.evaluated_weights: NamedArrays = {}
        """Those that the newest evaluation was made with; nothing if they are not known."""
        self.evaluation_weights: deque[tuple[int, NamedArrays]] = deque(
            maxlen=MAX_EVALUATION_WEIGHTS
        )
        """Those of the last evaluations that are known, and their steps."""
        self.dataset: Dataset | None = None
        """What it trains on, in the process that trains it."""
        self.checkpoint = ""
        self._recent_chunks: deque[tuple[int, float, float]] = deque()

    # -- what views ask ----------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The run's name, or nothing before it has one."""
        return sanitize(str(self.info.get("name", "")), limit=80)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of what the network tells apart, fit to be shown; digits if nobody says."""
        names = self.info.get("dataset", {}).get("classes")
        if not isinstance(names, list) or not names:
            return DIGITS
        return tuple(sanitize(str(name), limit=40) for name in names)

    @property
    def activity(self) -> str:
        """What it does, in a word or a few: its status, or how it is being prepared."""
        preparing = self.preparation if self.status == "starting" else ""
        return preparing or self.status

    @property
    def live(self) -> bool:
        """Whether more may happen."""
        return self.status in LIVE_STATES

    @property
    def loss(self) -> float:
        """The newest loss; NaN before the first."""
        return float(self.losses.values[-1]) if len(self.losses) else float("nan")

    @property
    def steps_per_second(self) -> float:
        """Over the last two seconds of training; 0 before."""
        seconds = sum(entry[2] for entry in self._recent_chunks)
        return sum(entry[0] for entry in self._recent_chunks) / seconds if seconds else 0.0

    @property
    def seconds_left(self) -> float:
        """Until `max_steps`, at the present rate; infinite before there is one."""
        rate = self.steps_per_second
        return (self.hparams.max_steps - self.step) / rate if rate else float("inf")

    # -- folding ------------------------------------------------------------------------------

    def fold(self, event: Event) -> None:
        """Take in the next event."""
        if isinstance(event, Tick):
            return
        self.version += 1
        match event:
            case Steps():
                self._on_steps(event)
            case Weights():
                self._on_weights(event)
            case Evaluated():
                self._on_evaluated(event)
            case Preparing(what=what, fraction=fraction):
                done = f" {fraction:.0%}" if fraction is not None else ""
                self.preparation = sanitize(what, limit=100) + done
            case Opened(directory=directory, info=info, dataset=dataset):
                self.directory, self.info, self.dataset = directory, info, dataset
                self._set_hyperparameters(info.get("hyperparameters", {}))
            case Started():
                self._on_started(event)
            case Paused():
                self.status = "paused"
            case Resumed():
                self.status = "training"
                self._recent_chunks.clear()
            case _:
                self._on_logged(event)

    def _on_steps(self, event: Steps) -> None:
        self.status, self.preparation = "training", ""
        self._append_losses(event)
        self.step = event.first + len(event.losses)
        if not len(self.timeline):
            self.timeline.extend([event.first], [event.time - event.seconds])
        self.timeline.extend([self.step], [event.time])
        self._recent_chunks.append((len(event.losses), event.time, event.seconds))
        # A clock that was set back makes what was before as old as one that ran on.
        while abs(event.time - self._recent_chunks[0][1]) > RATE_WINDOW:
            self._recent_chunks.popleft()
        self.throughput.append(self.step, self.steps_per_second, event.time)

    def _append_losses(self, event: Steps) -> None:
        """Each loss at its step, whatever was told twice or not at all."""
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
            self.evaluations.pop()
        self.evaluations.append(event)
        self.evaluated_weights = {}
        if self.weights_step == event.step:
            self._store_evaluation_weights()
        for split in event.confusion:
            self.accuracy[split].append(event.step, event.accuracy(split), event.time)

    def _store_evaluation_weights(self) -> None:
        """The weights at hand are those of the newest evaluation."""
        self.evaluated_weights = self.weights
        while self.evaluation_weights and self.evaluation_weights[-1][0] >= self.weights_step:
            self.evaluation_weights.pop()
        self.evaluation_weights.append((self.weights_step, self.weights))

    def _truncate_accuracy(self, step: int) -> None:
        for split, points in self.accuracy.items():
            if points.last_step > step:
                kept = Points()
                for entry in self.evaluations:
                    kept.append(entry.step, entry.accuracy(split), entry.time)
                self.accuracy[split] = kept

    def _remove_marks_after(self, step: int) -> None:
        """What was said of steps that are void stays said, but marks no chart any more."""
        said = list(self.log_entries)
        self.log_entries.clear()
        self.log_entries.extend(
            replace(entry, kind="", label="") if entry.step > step else entry for entry in said
        )

    def _on_started(self, event: Started) -> None:
        self.status, self.device, self.parameters = "training", event.device, event.parameters
        self._set_hyperparameters(event.hyperparameters)
        self.step = event.step
        self.losses.truncate(event.step)
        self.evaluations = [entry for entry in self.evaluations if entry.step <= event.step]
        self._truncate_accuracy(event.step)
        self._remove_marks_after(event.step)
        self.throughput.truncate_after(event.step)
        self.learning_rate.truncate_after(event.step)
        self._recent_chunks.clear()
        self.learning_rate.append(event.step, self.hparams.learning_rate, event.time)
        if event.step:
            self._log(event.step, "resumed", kind="branch", label="resumed")

    def _set_hyperparameters(self, values: dict[str, Any]) -> None:
        known = {name: value for name, value in values.items() if name in SPECS}
        try:
            self.hparams = validate_hparams(known)
        except UserError as error:
            self._log(self.step, sanitize(str(error)), urgent=True, kind="warning")

    def _on_logged(self, event: Event) -> None:
        match event:
            case Changed():
                self._on_changed(event)
            case Saved(step=step, file=file, best=best):
                self.checkpoint = sanitize(file, limit=80)
                text = "checkpoint saved" + (", best so far on validation" if best else "")
                self._log(step, text, kind="checkpoint")
            case Alert(step=step, text=text):
                self._log(step, sanitize(text, limit=300), urgent=True, kind="warning")
            case Notice(step=step, text=text):
                self._log(step, sanitize(text, limit=300))
            case Diverged(step=step, loss=loss, why=why, checkpoint=checkpoint):
                self.status = "diverged"
                told = sanitize(why, limit=200) or f"the loss is {loss}"
                where = f"; last checkpoint {sanitize(checkpoint)}" if checkpoint else ""
                text = f"diverged: set a smaller rate (tab), then b branches; {told}{where}"
                self._log(step, text, urgent=True, kind="diverged", label="diverged")
            case Failed(step=step, text=text):
                self.status = "failed"
                self._log(step, sanitize(text, limit=300), urgent=True, kind="warning")
            case Lost(step=step):
                self.status = "lost"
                text = "the process that trained this is gone; `trainpad --resume` goes on"
                self._log(step, text, urgent=True, kind="warning")
            case Finished(step=step, reason=reason, seconds=seconds):
                self.status = event.state
                self.step = max(self.step, step)  # a taught run tells no losses
                self._log(step, f"{sanitize(reason, limit=40)} after {seconds:,.1f} s")

    def _on_changed(self, event: Changed) -> None:
        declared = SPECS.get(event.name)
        if declared is None:
            return
        try:
            new = declared.check(event.new)
            self.hparams = validate_hparams({**as_dict(self.hparams), event.name: new})
        except UserError:
            return
        if event.name == "learning_rate":
            self.learning_rate.append(event.step, self.hparams.learning_rate, event.time)
        old, now = declared.format(event.old), declared.format(new)
        short = "lr" if event.name == "learning_rate" else declared.label
        self._log(
            event.step,
            f"{declared.label} {sanitize(old, limit=40)} → {now}",
            kind="change",
            label=f"{short} {now}",
        )

    def _log(
        self, step: int, text: str, *, urgent: bool = False, kind: str = "", label: str = ""
    ) -> None:
        self.log_entries.append(LogEntry(step, text, urgent, kind, label))
