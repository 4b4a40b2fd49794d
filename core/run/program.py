"""What the program of an attached run declares: its values, requests, epochs, images, weights."""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from core.run.attached_events import (
    REQUESTS,
    ConfusionLogged,
    Declared,
    Epoch,
    ImagesLogged,
    Resumed,
    Supports,
    WeightsLogged,
)
from core.run.class_names import class_names
from core.run.events import Changed, Evaluated, Event, Started
from core.run.timeline import Timeline
from trainpad.errors import UserError
from trainpad.knobs import Knob

MAX_KNOBS: Final = 1000
MAX_LOGGED: Final = 200
"""How many of the last events with images are kept."""
MAX_LAYERS: Final = 10_000
"""How many statistics of layers are kept, over all steps: of too many every second step's goes."""

SCHEDULED: Final = 0.05
"""The share of the steps done within which another change of a value is that of a schedule."""


class ProgramState:
    """What is known of the program that trains an attached run, folded from its events."""

    def __init__(self) -> None:
        self.knobs: dict[str, Knob[Any]] = {}
        """The values that can be changed from outside, by name."""
        self.requests: frozenset[str] = frozenset(REQUESTS)
        """What can be requested; everything, where the program does not say."""
        self.epoch: int | None = None
        """The number of the epoch that runs, from 0; None without epochs."""
        self.planned_epochs: int | None = None
        self.epochs = Timeline()
        """The epochs that are done at each step, in place of seconds."""
        self.images: deque[ImagesLogged] = deque(maxlen=MAX_LOGGED)
        self.weights: list[WeightsLogged] = []
        """The statistics of weights, of some steps where there are very many."""
        self._epoch_step = 0
        self._changed_at: dict[str, int] = {}
        """The steps at which the program changed values by itself last, by name."""

    def fold(self, event: Event) -> None:
        """Update the state with the next event."""
        match event:
            case Started():
                self._on_started()
                self._go_on_from(event.step)
            case Resumed(step=step):
                self._go_on_from(step)
            case Declared() if event.name in self.knobs or len(self.knobs) < MAX_KNOBS:
                if (knob := knob_of(event)) is not None:
                    self.knobs[event.name] = knob
            case Changed(name=name, new=new) if name in self.knobs:
                set_knob(self.knobs[name], new)
            case Supports(requests=requests):
                self.requests = frozenset(requests)
            case Epoch():
                self._on_epoch(event)
            case ImagesLogged():
                self.images.append(event)
            case WeightsLogged():
                self._add_weights(event)

    def _add_weights(self, event: WeightsLogged) -> None:
        self.weights.append(event)
        kept = max(2, MAX_LAYERS // max(1, len(event.layers)))
        if len(self.weights) > kept:
            del self.weights[-2:0:-2]  # not the first, and not the newest

    def _on_started(self) -> None:
        """Another process may declare other values."""
        self.knobs.clear()
        self._changed_at.clear()
        self.requests = frozenset(REQUESTS)

    def _go_on_from(self, step: int) -> None:
        """Drop what came after the first step of another process."""
        self.epochs.truncate(step + 1)
        for logged in (self.images, self.weights):
            while logged and logged[-1].step > step:
                logged.pop()

    def is_scheduled(self, event: Changed) -> bool:
        """Whether the program changes this value all the time: soon after its last change.

        A schedule would fill the chart with marks. Asked once of each event.
        """
        if not event.by or event.name not in self.knobs:
            return False
        before = self._changed_at.get(event.name)
        self._changed_at[event.name] = event.step
        return before is not None and event.step - before < SCHEDULED * event.step

    def reach(self, step: int, planned_steps: int) -> None:
        """Say that `step` is done: the part of the epoch until it follows from earlier epochs."""
        length = self.steps_per_epoch
        if not length and planned_steps and self.planned_epochs:
            length = planned_steps / self.planned_epochs
        if self.epoch is None or not length or step <= self._epoch_step:
            return
        done = min(1.0, (step - self._epoch_step) / length)
        self.epochs.truncate(self._epoch_step + 1)
        self.epochs.extend([step], [self.epoch + done])

    def _on_epoch(self, event: Epoch) -> None:
        self.epoch, self._epoch_step = event.epoch, event.step
        self.planned_epochs = event.epochs if event.epochs is not None else self.planned_epochs
        self.epochs.extend([event.step], [event.epoch])

    @property
    def steps_per_epoch(self) -> float:
        """The mean of the epochs until now; 0 before one is done."""
        return self._epoch_step / self.epoch if self.epoch else 0.0


def logged_classes(evaluations: Sequence[Evaluated]) -> tuple[str, ...]:
    """The names of the classes of the newest matrix; their numbers where they have none."""
    newest = evaluations[-1] if evaluations else None
    if not isinstance(newest, ConfusionLogged):
        return ()
    count = max(len(matrix) for matrix in newest.confusion.values())
    return class_names(newest.classes or (), count)


def knob_of(event: Declared) -> Knob[Any] | None:
    """The value that an event declares; None where its limits or its value do not fit."""
    try:
        knob = Knob(
            event.name,
            event.value,
            low=event.low,
            high=event.high,
            scale=event.scale,
            choices=event.choices,
        )
        knob.check(knob.value)
    except (UserError, TypeError, ValueError, OverflowError):
        return None
    return knob


def set_knob(knob: Knob[Any], value: Any) -> None:
    """Give a knob the value that an event reports, where it has its type.

    The limits are for requests: the program itself may go beyond them.
    """
    try:
        knob.value = knob.check(value)
    except UserError:
        kinds = (int, float) if knob.kind in (int, float) else knob.kind
        if isinstance(value, kinds) and isinstance(value, bool) is (knob.kind is bool):
            knob.value = value
