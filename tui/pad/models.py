"""Which model classifies the drawing: the run's, the fine-tuned, or the built-in.

The newest is used until the user switches: the first weights of a run replace the built-in ones,
a fine-tuned model replaces the run's, and a key cycles through all of them.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

import numpy as np
import numpy.typing as npt

from core.network.builtin import NAME, builtin_network
from core.network.classifier import Classifier, Prediction, Recognizes
from core.network.explanation import Explanation, explain
from core.network.network import Network
from core.network.recorded import network_of
from core.output.counted import counted
from core.own.network import OwnNetwork, any_network
from core.run.state import RunState
from data.dataset import DIGITS
from data.errors import DataError
from data.ink import SIDE
from data.ink_fit import can_show_drawing, describe_fit
from trainpad.errors import UserError
from tui.pad.past import PastAnswer, PastNetworks
from tui.pad.prediction import PadImage, PadState

INCOMPATIBLE = f"{NAME}; the run classifies other images"
"""Name of the built-in model while the run's network cannot classify drawings."""


def check_compatible(classifier: Classifier) -> None:
    """Check that a classifier takes the pad's images.

    Raises:
        DataError: its network takes no pictures, or gives no classes.
    """
    if not can_read_drawings(classifier):
        network = classifier.network
        raise DataError(
            f"{classifier.origin} takes {network.sizes[0]:,} pixels and has {network.sizes[-1]} "
            f"classes; the pad needs a run of pictures of several classes. Give another run, or "
            "none for the built-in weights"
        )


def can_read_drawings(classifier: Classifier) -> bool:
    """Return whether the classifier takes pictures, and has classes."""
    pixels, classes = classifier.network.sizes[0], classifier.network.sizes[-1]
    fits = pixels == math.prod(classifier.image_shape) and classes > 1
    return fits and can_show_drawing(classifier.image_shape)


def _takes_digits(network: Recognizes) -> TypeGuard[Network]:
    """Return whether it is a network of ours that takes the pad's images and has ten classes."""
    sizes = network.sizes[0], network.sizes[-1]
    return isinstance(network, Network) and sizes == (SIDE * SIDE, len(DIGITS))


class ModelSwitcher:
    """All models that can classify the drawing, and which one is used."""

    def __init__(self, initial: Classifier | None = None) -> None:
        """Use the built-in model, or `initial`."""
        self._classifiers: dict[str, Classifier] = {"built-in": Classifier(builtin_network(), NAME)}
        self._active = "built-in"
        if initial is not None:
            self._classifiers["initial"] = initial
            self._active = "initial"
        self._directory = ""
        self._step = -1
        self._unusable = "", -1
        """Directory and step of the last weights that are no network."""
        self.past = PastNetworks()
        """The run's network at its checkpoints and last evaluations."""
        self._past_answers: Sequence[PastAnswer] = ()

    @property
    def classifier(self) -> Classifier:
        """The classifier that is used."""
        classifier = self._classifiers[self._active]
        if self._has_past and (network := self.past.network) is not None:
            step = self.past.selected or 0
            origin = f"weights after {counted(step, 'step')}"
            return replace(classifier, network=network, origin=origin, step=step)
        return classifier

    @property
    def _has_past(self) -> bool:
        """Whether the past networks are of the run that the network is of."""
        return self._active in ("run", "initial")

    @property
    def is_live(self) -> bool:
        """Whether the run's network is used."""
        return self._active == "run"

    @property
    def is_digit_classifier(self) -> bool:
        """Whether the model that is used classifies the pad's images as digits."""
        return self.classifier.classes == DIGITS and _takes_digits(self.classifier.network)

    @property
    def keras_model(self) -> OwnNetwork | None:
        """A person's own model, if that is used: Keras computes it, which may take seconds."""
        network = self.classifier.network
        return network if isinstance(network, OwnNetwork) else None

    def explain(self, image: PadImage, prediction: Prediction | None) -> Explanation | None:
        """How the network that is used came to its prediction; None without one."""
        if prediction is None:
            return None
        classifier = self.classifier
        pixels = classifier.as_inputs(image.pixels[None])[0]
        if isinstance(classifier.network, OwnNetwork):
            return classifier.network.explain(pixels, prediction.label)
        assert isinstance(classifier.network, Network)  # noqa: S101 - there is no third kind
        return explain(classifier.network, pixels, prediction.label)

    def classify(self, image: PadImage, *, is_drawing: bool = False) -> PadState:
        """Classify an image, or several; what is empty or too small has no prediction.

        While a stroke `is_drawing`, the past networks keep their last answers, and there is no
        second opinion: the ink would wait for both.
        """
        classifier = self.classifier
        state = self.unanswered(image)
        if image.is_too_small or not image.images.any():
            self._past_answers = ()
            return state
        if not is_drawing:
            self._past_answers = self.past.answers(image.pixels) if self._has_past else ()
        predictions = classifier.predict(image.images)
        prediction = predictions[image.selected]
        opinion = "" if is_drawing else self._second_opinion(image.pixels, prediction)
        return replace(
            state,
            prediction=prediction,
            source=f"{state.source}; {opinion}" if opinion else state.source,
            history=self._past_answers,
            selected=self.past.selected if self._has_past else None,
            all_predictions=predictions if len(predictions) > 1 else (),
        )

    def unanswered(self, image: PadImage) -> PadState:
        """What is shown of an image before it is classified."""
        classifier = self.classifier
        fit = describe_fit(classifier.image_shape)
        return PadState(
            source=f"{classifier.origin}; {fit}" if fit else classifier.origin,
            classes=classifier.classes,
            is_too_small=image.is_too_small,
            note=image.note,
        )

    def judge(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The built-in model's highest probability for each image ``[n, 28, 28]``: ``[n]``."""
        network = self._classifiers["built-in"].network
        best: npt.NDArray[np.float32] = network.probabilities(images.reshape(len(images), -1)).max(
            axis=1
        )
        return best

    def _second_opinion(self, image: npt.NDArray[np.float32], prediction: Prediction) -> str:
        """Return the built-in model's prediction where it differs from the run's; else empty."""
        if not self.is_live or self.classifier.classes != DIGITS:
            return ""
        built_in = self._classifiers["built-in"].predict(image[None])[0]
        if built_in.abstains or (built_in.label == prediction.label and not prediction.abstains):
            return ""
        return f"built-in: {built_in.describe()}"

    def would_update_from(self, run: RunState) -> bool:
        """Return whether `update_from` would take newer weights."""
        known = (self._directory, self._step), self._unusable
        return bool(run.weights) and (run.directory, run.weights_step) not in known

    def update_from(self, run: RunState) -> bool:
        """Take newer weights from the run; return whether what is shown changed."""
        if run.directory != self._directory:
            self._reset(run.directory)
        self._record_evaluations(run)
        if not run.weights or run.weights_step == self._step:
            return False
        try:
            network = any_network(run.weights, run.info, Path(run.directory))
        except UserError:
            self._unusable = run.directory, run.weights_step
            return False
        self._step = run.weights_step
        source = f"weights after {counted(run.weights_step, 'step')}"
        shape = tuple(run.info.get("dataset", {}).get("image_shape") or (SIDE, SIDE))
        classifier = Classifier(network, source, run.classes, run.name, run.weights_step, shape)
        if not can_read_drawings(classifier):
            return self._label_built_in(INCOMPATIBLE)
        first = "run" not in self._classifiers
        self._classifiers["run"] = classifier
        if first:
            self._active = "run"
        return self.is_live

    def use_fine_tuned(self, network: Network, run: str, step: int) -> None:
        """Use a network that was just fine-tuned and written as this run."""
        source = f"fine-tuned weights: {run}"
        self._classifiers["fine-tuned"] = Classifier(network, source, DIGITS, run, step)
        self._active = "fine-tuned"

    def cycle(self) -> bool:
        """Use the next model; return whether there is another."""
        names = list(self._classifiers)
        self._active = names[(names.index(self._active) + 1) % len(names)]
        return len(names) > 1

    def _reset(self, directory: str) -> None:
        self._directory, self._step = directory, -1
        self.past.clear()
        self._label_built_in(NAME)
        if self._classifiers.pop("run", None) is not None and self.is_live:
            self._active = "built-in"

    def _label_built_in(self, source: str) -> bool:
        """Set the name of the built-in model; return whether the shown name changed."""
        before = self._classifiers["built-in"]
        self._classifiers["built-in"] = replace(before, origin=source)
        return self._active == "built-in" and before.origin != source

    def _record_evaluations(self, run: RunState) -> None:
        if run.step:
            self.past.drop_after(run.step)
        for step, arrays in run.evaluation_weights:
            if step in self.past.steps:
                continue
            try:
                network = network_of(arrays, run.info)
            except UserError:
                return
            if _takes_digits(network):
                self.past.add(step, network)

    def select_past(self, by: int) -> bool:
        """Use the network of an earlier or a later evaluation; return whether it is another."""
        return self.past.select(by, self._classifiers[self._active].step)

    def add_past(self, networks: Sequence[tuple[int, Network]]) -> None:
        """Add networks of the run's checkpoints, with their steps."""
        for step, network in networks:
            if _takes_digits(network):
                self.past.add(step, network)
