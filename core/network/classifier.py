"""Classify images with a network: prediction, confidence, provenance.

The screen and the command line give the same answers: a digit where its probability is high enough,
and "not sure" otherwise. The built-in network was trained with distractors as a reject class; a
network that never saw any is as confident about a letter as about a digit.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.network.builtin import NAME, builtin_network
from core.network.certainty import (
    CONFIDENCE_THRESHOLD,
    PICTURE_RATIO,
    TOP2_THRESHOLD,
    mean_of_views,
)
from core.network.network import Arrays
from core.network.recorded import network_of
from core.rundir.validation import sanitized_info
from data.dataset import DIGITS
from data.errors import DataError
from data.ink import SIDE
from data.ink_fit import fit_drawings
from trainpad.text import sanitize

Floats = npt.NDArray[np.float32]

_CHUNK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The prediction for one image."""

    probabilities: Floats
    """``[classes]``"""
    empty: bool = False
    """Whether the image is blank."""
    least_ratio: float = 1.0
    """The prediction abstains where the first class is less than this many times as likely as the
    second."""

    @property
    def label(self) -> int:
        """The class with the highest probability."""
        return int(self.probabilities.argmax())

    @property
    def second_label(self) -> int:
        """The class with the second highest probability."""
        return int(np.argsort(self.probabilities)[-2])

    @property
    def confidence(self) -> float:
        """The highest probability, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def abstains(self) -> bool:
        """Whether the image is blank or the probabilities are too close to name a class."""
        if self.empty or self.confidence < CONFIDENCE_THRESHOLD:
            return True
        second = float(self.probabilities[self.second_label])
        return self.confidence < self.least_ratio * second

    def describe(self, classes: Sequence[str] = DIGITS) -> str:
        """The prediction in words: ``7``, ``not sure: 4 or 9?``, or ``not sure: no digit?``."""
        if self.empty:
            return "nothing drawn"
        if not self.abstains:
            return class_name(classes, self.label)
        if self.confidence + float(self.probabilities[self.second_label]) < TOP2_THRESHOLD:
            return "not sure: no digit?" if tuple(classes) == DIGITS else "not sure"
        first, second = class_name(classes, self.label), class_name(classes, self.second_label)
        return f"not sure: {first} or {second}?"


class Recognizes(Protocol):
    """What gives probabilities: a network, or a person's own model."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Pixels first, and the number of classes last."""

    def probabilities(self, images: Floats) -> Floats:
        """``[n, classes]`` for images ``[n, pixels]``, 0 to 1."""


MakeNetwork = Callable[[Arrays, Mapping[str, Any], Path], Recognizes]
"""Makes a network of a checkpoint's arrays, what `run.json` says, and the run's folder."""


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A network, the names of its classes, and where its weights come from."""

    network: Recognizes
    origin: str
    """Where the weights come from, as shown to users: ``built-in weights``."""
    classes: tuple[str, ...] = DIGITS
    run: str = "built-in"
    """The name of the run that trained it, if there is one."""
    step: int = 0
    """How many steps it was trained."""
    image_shape: tuple[int, ...] = (SIDE, SIDE)
    """Height and width of the pictures that it was trained on, and 3 of those in colour."""

    def as_inputs(self, images: Floats) -> Floats:
        """Drawings ``[n, 28, 28]`` as the network takes them, ``[n, pixels]``."""
        if self.image_shape == (SIDE, SIDE):
            return images.reshape(len(images), math.prod(images.shape[1:]))
        return fit_drawings(images, self.image_shape).reshape(len(images), -1)

    @property
    def reads_drawings(self) -> bool:
        """Whether it was trained on pictures of MNIST's size, in which digits are found."""
        return self.image_shape == (SIDE, SIDE)

    def predict(self, images: Floats) -> list[Prediction]:
        """Classify images ``[n, 28, 28]``, 0 to 1: drawings, fitted to what it was trained on.

        Raises:
            DataError: the network takes images of another size.
        """
        flat = self.as_inputs(images)
        if flat.shape[1] != self.network.sizes[0]:
            raise DataError(
                f"this network takes {self.network.sizes[0]} pixels, not {SIDE} x {SIDE}; "
                "give another --run, or omit --run for the built-in weights"
            )
        drawn = images.reshape(len(images), math.prod(images.shape[1:]))
        return self._predict(flat, drawn.max(axis=1) <= 0)

    def predict_found(self, images: Floats, *shapes: Floats) -> list[Prediction]:
        """Classify what was found in pictures, ``[n, 28, 28]``: each in several views.

        Digits that may have been stretched are given in other shapes, too, ``[n, 28, 28]`` each.

        Raises:
            DataError: the network takes images of another size.
        """
        if not self.reads_drawings or self.network.sizes[0] != SIDE * SIDE or not len(images):
            return self.predict(images)
        blank = images.reshape(len(images), -1).max(axis=1) <= 0
        probabilities = mean_of_views(self.network.probabilities, images, *shapes)
        return [
            Prediction(p, bool(b), PICTURE_RATIO) for p, b in zip(probabilities, blank, strict=True)
        ]

    def predict_whole(self, inputs: Floats) -> list[Prediction]:
        """Classify inputs ``[n, *image_shape]`` as they are.

        Raises:
            DataError: it has no classes.
        """
        if not self.network.sizes[-1]:
            raise DataError(f"{self.origin}: it was trained on values, and has no classes")
        flat = inputs.reshape(len(inputs), math.prod(inputs.shape[1:]))
        return self._predict(flat, np.zeros(len(inputs), bool))

    def _predict(self, flat: Floats, blank: npt.NDArray[np.bool_]) -> list[Prediction]:
        predictions: list[Prediction] = []
        for start in range(0, len(flat), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            probabilities = self.network.probabilities(flat[chunk])
            predictions += [
                Prediction(p, bool(b)) for p, b in zip(probabilities, blank[chunk], strict=True)
            ]
        return predictions


def load_classifier(run: str | None, log_dir: Path, make: MakeNetwork | None = None) -> Classifier:
    """The newest checkpoint of a run, or the built-in weights if `run` is None.

    With `make`, pictures of any size are taken, and drawings fitted to them.

    Raises:
        UserError: there is no such run, or it has no readable checkpoint.
    """
    if run is None:
        return Classifier(builtin_network(), NAME)
    from core.rundir import checkpoint
    from core.rundir.status import resolve_live_run

    found = resolve_live_run(run, log_dir)
    newest = checkpoint.newest(found.checkpoints)
    info = sanitized_info(found.info())
    names = info["dataset"].get("classes")
    classes = tuple(names) if names else DIGITS
    shape = tuple(info["dataset"].get("image_shape") or ()) if make else (SIDE, SIDE)
    network: Recognizes
    if make is not None:
        network = make(newest.layers, info, found.path)
    else:
        network = network_of(newest.layers, info)
    origin = f"{sanitize(found.name, limit=80)} after {newest.step:,} steps"
    return Classifier(network, origin, classes, found.name, newest.step, shape or (SIDE, SIDE))


def class_name(classes: Sequence[str], number: int) -> str:
    """The name of a class; its number where it has none."""
    return classes[number] if number < len(classes) else str(number)
