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
from core.network.classifier import Reader, Reading
from core.network.network import Network
from core.run.state import Run
from data.dataset import DIGITS
from data.errors import DataError
from data.ink import SIDE
from trainpad.errors import UserError

UNFIT = f"{NAME}; the run reads other pictures"
"""Who reads where the run's network cannot."""
KEPT = 8
"""At how many of the last evaluations it is told how sure the network was."""


class Evaluation(NamedTuple):
    """The network as it was evaluated."""

    step: int
    network: Network


def check_fits(reader: Reader) -> None:
    """Make sure that a reader can read what is drawn on the pad.

    Raises:
        DataError: its network takes other images, or tells other than ten classes apart.
    """
    network = reader.network
    if not _fits(network):
        raise DataError(
            f"{reader.source} takes {network.sizes[0]} pixels and tells {network.sizes[-1]} "
            f"classes apart; the pad draws {SIDE} x {SIDE} pixels for {len(DIGITS)} classes. "
            "Give another run, or none for the built-in weights"
        )


def _fits(network: Network) -> bool:
    """Whether this is a network for what can be drawn here."""
    return (network.sizes[0], network.sizes[-1]) == (SIDE * SIDE, len(DIGITS))


class Minds:
    """Every network that can read the pad, and the one that does."""

    def __init__(self, given: Reader | None = None) -> None:
        """Read with the built-in weights, or with those that are given."""
        self._readers: dict[str, Reader] = {"built-in": Reader(builtin_network(), NAME)}
        self._chosen = "built-in"
        if given is not None:
            self._readers["given"] = given
            self._chosen = "given"
        self._directory = ""
        self._step = -1
        self.history: deque[Evaluation] = deque(maxlen=KEPT)
        """The run's network at its last evaluations, oldest first."""

    @property
    def reader(self) -> Reader:
        """Who reads."""
        return self._readers[self._chosen]

    @property
    def learns(self) -> bool:
        """Whether the run's own network is the one that reads."""
        return self._chosen == "run"

    def other_view(self, image: npt.NDArray[np.float32], reading: Reading) -> str:
        """What the shipped weights read where those that are learning read something else."""
        if not self.learns or self.reader.classes != DIGITS:
            return ""
        shipped = self._readers["built-in"].read(image[None])[0]
        if shipped.unsure or (shipped.digit == reading.digit and not reading.unsure):
            return ""
        return f"built-in: {shipped.answer()}"

    def take(self, run: Run) -> bool:
        """Look at a run for newer weights; whether what reads has changed."""
        if run.directory != self._directory:
            self._forget(run.directory)
        self._keep_evaluated(run)
        if not run.weights or run.weights_step == self._step:
            return False
        try:
            network = Network.from_arrays(run.weights)
        except UserError:
            return False
        self._step = run.weights_step
        if (network.sizes[0], network.sizes[-1]) != (28 * 28, len(DIGITS)):
            return self._name_built_in(UNFIT)
        first = "run" not in self._readers
        source = f"weights after {run.weights_step:,} steps"
        self._readers["run"] = Reader(network, source, run.classes, run.name, run.weights_step)
        if first:
            self._chosen = "run"
        return self.learns

    def teach(self, network: Network, run: str, step: int) -> None:
        """Read with what was just taught, and written as this run."""
        source = f"weights you taught: {run}"
        self._readers["taught"] = Reader(network, source, DIGITS, run, step)
        self._chosen = "taught"

    def next(self) -> bool:
        """Let the next one read; whether there is another."""
        names = list(self._readers)
        self._chosen = names[(names.index(self._chosen) + 1) % len(names)]
        return len(names) > 1

    def _forget(self, directory: str) -> None:
        self._directory, self._step = directory, -1
        self.history.clear()
        self._name_built_in(NAME)
        if self._readers.pop("run", None) is not None and self.learns:
            self._chosen = "built-in"

    def _name_built_in(self, source: str) -> bool:
        """Call the shipped weights so; whether that is news on the screen."""
        before = self._readers["built-in"]
        self._readers["built-in"] = replace(before, source=source)
        return self._chosen == "built-in" and before.source != source

    def _keep_evaluated(self, run: Run) -> None:
        for step, arrays in run.evaluated:
            if self.history and step <= self.history[-1].step:
                continue
            try:
                self.history.append(Evaluation(step, Network.from_arrays(arrays)))
            except UserError:
                return
