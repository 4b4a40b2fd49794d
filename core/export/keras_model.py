"""A trained network as a Keras model that does not depend on trainpad.

It takes images with pixels from 0 to 255, and returns probabilities; its first layer scales pixels
to 0..1. The layer ``logits`` gives the values before the softmax.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.network.network import Network
from core.process.libraries import clean_imports
from core.rundir.checkpoint import Checkpoint


def keras_file(checkpoint: Checkpoint, image_shape: tuple[int, int]) -> bytes:
    """Return the content of a ``.keras`` file; images are ``[n, height, width]``.

    Raises:
        DataError: the checkpoint holds no network.
    """
    network = Network.from_arrays(checkpoint.arrays)
    with _silenced_stderr(), tempfile.TemporaryDirectory(prefix="trainpad-") as folder:
        path = Path(folder) / "model.keras"
        build_model(network, image_shape).save(path)
        return path.read_bytes()


def build_model(network: Network, image_shape: tuple[int, int]) -> Any:
    """Return a `keras.Sequential` with the same predictions as `network`.

    Where `image_shape` does not match the network's inputs, the model takes ``[n, inputs]``.
    """
    with clean_imports():
        import keras

    height, width = image_shape
    inputs = network.sizes[0]
    shape = (height, width) if height * width == inputs else (inputs,)
    last = len(network.layers) - 1
    dense = [
        keras.layers.Dense(
            len(layer.biases),
            activation="relu" if index < last else None,
            name=f"hidden{index + 1}" if index < last else "logits",
        )
        for index, layer in enumerate(network.layers)
    ]
    model = keras.Sequential(
        [
            keras.Input(shape, name="images"),
            keras.layers.Rescaling(1 / 255, name="scaled"),
            keras.layers.Flatten(name="pixels"),
            *dense,
            keras.layers.Softmax(name="probabilities"),
        ],
        name="trainpad",
    )
    for layer, trained in zip(dense, network.layers, strict=True):
        layer.set_weights([trained.weights, trained.biases])
    return model


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
