"""The forward pass of a trained network in numpy, so that the screen can classify on its own.

One image through 784-512-256-10 is a few matrix-vector products: far cheaper than a call of
TensorFlow, and any process that can read a checkpoint can do it. Arrays are named as in
checkpoints: ``layer0/weights`` ``[in, out]``, ``layer0/biases`` ``[out]``, ``layer1/weights``, ...
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from data.dataset import PIXEL_SCALE
from data.errors import DataError

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One fully connected layer: weights ``[in, out]`` and biases ``[out]``."""

    weights: Floats
    biases: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Fully connected layers with ReLU between them, as in the lab's network."""

    layers: tuple[Layer, ...]

    @classmethod
    def from_layers(cls, layers: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> "Network":
        """Build a network from pairs of weights and biases, first layer first; copies the arrays.

        Raises:
            DataError: The shapes do not fit each other.
        """
        made = tuple(_make_layer(i, weights, biases) for i, (weights, biases) in enumerate(layers))
        if not made:
            raise DataError("a network has no layers; give it at least one")
        for i, (before, after) in enumerate(pairwise(made)):
            if before.weights.shape[1] != after.weights.shape[0]:
                raise DataError(
                    f"layer{i + 1}/weights takes {after.weights.shape[0]} inputs, "
                    f"but layer{i} gives {before.weights.shape[1]}"
                )
        return cls(made)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> "Network":
        """Build a network from a checkpoint's arrays; other names are ignored.

        Raises:
            DataError: There is no layer, one has no biases, or shapes do not fit.
        """
        pairs: list[tuple[npt.ArrayLike, npt.ArrayLike]] = []
        while f"layer{len(pairs)}/weights" in arrays:
            name = f"layer{len(pairs)}/biases"
            if name not in arrays:
                raise DataError(f"the checkpoint has no {name}")
            pairs.append((arrays[f"layer{len(pairs)}/weights"], arrays[name]))
        if not pairs:
            raise DataError(
                "the checkpoint has no layer0/weights; expected layer0/weights, layer0/biases, ..."
            )
        return cls.from_layers(pairs)

    def to_arrays(self) -> dict[str, Floats]:
        """The arrays by the names that checkpoints use."""
        named = {}
        for i, layer in enumerate(self.layers):
            named[f"layer{i}/weights"] = layer.weights
            named[f"layer{i}/biases"] = layer.biases
        return named

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units from the input to the output: ``(784, 128, 32, 10)``."""
        return (self.layers[0].weights.shape[0], *(len(layer.biases) for layer in self.layers))

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(layer.weights.size + layer.biases.size for layer in self.layers)

    def logits(self, images: Floats) -> Floats:
        """The logits ``[n, classes]`` of images ``[n, inputs]``, 0 to 1."""
        return self.activations(images)[-1]

    def activations(self, images: Floats) -> list[Floats]:
        """Each layer's output ``[n, units]``: hidden layers after ReLU, then the logits."""
        values = np.asarray(images, np.float32)
        outputs = []
        for i, layer in enumerate(self.layers):
            values = values @ layer.weights + layer.biases
            if i + 1 < len(self.layers):
                values = np.maximum(values, np.float32(0))
            outputs.append(values)
        return outputs

    def probabilities(self, images: Floats) -> Floats:
        """The softmax of the logits, ``[n, classes]``; see `softmax`."""
        return softmax(self.logits(images))

    def attribution(self, image: Floats, label: int) -> Floats:
        """Gradient times input of one image, ``[inputs]``: evidence for a class is positive.

        The values sum to the logit, except for what the biases contribute.
        """
        return np.asarray(image, np.float32).ravel() * self.gradient(image, label)

    def gradient(self, image: Floats, label: int) -> Floats:
        """The gradient of a class's logit with respect to one image, ``[inputs]``."""
        *hidden, _ = self.activations(np.asarray(image, np.float32).reshape(1, -1))
        grad = self.layers[-1].weights[:, label]
        for layer, values in zip(reversed(self.layers[:-1]), reversed(hidden), strict=True):
            grad = layer.weights @ (grad * (values[0] > 0))
        return grad


def as_input(images: npt.NDArray[np.uint8]) -> Floats:
    """Images uint8 ``[n, ...]`` as a network's input: float32 ``[n, pixels]``, 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) * PIXEL_SCALE


def softmax(logits: Floats) -> Floats:
    """Probabilities ``[n, classes]`` from logits; uniform where a logit is not finite."""
    finite = np.isfinite(logits).all(axis=1, keepdims=True)
    values = np.where(finite, logits, np.float32(0))
    values = np.exp(values - values.max(axis=1, keepdims=True))
    probabilities: Floats = values / values.sum(axis=1, keepdims=True)
    return probabilities


def _make_layer(index: int, weights: npt.ArrayLike, biases: npt.ArrayLike) -> Layer:
    matrix, vector = np.array(weights, np.float32), np.array(biases, np.float32)
    if matrix.ndim != 2 or vector.shape != matrix.shape[1:]:
        raise DataError(
            f"layer{index} has weights of shape {matrix.shape} and biases of shape {vector.shape}; "
            "expected [inputs, outputs] and [outputs]"
        )
    return Layer(matrix, vector)
