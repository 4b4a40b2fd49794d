"""What a run recorded about its weights for TensorBoard, read while the files grow.

So the whole history is known at any time, whether the run trains in this process, in another one,
or ended long ago, and whether or not the screen was shown meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.network.health import UpdateRatios
from core.rundir.checkpoint import LAYER_PREFIXES
from core.tfevents.items import Histogram, Item, Restart, Scalars
from core.tfevents.logdir import Logdir
from core.tfevents.run_files import RunChange
from core.tfevents.store import RunData
from trainpad.errors import UserError

UPDATE_RATIO = "update_ratio"


@dataclass(frozen=True, slots=True, eq=False)
class RecordedWeights:
    """The histograms of a run by tag, such as ``layer0/biases``, and the newest update ratios."""

    histograms: Mapping[str, tuple[Histogram, ...]] = field(default_factory=dict)
    updates: UpdateRatios | None = None


class RecordReader:
    """Reads the event files of one run, for one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._logdir: Logdir | None = None
        self._data = RunData()

    def poll(self) -> RecordedWeights:
        """Everything recorded until now; reads only what is new since the last call."""
        if self._logdir is None:
            try:
                self._logdir = Logdir([self._folder])
            except UserError:  # the folder does not exist
                return RecordedWeights()
        for update in self._logdir.poll():
            for change in update.changes:
                self._fold(change)
        histograms = {tag: self._data.histograms[tag] for tag in self._data.histograms}
        return RecordedWeights(histograms, self._updates())

    def _fold(self, change: RunChange) -> None:
        """Fold what is about the weights; folders below the run's are not its own."""
        if self._logdir is None or change.status.folder != self._logdir.roots[0].path:
            return
        if change.reset:
            self._data = RunData()
        for item in filter(_is_about_weights, change.items):
            self._data.fold(item)

    def _updates(self) -> UpdateRatios | None:
        """The update ratios at the newest step at which any layer has one."""
        newest: dict[str, tuple[int, float]] = {}
        for tag in self._data.scalars:
            curve = self._data.scalars[tag].curve
            if tag.endswith(f"/{UPDATE_RATIO}") and len(curve):
                newest[tag.rpartition("/")[0]] = curve.last_step, curve.last
        step = max((step for step, _ in newest.values()), default=-1)
        if step < 0:
            return None
        return UpdateRatios(step, {path: r for path, (s, r) in newest.items() if s == step})


def _is_about_weights(item: Item) -> bool:
    match item:
        case Restart():
            return True
        case Histogram(tag=tag):
            return tag.startswith(LAYER_PREFIXES)
        case Scalars(tag=tag):
            return tag.startswith(LAYER_PREFIXES) and tag.endswith(f"/{UPDATE_RATIO}")
        case _:
            return False
