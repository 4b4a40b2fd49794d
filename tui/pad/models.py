"""Whose weights read the pad: the run's that is shown, those that were taught, or the shipped ones.

The newest wins, until the user asks for another: weights that come while nothing was asked for
replace the built-in ones, teaching replaces the run's, and a key goes round all there are.
"""

from collections import deque
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.network.builtin import NAME, builtin_network
from core.network.classifier import Classifier, Prediction
from core.network.network import Network
from core.run.state import Run
from data.dataset import DIGITS
from data.errors import DataError
from data.ink import SIDE
from trainpad.errors import UserError

INCOMPATIBLE = f"{NAME}; the run reads other pictures"
"""Who reads where the run's network cannot."""
MAX_EVALUATIONS = 8
"""At how many of the last evaluations it is told how sure the network was."""


class Evaluation(NamedTuple):
    """The network as it was evaluated."""

    step: int
    network: Network


def check_compatible(classifier: Classifier) -> None:
    """Make sure that a reader can read what is drawn on the pad.

    Raises:
        DataError: its network takes other images, or tells other than ten classes apart.
    """
    network = classifier.network
    if not _is_compatible(network):
        raise DataError(
            f"{classifier.origin} takes {network.sizes[0]} pixels and tells {network.sizes[-1]} "
            f"classes apart; the pad draws {SIDE} x {SIDE} pixels for {len(DIGITS)} classes. "
            "Give another run, or none for the built-in weights"
        )


def _is_compatible(network: Network) -> bool:
    """Whether this is a network for what can be drawn here."""
    return (network.sizes[0], network.sizes[-1]) == (SIDE * SIDE, len(DIGITS))


class ModelSwitcher:
    """Every network that can read the pad, and the one that does."""

    def __init__(self, given: Classifier | None = None) -> None:
        """Read with the built-in weights, or with those that are given."""
        self._classifiers: dict[str, Classifier] = {"built-in": Classifier(builtin_network(), NAME)}
        self._active = "built-in"
        if given is not None:
            self._classifiers["given"] = given
            self._active = "given"
        self._directory = ""
        self._step = -1
        self.history: deque[Evaluation] = deque(maxlen=MAX_EVALUATIONS)
        """The run's network at its last evaluations, oldest first."""

    @property
    def classifier(self) -> Classifier:
        """Who reads."""
        return self._classifiers[self._active]

    @property
    def is_live(self) -> bool:
        """Whether the run's own network is the one that reads."""
        return self._active == "run"

    def second_opinion(self, image: npt.NDArray[np.float32], prediction: Prediction) -> str:
        """What the shipped weights read where those that are learning read something else."""
        if not self.is_live or self.classifier.classes != DIGITS:
            return ""
        shipped = self._classifiers["built-in"].predict(image[None])[0]
        if shipped.abstains or (shipped.label == prediction.label and not prediction.abstains):
            return ""
        return f"built-in: {shipped.describe()}"

    def update_from(self, run: Run) -> bool:
        """Look at a run for newer weights; whether what reads has changed."""
        if run.directory != self._directory:
            self._reset(run.directory)
        self._record_evaluations(run)
        if not run.weights or run.weights_step == self._step:
            return False
        try:
            network = Network.from_arrays(run.weights)
        except UserError:
            return False
        self._step = run.weights_step
        if (network.sizes[0], network.sizes[-1]) != (28 * 28, len(DIGITS)):
            return self._label_built_in(INCOMPATIBLE)
        first = "run" not in self._classifiers
        source = f"weights after {run.weights_step:,} steps"
        self._classifiers["run"] = Classifier(
            network, source, run.classes, run.name, run.weights_step
        )
        if first:
            self._active = "run"
        return self.is_live

    def use_fine_tuned(self, network: Network, run: str, step: int) -> None:
        """Read with what was just taught, and written as this run."""
        source = f"weights you taught: {run}"
        self._classifiers["taught"] = Classifier(network, source, DIGITS, run, step)
        self._active = "taught"

    def cycle(self) -> bool:
        """Let the next one read; whether there is another."""
        names = list(self._classifiers)
        self._active = names[(names.index(self._active) + 1) % len(names)]
        return len(names) > 1

    def _reset(self, directory: str) -> None:
        self._directory, self._step = directory, -1
        self.history.clear()
        self._label_built_in(NAME)
        if self._classifiers.pop("run", None) is not None and self.is_live:
            self._active = "built-in"

    def _label_built_in(self, source: str) -> bool:
        """Call the shipped weights so; whether that is news on the screen."""
        before = self._classifiers["built-in"]
        self._classifiers["built-in"] = replace(before, origin=source)
        return self._active == "built-in" and before.origin != source

    def _record_evaluations(self, run: Run) -> None:
        for step, arrays in run.evaluation_weights:
            if self.history and step <= self.history[-1].step:
                continue
            try:
                self.history.append(Evaluation(step, Network.from_arrays(arrays)))
            except UserError:
                return
