"""A trained network as a Keras model that does not depend on trainpad.

It takes images with pixels from 0 to 255, and returns probabilities; its first layer scales pixels
to 0..1. The layer ``logits`` gives the values before the softmax.
"""

import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.network.architecture import Architecture
from core.network.keras_layers import keras_layers
from core.network.model_file import ModelFile, build_own_model
from core.network.network import Layer, Network
from core.network.own_keras import load_arrays, try_model
from core.process.libraries import clean_imports
from core.run.layers import Conv


def keras_file(network: Network, image_shape: Sequence[int]) -> bytes:
    """Return the content of a ``.keras`` file; images are ``[n, *image_shape]``."""
    with _silenced_stderr(), tempfile.TemporaryDirectory(prefix="trainpad-") as folder:
        path = Path(folder) / "model.keras"
        build_model(network, image_shape).save(path)
        return path.read_bytes()


def own_keras_file(file: ModelFile, arrays: Mapping[str, Any], image_shape: Sequence[int]) -> bytes:
    """Return the content of a ``.keras`` file of a person's own model with these arrays.

    Raises:
        UserError: its file is wrong, or the arrays are those of another model.
    """
    with _silenced_stderr(), tempfile.TemporaryDirectory(prefix="trainpad-") as folder:
        with clean_imports():
            import keras

        keras.utils.clear_session()
        model, _ = build_own_model(file)
        if not model.built:
            try_model(file, model, np.zeros((1, *image_shape), np.float32))
        load_arrays(model, arrays)
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def build_model(network: Network, image_shape: Sequence[int]) -> Any:
    """Return a `keras.Sequential` with the same predictions as `network`.

    Where `image_shape` does not match the network's inputs, the model takes ``[n, inputs]``.
    """
    with clean_imports():
        import keras

    architecture = network.architecture
    inputs = network.sizes[0]
    shape = tuple(image_shape) if math.prod(image_shape) == inputs else (inputs,)
    names = layer_names(architecture)
    described = keras_layers(architecture, names)
    layers = [getattr(keras.layers, kind)(**arguments) for kind, arguments in described]
    if len(architecture.input_shape) == 1:  # fully connected layers take a row of pixels
        layers.insert(0, keras.layers.Flatten(name="pixels"))
    model = keras.Sequential(
        [
            keras.Input(shape, name="images"),
            keras.layers.Rescaling(1 / 255, name="scaled"),
            *layers,
            keras.layers.Softmax(name="probabilities"),
        ],
        name="trainpad",
    )
    for name, trained in zip(names, network.layers, strict=True):
        _set_weights(model, name, trained)
    return model


def layer_names(architecture: Architecture) -> list[str]:
    """Return the name of each layer with weights: ``conv1``, ``hidden2``, ``logits``."""
    kinds = ("conv" if isinstance(s.layer, Conv) else "hidden" for s in architecture.weighted[:-1])
    return [*(f"{kind}{number + 1}" for number, kind in enumerate(kinds)), "logits"]


def _set_weights(model: Any, name: str, trained: Layer) -> None:
    """Give a layer, and the batch normalization that follows it, their trained values."""
    norm = trained.norm
    if norm is None:
        model.get_layer(name).set_weights([trained.weights, trained.biases])
        return
    model.get_layer(name).set_weights([trained.weights])
    values = [norm.gamma, trained.biases, norm.mean, norm.variance]
    model.get_layer(f"{name}_norm").set_weights(values)


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Discard what TensorFlow's C++ code prints on descriptor 2 when it is loaded."""
    saved = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
