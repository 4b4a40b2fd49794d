"""What a network reads in images, how sure it is, and where its weights come from.

The screen and the command line answer alike: a digit where one probability is high enough, and
"not sure" otherwise. Scribbles were part of what the built-in network learned, with the answer
"none of them"; a network that never saw any is as sure of a letter as of a digit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.network.builtin import NAME, builtin_network
from core.network.network import Network
from core.rundir.validation import sanitized_info
from data.dataset import DIGITS
from data.errors import DataError
from data.ink import SIDE
from trainpad.text import sanitize

Floats = npt.NDArray[np.float32]

CONFIDENCE_THRESHOLD = 0.7
"""A best probability below this is no answer."""
TOP2_THRESHOLD = 0.6
"""Where the two likeliest digits have less than this together, it is not even a choice of two."""
_CHUNK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network makes of one image."""

    probabilities: Floats
    """``[classes]``"""
    empty: bool = False
    """Whether there was nothing to read."""

    @property
    def label(self) -> int:
        """The likeliest class."""
        return int(self.probabilities.argmax())

    @property
    def second_label(self) -> int:
        """The second likeliest."""
        return int(np.argsort(self.probabilities)[-2])

    @property
    def confidence(self) -> float:
        """The likeliest class's probability."""
        return float(self.probabilities.max())

    @property
    def abstains(self) -> bool:
        """Whether it is better not to say a digit at all."""
        return self.empty or self.confidence < CONFIDENCE_THRESHOLD

    def describe(self, classes: Sequence[str] = DIGITS) -> str:
        """In words: ``7``, ``not sure: 4 or 9?``, or ``not sure: no digit?``."""
        if self.empty:
            return "nothing drawn"
        if not self.abstains:
            return class_name(classes, self.label)
        if self.confidence + float(self.probabilities[self.second_label]) < TOP2_THRESHOLD:
            return "not sure: no digit?" if tuple(classes) == DIGITS else "not sure"
        first, second = class_name(classes, self.label), class_name(classes, self.second_label)
        return f"not sure: {first} or {second}?"


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A network, what its classes are called, and whose weights it has."""

    network: Network
    origin: str
    classes: tuple[str, ...] = DIGITS
    run: str = "built-in"
    """The run's name, if it is one's."""
    step: int = 0
    """After how many of its steps."""

    def predict(self, images: Floats) -> list[Prediction]:
        """Read images ``[n, 28, 28]``, 0 to 1.

        Raises:
            DataError: the network takes images of another size.
        """
        flat = images.reshape(len(images), math.prod(images.shape[1:]))
        if flat.shape[1] != self.network.sizes[0]:
            raise DataError(
                f"this network takes {self.network.sizes[0]} pixels, not {SIDE} x {SIDE}; "
                "give another --run, or none for the built-in weights"
            )
        readings: list[Prediction] = []
        for start in range(0, len(flat), _CHUNK):
            chunk = flat[start : start + _CHUNK]
            inked = chunk.max(axis=1) > 0
            likely = self.network.probabilities(chunk)
            readings += [Prediction(p, not i) for p, i in zip(likely, inked, strict=True)]
        return readings


def load_classifier(run: str | None, log_dir: Path) -> Classifier:
    """The newest checkpoint of a run, or without one the built-in weights.

    Raises:
        UserError: there is no such run, or it has no whole checkpoint.
    """
    if run is None:
        return Classifier(builtin_network(), NAME)
    from core.rundir import checkpoint
    from core.rundir.status import resolve_live_run

    found = resolve_live_run(run, log_dir)
    newest = checkpoint.newest(found.checkpoints)
    names = sanitized_info(found.info())["dataset"].get("classes")
    classes = tuple(names) if names else DIGITS
    network = Network.from_arrays(newest.layers)
    source = f"{sanitize(found.name, limit=80)} after {newest.step:,} steps"
    return Classifier(network, source, classes, found.name, newest.step)


def class_name(classes: Sequence[str], number: int) -> str:
    """What a class is called; its number where it has no name."""
    return classes[number] if number < len(classes) else str(number)
