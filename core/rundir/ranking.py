"""Which of a run's checkpoints is the best on validation, also after the run was resumed.

Only a checkpoint of the very step that was evaluated can be ranked: the weights of any other step
are other weights.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.run.events import Evaluated, Event, Saved, Started


@dataclass(frozen=True, slots=True)
class RankedCheckpoint:
    """A checkpoint that was the best when it was saved."""

    step: int
    file: str
    accuracy: float


class Ranking:
    """The best and the newest checkpoint in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.newest = ""
        """The file name of the checkpoint saved last."""
        self._folder = folder
        self._saved: list[tuple[int, str]] = []
        self._leaders: list[RankedCheckpoint] = []
        self._evaluated = (-1, 0.0)

    @property
    def best_path(self) -> Path | None:
        """The best checkpoint's file, or None before there is one."""
        return self._folder / self._leaders[-1].file if self._leaders else None

    def load(self, events: Iterable[Event], step: int) -> None:
        """Take in what was recorded of a run that is resumed at `step`."""
        for event in events:
            match event:
                case Started(step=again):
                    self._truncate_after(again)
                case Evaluated():
                    self.on_evaluated(event)
                case Saved(step=at, file=file):
                    self.on_saved(at, file)
        self._truncate_after(step)

    def on_evaluated(self, event: Evaluated) -> None:
        """Note how the network of this step does on validation."""
        if "validation" in event.confusion:
            self._evaluated = event.step, event.accuracy("validation")

    def on_saved(self, step: int, file: str) -> bool:
        """Note a checkpoint; whether none before it did better on validation."""
        self.newest = file
        self._saved.append((step, file))
        evaluated, precision = self._evaluated
        best = evaluated == step and precision > self._best_accuracy
        if best:
            self._leaders.append(RankedCheckpoint(step, file, precision))
        return best

    @property
    def _best_accuracy(self) -> float:
        return self._leaders[-1].accuracy if self._leaders else -1.0

    def _truncate_after(self, step: int) -> None:
        self._saved = [entry for entry in self._saved if entry[0] <= step]
        self._leaders = [entry for entry in self._leaders if entry.step <= step]
        self.newest = self._saved[-1][1] if self._saved else ""
