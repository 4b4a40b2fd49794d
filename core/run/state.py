"""A run, as far as its events tell: the one thing that every view shows.

`Run.fold` is the only way in. It is called on one thread; views read the fields and may tell by
`version` whether anything changed.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.run.events import (
    FULFILS,
    LIVE,
    Arrays,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Idle,
    Lost,
    Noted,
    Opened,
    Paused,
    Preparing,
    Saved,
    Started,
    Steps,
    Warned,
    Weights,
    Wished,
)
from core.run.hparams import DECLARED, HyperParameters, as_dict, checked
from core.run.series import Points, Series
from core.run.timeline import Timeline
from data.dataset import DIGITS, SPLITS, Dataset
from trainpad.errors import UserError
from trainpad.text import sanitize

RATE_WINDOW = 2.0
"""Seconds over which steps per second are taken."""
MESSAGES = 500
"""How many messages are kept."""
EVALUATED = 8
"""The weights of how many evaluations are kept."""


@dataclass(frozen=True, slots=True)
class Message:
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
        self.state = "starting"
        self.doing = ""
        """What keeps it from training, while it is starting."""
        self.wished = ""
        """What it was asked for at this screen and has not done yet."""
        self.device = ""
        self.parameters = 0
        self.hparams = HyperParameters()
        self.step = 0
        self.losses = Series()
        self.timeline = Timeline()
        self.evaluations: list[Evaluated] = []
        self.precision = {split: Points() for split in SPLITS}
        self.learning_rate = Points()
        self.throughput = Points()
        self.messages: deque[Message] = deque(maxlen=MESSAGES)
        self.weights: Arrays = {}
        self.weights_step = -1
        self.weights_before: Arrays = {}
        """Those of one step earlier, where they came along."""
        self.evaluated_weights: Arrays = {}
        """Those that the newest evaluation was made with; nothing if they are not known."""
        self.evaluated: deque[tuple[int, Arrays]] = deque(maxlen=EVALUATED)
        """Those of the last evaluations that are known, and their steps."""
        self.dataset: Dataset | None = None
        """What it trains on, in the process that trains it."""
        self.checkpoint = ""
        self._recent: deque[tuple[int, float, float]] = deque()

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
        """What it does, in a word or a few: its state, or what it is about to do."""
        preparing = self.doing if self.state == "starting" else ""
        return self.wished or preparing or self.state

    @property
    def live(self) -> bool:
        """Whether more may happen."""
        return self.state in LIVE

    @property
    def loss(self) -> float:
        """The newest loss; NaN before the first."""
        return float(self.losses.values[-1]) if len(self.losses) else float("nan")

    @property
    def steps_per_second(self) -> float:
        """Over the last two seconds of training; 0 before."""
        seconds = sum(entry[2] for entry in self._recent)
        return sum(entry[0] for entry in self._recent) / seconds if seconds else 0.0

    @property
    def seconds_left(self) -> float:
        """Until `max_steps`, at the present rate; infinite before there is one."""
        rate = self.steps_per_second
        return (self.hparams.max_steps - self.step) / rate if rate else float("inf")

    # -- folding ------------------------------------------------------------------------------

    def fold(self, event: Event) -> None:
        """Take in the next event."""
        if isinstance(event, Idle):
            return
        self.version += 1
        if isinstance(event, Wished):
            self.wished = event.what
        elif isinstance(event, FULFILS):
            self.wished = ""
        match event:
            case Steps():
                self._take_steps(event)
            case Weights():
                self._take_weights(event)
            case Evaluated():
                self._take_evaluation(event)
            case Preparing(what=what, fraction=fraction):
                done = f" {fraction:.0%}" if fraction is not None else ""
                self.doing = sanitize(what, limit=100) + done
            case Opened(directory=directory, info=info, dataset=dataset):
                self.directory, self.info, self.dataset = directory, info, dataset
                self._set_hyperparameters(info.get("hyperparameters", {}))
            case Started():
                self._start(event)
            case Paused():
                self.state = "paused"
            case Continued():
                self.state = "training"
                self._recent.clear()
            case _:
                self._take_message(event)

    def _take_steps(self, event: Steps) -> None:
        self.state, self.doing = "training", ""
        self._take_losses(event)
        self.step = event.first + len(event.losses)
        if not len(self.timeline):
            self.timeline.extend([event.first], [event.time - event.seconds])
        self.timeline.extend([self.step], [event.time])
        self._recent.append((len(event.losses), event.time, event.seconds))
        # A clock that was set back makes what was before as old as one that ran on.
        while abs(event.time - self._recent[0][1]) > RATE_WINDOW:
            self._recent.popleft()
        self.throughput.append(self.step, self.steps_per_second, event.time)

    def _take_losses(self, event: Steps) -> None:
        """Each loss at its step, whatever was told twice or not at all."""
        self.losses.truncate(event.first)
        if missing := event.first - len(self.losses):
            self.losses.extend(np.full(missing, np.nan, np.float32))
        self.losses.extend(event.losses)

    def _take_weights(self, event: Weights) -> None:
        self.weights, self.weights_step = event.arrays, event.step
        self.weights_before = event.before
        if self.evaluations and self.evaluations[-1].step == event.step:
            self._know_evaluated()

    def _take_evaluation(self, event: Evaluated) -> None:
        while self.evaluations and self.evaluations[-1].step >= event.step:
            self.evaluations.pop()
        self.evaluations.append(event)
        self.evaluated_weights = {}
        if self.weights_step == event.step:
            self._know_evaluated()
        for split in event.confusion:
            self.precision[split].append(event.step, event.precision(split), event.time)

    def _know_evaluated(self) -> None:
        """The weights at hand are those of the newest evaluation."""
        self.evaluated_weights = self.weights
        while self.evaluated and self.evaluated[-1][0] >= self.weights_step:
            self.evaluated.pop()
        self.evaluated.append((self.weights_step, self.weights))

    def _forget_precision_after(self, step: int) -> None:
        for split, points in self.precision.items():
            if points.last_step > step:
                kept = Points()
                for entry in self.evaluations:
                    kept.append(entry.step, entry.precision(split), entry.time)
                self.precision[split] = kept

    def _forget_marks_after(self, step: int) -> None:
        """What was said of steps that are void stays said, but marks no chart any more."""
        said = list(self.messages)
        self.messages.clear()
        self.messages.extend(
            replace(entry, kind="", label="") if entry.step > step else entry for entry in said
        )

    def _start(self, event: Started) -> None:
        self.state, self.device, self.parameters = "training", event.device, event.parameters
        self._set_hyperparameters(event.hyperparameters)
        self.step = event.step
        self.losses.truncate(event.step)
        self.evaluations = [entry for entry in self.evaluations if entry.step <= event.step]
        self._forget_precision_after(event.step)
        self._forget_marks_after(event.step)
        self.throughput.forget_after(event.step)
        self.learning_rate.forget_after(event.step)
        self._recent.clear()
        self.learning_rate.append(event.step, self.hparams.learning_rate, event.time)
        if event.step:
            self._say(event.step, "resumed", kind="branch", label="resumed")

    def _set_hyperparameters(self, values: dict[str, Any]) -> None:
        known = {name: value for name, value in values.items() if name in DECLARED}
        try:
            self.hparams = checked(known)
        except UserError as error:
            self._say(self.step, sanitize(str(error)), urgent=True, kind="warning")

    def _take_message(self, event: Event) -> None:
        match event:
            case Changed():
                self._take_change(event)
            case Saved(step=step, file=file, best=best):
                self.checkpoint = sanitize(file, limit=80)
                text = "checkpoint saved" + (", best so far on validation" if best else "")
                self._say(step, text, kind="checkpoint")
            case Warned(step=step, text=text):
                self._say(step, sanitize(text, limit=300), urgent=True, kind="warning")
            case Noted(step=step, text=text):
                self._say(step, sanitize(text, limit=300))
            case Diverged(step=step, loss=loss, why=why, checkpoint=checkpoint):
                self.state = "diverged"
                told = sanitize(why, limit=200) or f"the loss is {loss}"
                where = f"; last checkpoint {sanitize(checkpoint)}" if checkpoint else ""
                text = f"diverged: set a smaller rate (tab), then b branches; {told}{where}"
                self._say(step, text, urgent=True, kind="diverged", label="diverged")
            case Failed(step=step, text=text):
                self.state = "failed"
                self._say(step, sanitize(text, limit=300), urgent=True, kind="warning")
            case Lost(step=step):
                self.state = "lost"
                text = "the process that trained this is gone; `trainpad --resume` goes on"
                self._say(step, text, urgent=True, kind="warning")
            case Finished(step=step, reason=reason, seconds=seconds):
                self.state = event.state
                self.step = max(self.step, step)  # a taught run tells no losses
                self._say(step, f"{sanitize(reason, limit=40)} after {seconds:,.1f} s")

    def _take_change(self, event: Changed) -> None:
        declared = DECLARED.get(event.name)
        if declared is None:
            return
        try:
            new = declared.check(event.new)
            self.hparams = checked({**as_dict(self.hparams), event.name: new})
        except UserError:
            return
        if event.name == "learning_rate":
            self.learning_rate.append(event.step, self.hparams.learning_rate, event.time)
        old, now = declared.show(event.old), declared.show(new)
        short = "lr" if event.name == "learning_rate" else declared.label
        self._say(
            event.step,
            f"{declared.label} {sanitize(old, limit=40)} → {now}",
            kind="change",
            label=f"{short} {now}",
        )

    def _say(
        self, step: int, text: str, *, urgent: bool = False, kind: str = "", label: str = ""
    ) -> None:
        self.messages.append(Message(step, text, urgent, kind, label))
