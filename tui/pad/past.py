"""The run's network at its checkpoints and evaluations, and what each makes of the same drawing."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len

from core.network.classifier import Prediction, class_name
from core.network.network import Network
from core.network.recorded import network_of
from core.rundir import checkpoint
from core.rundir.errors import CheckpointError
from trainpad.errors import UserError
from tui.widgets.text_widget import Span, TextWidget

MAX_NETWORKS = 16
"""Networks that are kept; of more, those that are closest to their neighbours are dropped."""
MAX_VALUES = 40_000_000
"""Weights that all of them may have together."""
GAP = 2


class PastAnswer(NamedTuple):
    """What the network of a step makes of the drawing."""

    step: int
    prediction: Prediction

    def text(self, classes: Sequence[str]) -> str:
        """The most likely class, with ``?`` where not confident, and its probability."""
        name = class_name(classes, self.prediction.label)
        unsure = "?" * self.prediction.abstains
        return f"{name}{unsure} {self.prediction.confidence:.0%}"


class PastNetworks:
    """Networks by the step that they are of, spread over the run; one of them may be selected."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._networks: dict[int, Network] = {}
        self.selected: int | None = None
        """The step of the network that is used in place of the newest; None if none is."""

    @property
    def steps(self) -> Sequence[int]:
        """The steps, in ascending order."""
        return self._steps

    @property
    def network(self) -> Network | None:
        """The network that is selected."""
        return None if self.selected is None else self._networks.get(self.selected)

    def clear(self) -> None:
        """Forget all: another run is shown."""
        self._steps, self._networks, self.selected = [], {}, None

    def add(self, step: int, network: Network) -> None:
        """Keep the network of a step, if it is not known."""
        if step in self._networks:
            return
        self._networks[step] = network
        self._steps.insert(bisect_left(self._steps, step), step)
        while len(self._steps) > max(2, min(MAX_NETWORKS, MAX_VALUES // network.parameters)):
            self._drop(self._most_crowded())

    def drop_after(self, step: int) -> None:
        """Forget later steps, which a resumed run takes again."""
        for later in self._steps[bisect_right(self._steps, step) :]:
            self._drop(later)

    def select(self, by: int, newest: int = -1) -> bool:
        """Select an earlier or a later step; past the last one none is. Return whether it did.

        The network of the step `newest` is what is used without a selection.
        """
        if not self._steps:
            return False
        places = [*(step for step in self._steps if step != newest), None]
        here = places.index(self.selected) if self.selected in places else len(places) - 1
        self.selected = places[min(max(here + by, 0), len(places) - 1)]
        return places.index(self.selected) != here

    def answers(self, image: npt.NDArray[np.float32]) -> list[PastAnswer]:
        """What each makes of one image ``[28, 28]``, oldest first."""
        flat = image.reshape(1, -1)
        return [
            PastAnswer(step, Prediction(self._networks[step].probabilities(flat)[0]))
            for step in self._steps
        ]

    def _drop(self, step: int) -> None:
        self._steps.remove(step)
        del self._networks[step]
        if self.selected == step:
            self.selected = None

    def _most_crowded(self) -> int:
        """The step, other than the first and the last, with the smallest gap around it."""
        if len(self._steps) < 3:
            return self._steps[0]
        triples = zip(self._steps, self._steps[1:-1], self._steps[2:], strict=False)
        inner = [(after - before, step) for before, step, after in triples if step != self.selected]
        return min(inner, default=(0, self._steps[0]))[1]


def read_checkpoints(folder: Path, info: Mapping[str, Any]) -> list[tuple[int, Network]]:
    """The networks of all readable checkpoints in a run's folder of these, oldest first."""
    found = []
    for path in checkpoint.list_checkpoints(folder)[-MAX_NETWORKS:]:
        try:
            saved = checkpoint.read(path)
            found.append((saved.step, network_of(saved.layers, info)))
        except (CheckpointError, UserError):
            continue  # pruned meanwhile, damaged, or of another network
    return found


class PastRow(TextWidget):
    """A column for each past network: its step, and below it what it makes of the drawing."""

    DEFAULT_CSS = "PastRow { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._answers: Sequence[PastAnswer] = ()
        self._names: Sequence[str] = ()
        self._selected: int | None = None

    def show(
        self, answers: Sequence[PastAnswer], classes: Sequence[str], selected: int | None
    ) -> None:
        """Show these answers; `selected` is the step of the network that is used."""
        self._answers, self._names, self._selected = answers, classes, selected
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - two rows
        """Steps, and answers."""
        if not self._answers:
            return []
        columns = [
            (f"{answer.step:,}", answer.text(self._names), answer.step == self._selected)
            for answer in self._answers
        ]
        while len(columns) > 1 and sum(_width(column) for column in columns) - GAP > width:
            selected = next((i for i, column in enumerate(columns) if column[2]), len(columns))
            del columns[0 if selected > len(columns) // 2 else -1]
        steps: list[Span] = []
        answers: list[Span] = []
        for step, answer, is_selected in columns:
            room = _width((step, answer, is_selected))
            steps.append((step.ljust(room), "live" if is_selected else "dim"))
            answers.append((answer.ljust(room), "live" if is_selected else "text"))
        return [steps, answers]


def _width(column: tuple[str, str, bool]) -> int:
    return max(cell_len(column[0]), cell_len(column[1])) + GAP
