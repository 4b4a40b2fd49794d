"""A person's own model with certain weights: what `core.network.network.Network` has, by Keras."""

import atexit
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.network.explanation import Explanation, LayerOutput
from core.network.health import Distribution
from core.network.model_copy import recorded_model
from core.network.network import Arrays, Floats, Network, softmax
from core.network.recorded import is_own_model, network_of
from core.own.layer import OwnLayer
from core.own.process import OwnProcess
from core.rundir.rundir import RunDir
from data.errors import DataError

SAMPLES = 4
"""Images that a model is tried with."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnNetwork:
    """The model of a process, and the weights to compute it with. Each method waits for Keras."""

    process: OwnProcess
    weights: Arrays

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.process.file.name

    @property
    def is_loaded(self) -> bool:
        """Whether Keras has loaded it, so that a request takes milliseconds."""
        return self.process.is_loaded

    @property
    def has_classes(self) -> bool:
        """Whether it gives classes, and not values."""
        return self.process.has_classes

    @property
    def sizes(self) -> tuple[int, int]:
        """Pixels, and number of classes."""
        return math.prod(self.process.image_shape), self.process.classes

    @property
    def layers(self) -> tuple[OwnLayer, ...]:
        """Its layers, once it is loaded."""
        return self.process.layers

    def noise(self) -> Floats:
        """One image of noise ``[1, pixels]``, where there are no others."""
        rng = np.random.default_rng(0)
        return rng.random((1, self.sizes[0]), dtype=np.float32)

    def logits(self, images: Floats) -> Floats:
        """The logits ``[n, classes]`` of images ``[n, pixels]``, 0 to 1.

        Raises:
            DataError: it cannot be computed.
        """
        return self.process.ask({"do": "logits"}, images, self.weights).arrays["logits"]

    def probabilities(self, images: Floats) -> Floats:
        """The softmax of the logits, ``[n, classes]``."""
        return softmax(self.logits(images))

    def explain(self, image: Floats, label: int | None = None) -> Explanation:
        """Explain one image ``[pixels]``, for a class or the predicted one.

        Raises:
            DataError: it cannot be computed.
        """
        pixels = np.asarray(image, np.float32).ravel()
        values, arrays = self.process.ask(
            {"do": "explain", "label": label}, pixels[None], self.weights
        )
        last = len(self.layers) - 1
        outputs = tuple(
            LayerOutput(
                place,
                layer.name,
                arrays[str(place)],
                is_hidden=bool(layer.multiply_adds) and place < last,
            )
            for place, layer in enumerate(self.layers)
            if str(place) in arrays
        )
        probabilities = softmax(arrays["logits"])[0]
        return Explanation(pixels, values["label"], probabilities, arrays["evidence"], outputs)

    def inspect(self, images: Floats) -> dict[str, tuple[Distribution, int]]:
        """The activations of each layer with a kernel and its dead channels, for ``[n, pixels]``.

        Raises:
            DataError: it cannot be computed.
        """
        values, arrays = self.process.ask({"do": "inspect"}, images, self.weights)
        found = {}
        for name, (mean, std, low, high, finite, dead) in values["layers"].items():
            found[name] = Distribution(mean, std, low, high, arrays[name], finite), dead
        return found


AnyNetwork = Network | OwnNetwork
"""What classifies and explains images."""
_kept: dict[Path, OwnProcess] = {}
"""The process of the run that was shown last: there is at most one."""


def any_network(arrays: Arrays, info: Mapping[str, Any], directory: Path) -> AnyNetwork:
    """The network with these arrays of the run in a directory with the `run.json` `info`.

    A person's own model is loaded when it is first asked.

    Raises:
        UserError: the arrays are no network, or the run has no usable copy of its model's file.
    """
    if not is_own_model(info):
        return network_of(arrays, info)
    return OwnNetwork(own_process(info, directory), arrays)


def own_process(info: Mapping[str, Any], directory: Path) -> OwnProcess:
    """The process for the model of a run; that of another run is ended.

    Raises:
        UserError: the run has no usable copy of its model's file, or does not say its images.
    """
    if directory in _kept:
        return _kept[directory]
    file = recorded_model(RunDir(directory), info)
    dataset = info.get("dataset") or {}
    shape, classes = dataset.get("image_shape"), dataset.get("classes")
    if file is None or not shape or classes is None:
        raise DataError("run.json does not say which model and which images it has")
    rng = np.random.default_rng(0)
    samples = rng.random((SAMPLES, *map(int, shape)), dtype=np.float32)
    close_processes()
    _kept[directory] = OwnProcess(file, samples, len(classes))
    return _kept[directory]


@atexit.register
def close_processes() -> None:
    """End the process of a model, if there is one."""
    for directory in list(_kept):
        _kept.pop(directory).close()
