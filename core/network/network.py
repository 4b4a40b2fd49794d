"""A trained network as numpy sees it, so that the screen can classify without TensorFlow.

One 784-512-256-10 image takes a few matrix-vector products: far less than handing it to TensorFlow
would, and any process that can read a checkpoint can do it. The names of the arrays are those of
checkpoints: ``layer0/weights`` ``[in, out]``, ``layer0/biases`` ``[out]``, ``layer1/weights``, ...
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from data.errors import DataError

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One fully connected layer: weights ``[in, out]`` and biases ``[out]``."""

    weights: Floats
    biases: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Fully connected layers with ReLU between them, as the lab's network has."""

    layers: tuple[Layer, ...]

    @classmethod
    def from_layers(cls, layers: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> "Network":
        """From pairs of weights and biases, first layer first; the arrays are copied.

        Raises:
            DataError: The shapes do not fit each other.
        """
        made = tuple(_layer(i, weights, biases) for i, (weights, biases) in enumerate(layers))
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
        """From a checkpoint's arrays; names that are not a layer's are left alone.

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
        """How many numbers were learned."""
        return sum(layer.weights.size + layer.biases.size for layer in self.layers)

    def logits(self, images: Floats) -> Floats:
        """The last layer's values ``[n, classes]`` for images ``[n, inputs]``, 0 to 1."""
        return self.activations(images)[-1]

    def activations(self, images: Floats) -> list[Floats]:
        """What each layer gives, ``[n, units]``: hidden ones after ReLU, the last as it is."""
        values = np.asarray(images, np.float32)
        every = []
        for i, layer in enumerate(self.layers):
            values = values @ layer.weights + layer.biases
            if i + 1 < len(self.layers):
                values = np.maximum(values, np.float32(0))
            every.append(values)
        return every

    def probabilities(self, images: Floats) -> Floats:
        """How likely each class is, ``[n, classes]``; each row sums to 1.

        Where a network has diverged (NaN or infinite logits) all classes are equally likely.
        """
        return softmax(self.logits(images))

    def attribution(self, image: Floats, label: int) -> Floats:
        """Which inputs of one image ``[inputs]`` spoke for a digit (positive) and which against.

        Gradient times input: within one linear piece of the network, and but for the biases, the
        values sum to the digit's logit.
        """
        return np.asarray(image, np.float32).ravel() * self.gradient(image, label)

    def gradient(self, image: Floats, label: int) -> Floats:
        """How a digit's logit changes with each input of one image, ``[inputs]``."""
        *hidden, _ = self.activations(np.asarray(image, np.float32).reshape(1, -1))
        slope = self.layers[-1].weights[:, label]
        for layer, values in zip(reversed(self.layers[:-1]), reversed(hidden), strict=True):
            slope = layer.weights @ (slope * (values[0] > 0))
        return slope


def softmax(logits: Floats) -> Floats:
    """Probabilities ``[n, classes]`` from logits; even ones where a logit is not finite."""
    finite = np.isfinite(logits).all(axis=1, keepdims=True)
    values = np.where(finite, logits, np.float32(0))
    values = np.exp(values - values.max(axis=1, keepdims=True))
    probabilities: Floats = values / values.sum(axis=1, keepdims=True)
    return probabilities


def _layer(index: int, weights: npt.ArrayLike, biases: npt.ArrayLike) -> Layer:
    matrix, vector = np.array(weights, np.float32), np.array(biases, np.float32)
    if matrix.ndim != 2 or vector.shape != matrix.shape[1:]:
        raise DataError(
            f"layer{index} has weights of shape {matrix.shape} and biases of shape {vector.shape}; "
            "expected [inputs, outputs] and [outputs]"
        )
    return Layer(matrix, vector)
