"""Which of a run's checkpoints is the best on validation, also after the run was resumed.

Only a checkpoint of exactly the step that was evaluated can be ranked: any other has other weights.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.run.events import Evaluated, Event, Saved
from core.run.history import surviving


@dataclass(frozen=True, slots=True)
class RankedCheckpoint:
    """A checkpoint and its accuracy on validation."""

    file: str
    accuracy: float


class Ranking:
    """The best and the newest checkpoint in `folder`; of equally good ones the first is the best.

    So the best is never one that was pruned in favour of a later equal.
    """

    def __init__(self, folder: Path) -> None:
        self.newest = ""
        """The file name of the checkpoint saved last."""
        self._folder = folder
        self._best: RankedCheckpoint | None = None
        self._evaluated: Evaluated | None = None

    @property
    def best_path(self) -> Path | None:
        """The best checkpoint's file, or None before there is one."""
        return self._folder / self._best.file if self._best else None

    def load(self, events: Iterable[Event]) -> None:
        """Start over from the recorded events of a run, up to the newest `Started`."""
        held = surviving(events)
        self.newest, self._best, self._evaluated = "", None, None
        for event in held:
            match event:
                case Evaluated():
                    self.on_evaluated(event)
                case Saved(step=step, file=file):
                    self.on_saved(step, file)

    def on_evaluated(self, event: Evaluated) -> None:
        """Record an evaluation."""
        if "validation" in (event.confusion or event.loss):
            self._evaluated = event

    def on_saved(self, step: int, file: str) -> bool:
        """Record a checkpoint; returns whether it is better than all before it."""
        self.newest = file
        if self._evaluated is None or self._evaluated.step != step:
            return False
        accuracy = self._evaluated.score("validation")
        is_best = self._best is None or accuracy > self._best.accuracy
        if is_best:
            self._best = RankedCheckpoint(file, accuracy)
        return is_best
