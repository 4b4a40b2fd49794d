"""A trained network as a Keras model that needs nothing of trainpad.

It takes images as they come, 0 to 255, and gives probabilities; the scaling to 0..1 is its first
layer. The layer ``logits`` holds what stands before the softmax.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.network.network import Network
from core.rundir.checkpoint import Checkpoint


def keras_file(checkpoint: Checkpoint, image_shape: tuple[int, int]) -> bytes:
    """The content of a ``.keras`` file; images are ``[n, height, width]``.

    Raises:
        DataError: the checkpoint holds no network.
    """
    network = Network.from_arrays(checkpoint.arrays)
    with _silenced_stderr(), tempfile.TemporaryDirectory(prefix="trainpad-") as folder:
        path = Path(folder) / "model.keras"
        build_model(network, image_shape).save(path)
        return path.read_bytes()


def build_model(network: Network, image_shape: tuple[int, int]) -> Any:
    """A `keras.Sequential` that predicts what `network` does.

    Images whose number of pixels is not the network's are taken flat, ``[n, inputs]``.
    """
    import keras

    height, width = image_shape
    inputs = network.sizes[0]
    shape = (height, width) if height * width == inputs else (inputs,)
    last = len(network.layers) - 1
    dense = [
        keras.layers.Dense(
            len(layer.biases),
            activation="relu" if place < last else None,
            name=f"hidden{place + 1}" if place < last else "logits",
        )
        for place, layer in enumerate(network.layers)
    ]
    made = keras.Sequential(
        [
            keras.Input(shape, name="images"),
            keras.layers.Rescaling(1 / 255, name="scaled"),
            keras.layers.Flatten(name="pixels"),
            *dense,
            keras.layers.Softmax(name="probabilities"),
        ],
        name="trainpad",
    )
    for layer, learned in zip(dense, network.layers, strict=True):
        layer.set_weights([learned.weights, learned.biases])
    return made


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Let nothing through that TensorFlow's C++ code prints on descriptor 2 when it is loaded."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
