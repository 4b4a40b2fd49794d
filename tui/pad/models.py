"""Which model classifies the drawing: the run's, the fine-tuned, or the built-in.

The newest is used until the user switches: the first weights of a run replace the built-in ones,
a fine-tuned model replaces the run's, and a key cycles through all of them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.network.builtin import NAME, builtin_network
from core.network.classifier import Classifier, Prediction
from core.network.network import Network
from core.network.recorded import network_of
from core.run.state import RunState
from data.dataset import DIGITS
from data.errors import DataError
from data.ink import SIDE
from trainpad.errors import UserError
from tui.pad.past import PastAnswer, PastNetworks
from tui.pad.prediction import PadImage, PadState

INCOMPATIBLE = f"{NAME}; the run classifies other images"
"""Name of the built-in model while the run's network cannot classify drawings."""


def check_compatible(classifier: Classifier) -> None:
    """Check that a classifier takes the pad's images.

    Raises:
        DataError: its network has another input size, or not ten classes.
    """
    network = classifier.network
    if not _is_compatible(network):
        raise DataError(
            f"{classifier.origin} takes {network.sizes[0]} pixels and has {network.sizes[-1]} "
            f"classes; the pad draws {SIDE} x {SIDE} pixels for {len(DIGITS)} classes. "
            "Give another run, or none for the built-in weights"
        )


def _is_compatible(network: Network) -> bool:
    """Return whether the network takes the pad's images and has ten classes."""
    return (network.sizes[0], network.sizes[-1]) == (SIDE * SIDE, len(DIGITS))


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
        self.past = PastNetworks()
        """The run's network at its checkpoints and last evaluations."""
        self._past_answers: Sequence[PastAnswer] = ()

    @property
    def classifier(self) -> Classifier:
        """The classifier that is used."""
        classifier = self._classifiers[self._active]
        if self._has_past and (network := self.past.network) is not None:
            step = self.past.selected or 0
            return replace(
                classifier, network=network, origin=f"weights after {step:,} steps", step=step
            )
        return classifier

    @property
    def _has_past(self) -> bool:
        """Whether the past networks are of the run whose network is used."""
        return self._active in ("run", "initial")

    @property
    def is_live(self) -> bool:
        """Whether the run's network is used."""
        return self._active == "run"

    @property
    def is_digit_classifier(self) -> bool:
        """Whether the model that is used classifies the pad's images as digits."""
        return self.classifier.classes == DIGITS and _is_compatible(self.classifier.network)

    def classify(self, image: PadImage, *, is_drawing: bool = False) -> PadState:
        """Classify an image, or several; what is empty or too small has no prediction.

        While a stroke `is_drawing`, the past networks keep their last answers, which costs nothing.
        """
        classifier = self.classifier
        state = PadState(
            source=classifier.origin,
            classes=classifier.classes,
            is_too_small=image.is_too_small,
            note=image.note,
        )
        if image.is_too_small or not image.images.any():
            self._past_answers = ()
            return state
        if not is_drawing:
            self._past_answers = self.past.answers(image.pixels) if self._has_past else ()
        predictions = classifier.predict(image.images)
        prediction = predictions[image.selected]
        opinion = self._second_opinion(image.pixels, prediction)
        return replace(
            state,
            prediction=prediction,
            source=f"{classifier.origin}; {opinion}" if opinion else classifier.origin,
            history=self._past_answers,
            selected=self.past.selected if self._has_past else None,
            all_predictions=predictions if len(predictions) > 1 else (),
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

    def update_from(self, run: RunState) -> bool:
        """Take newer weights from the run; return whether what is shown changed."""
        if run.directory != self._directory:
            self._reset(run.directory)
        self._record_evaluations(run)
        if not run.weights or run.weights_step == self._step:
            return False
        try:
            network = network_of(run.weights, run.info)
        except UserError:
            return False
        self._step = run.weights_step
        if not _is_compatible(network):
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
            if _is_compatible(network):
                self.past.add(step, network)

    def add_past(self, networks: Sequence[tuple[int, Network]]) -> None:
        """Add networks of the run's checkpoints, with their steps."""
        for step, network in networks:
            if _is_compatible(network):
                self.past.add(step, network)
