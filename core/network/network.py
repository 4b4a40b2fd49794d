"""The forward pass of a trained network in numpy, so that the screen can classify on its own.

One image through 784-512-256-10 is a few matrix-vector products: far cheaper than a call of
TensorFlow, and any process that can read a checkpoint can do it. Arrays are named as in
checkpoints: ``layer0/weights``, ``layer0/biases``, ``layer1/weights``, ...; see
`core.network.architecture`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.network.architecture import (
    BIASES,
    GAMMA,
    MEAN,
    VARIANCE,
    WEIGHTS,
    Architecture,
    Stage,
    build_architecture,
)
from core.network.operations import convolve, convolve_backward, max_pool, max_pool_backward
from core.run.layers import BatchNorm, Conv, Dense, GlobalPool, Pool
from data.dataset import PIXEL_SCALE
from data.errors import DataError

Floats = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[np.generic]]
NORM_EPSILON = 1e-3
"""Added to the variance in a batch normalization, as by Keras."""
NORM_MOMENTUM = 0.9
"""How much of its statistics a batch normalization keeps at each step; with Keras's 0.99 the first
evaluations would use hardly more than their initial values."""
CHUNK_VALUES = 1 << 21
"""Values of a layer that are computed at once, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Norm:
    """A batch normalization's factors and statistics, each ``[out]``; its shift is the biases."""

    gamma: Floats
    mean: Floats
    variance: Floats

    @property
    def scale(self) -> Floats:
        """What the layer's output is multiplied with, ``[out]``."""
        return np.asarray(self.gamma / np.sqrt(self.variance + np.float32(NORM_EPSILON)))


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer with weights: ``[in, out]`` or ``[height, width, in, out]``; biases ``[out]``."""

    weights: Floats
    biases: Floats
    norm: Norm | None = None


class Step(NamedTuple):
    """One stage of a forward pass: what it took and gave, ``[n, ...]``."""

    stage: Stage
    inputs: Floats
    outputs: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Layers with weights, and the architecture that connects them."""

    layers: tuple[Layer, ...]
    architecture: Architecture

    @classmethod
    def from_layers(cls, layers: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> "Network":
        """Build a fully connected network from pairs of weights and biases; copies the arrays.

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
        *hidden, classes = (len(layer.biases) for layer in made)
        inputs = made[0].weights.shape[:1]
        return cls(made, build_architecture(tuple(map(Dense, hidden)), inputs, classes))

    @classmethod
    def from_arrays(cls, arrays: Arrays, architecture: Architecture | None = None) -> "Network":
        """Build a network from a checkpoint's arrays; other names are ignored.

        The arrays say themselves how fully connected layers are connected; others need the
        `architecture`.

        Raises:
            DataError: There is no layer, one has no biases, or shapes do not fit.
        """
        if architecture is None or architecture.is_plain:
            network = cls.from_layers(_dense_pairs(arrays))
            fits = architecture is not None and architecture.sizes == network.sizes
            return cls(network.layers, architecture) if architecture and fits else network
        copies = {
            name: _copied(arrays, name, shape)
            for trained in (True, False)
            for name, shape in architecture.arrays(trained=trained).items()
        }
        layers = [_layer_of(copies, number) for number in range(len(architecture.weighted))]
        return cls(tuple(layers), architecture)

    def to_arrays(self) -> dict[str, Floats]:
        """The arrays by the names that checkpoints use."""
        named = {}
        for i, layer in enumerate(self.layers):
            named[f"layer{i}/{WEIGHTS}"] = layer.weights
            named[f"layer{i}/{BIASES}"] = layer.biases
            if layer.norm is not None:
                named[f"layer{i}/{GAMMA}"] = layer.norm.gamma
                named[f"layer{i}/{MEAN}"] = layer.norm.mean
                named[f"layer{i}/{VARIANCE}"] = layer.norm.variance
        return named

    @property
    def sizes(self) -> tuple[int, ...]:
        """Pixels, then units or filters of each layer: ``(784, 128, 32, 10)``."""
        return self.architecture.sizes

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return self.architecture.parameters

    def logits(self, images: Floats) -> Floats:
        """The logits ``[n, classes]`` of images ``[n, inputs]``, 0 to 1."""
        return np.concatenate([steps[-1].outputs for steps in self._in_chunks(images)])

    def activations(self, images: Floats) -> list[Floats]:
        """The output of each layer with weights: after its ReLU, and the logits.

        ``[n, units]``, or ``[n, height, width, filters]`` of a convolution.
        """
        chunks = [
            # A batch normalization replaces the output of its layer.
            {step.stage.number: step.outputs for step in steps if step.stage.number is not None}
            for steps in self._in_chunks(images)
        ]
        return [np.concatenate([chunk[i] for chunk in chunks]) for i in range(len(self.layers))]

    def outputs_before(self, place: int, images: Floats) -> Floats:
        """What the stage at `place` takes, ``[n, ...]``, for images ``[n, inputs]``, 0 to 1."""
        return np.concatenate([steps[place].inputs for steps in self._in_chunks(images)])

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
        return self.gradient_through(self.trace(image), label)

    def trace(self, image: Floats) -> list[Step]:
        """All stages of the forward pass of one image, 0 to 1."""
        return list(self._forward(np.asarray(image, np.float32).reshape(1, -1)))

    def gradient_through(self, steps: Sequence[Step], label: int) -> Floats:
        """The gradient of a class's logit ``[inputs]``, from the forward pass of one image."""
        grad = np.zeros((1, self.architecture.classes), np.float32)
        grad[0, label] = 1
        for step in reversed(steps):
            grad = self._backward(step, grad)
        return grad.ravel()

    def _in_chunks(self, images: Floats) -> Iterator[list[Step]]:
        """The forward pass of a few images at a time, if there are convolutions."""
        images = np.asarray(images, np.float32)
        size = max(1, len(images))
        if self.architecture.has_convolutions:
            size = min(size, max(1, CHUNK_VALUES // self.architecture.largest))
        for start in range(0, max(1, len(images)), size):
            yield list(self._forward(images[start : start + size]))

    def _forward(self, images: Floats) -> Iterator[Step]:
        values = images.reshape(len(images), *self.architecture.input_shape)
        for stage in self.architecture.stages:
            outputs = self._outputs(stage, values)
            if stage.relu:
                outputs = np.maximum(outputs, np.float32(0))
            yield Step(stage, values, outputs)
            values = outputs

    def _outputs(self, stage: Stage, values: Floats) -> Floats:
        """The output of one stage, before its ReLU."""
        if stage.number is not None:
            return _with_weights(stage, self.layers[stage.number], values)
        match stage.layer:
            case Pool() as pool:
                return max_pool(values, pool)
            case GlobalPool():
                return np.asarray(values.mean(axis=(1, 2)), np.float32)
        return values.reshape(len(values), *stage.outputs)

    def _backward(self, step: Step, grad: Floats) -> Floats:
        """The gradient for what a stage took, from that for what it gave."""
        stage, inputs = step.stage, step.inputs
        if stage.relu:
            grad = grad * (step.outputs > 0)
        layer = self.layers[stage.number] if stage.number is not None else None
        match stage.layer:
            case Conv() as conv if layer is not None:
                return convolve_backward(grad, conv, layer.weights, inputs)
            case Dense() if layer is not None:
                grad = grad @ layer.weights.T
            case BatchNorm() if layer is not None and layer.norm is not None:
                grad = grad * layer.norm.scale
            case Pool() as pool:
                return max_pool_backward(grad, pool, inputs)
            case GlobalPool():
                height, width = inputs.shape[1:3]
                share = grad[:, None, None, :] / np.float32(height * width)
                grad = np.broadcast_to(share, inputs.shape)
        return grad.reshape(inputs.shape)


def as_input(images: npt.NDArray[np.uint8] | Floats) -> Floats:
    """Images uint8 ``[n, ...]`` as a network's input: float32 ``[n, pixels]``, 0 to 1.

    Other numbers, which a person's own data may have, stay as they are.
    """
    flat = images.reshape(len(images), -1).astype(np.float32)
    return flat * PIXEL_SCALE if images.dtype == np.uint8 else flat


def softmax(logits: Floats) -> Floats:
    """Probabilities ``[n, classes]`` from logits; uniform where a logit is not finite."""
    finite = np.isfinite(logits).all(axis=1, keepdims=True)
    values = np.where(finite, logits, np.float32(0))
    values = np.exp(values - values.max(axis=1, keepdims=True))
    probabilities: Floats = values / values.sum(axis=1, keepdims=True)
    return probabilities


def _with_weights(stage: Stage, layer: Layer, values: Floats) -> Floats:
    """The output of a stage that has arrays; a batch normalization adds its layer's biases."""
    match stage.layer:
        case Conv() as conv:
            values = convolve(values, conv, layer.weights)
        case Dense():
            values = values.reshape(len(values), -1) @ layer.weights
        case BatchNorm() if layer.norm is not None:
            values = (values - layer.norm.mean) * layer.norm.scale
    return values + layer.biases if BIASES in stage.arrays else values


def _make_layer(index: int, weights: npt.ArrayLike, biases: npt.ArrayLike) -> Layer:
    matrix, vector = np.array(weights, np.float32), np.array(biases, np.float32)
    if matrix.ndim != 2 or vector.shape != matrix.shape[1:]:
        raise DataError(
            f"layer{index} has weights of shape {matrix.shape} and biases of shape {vector.shape}; "
            "expected [inputs, outputs] and [outputs]"
        )
    return Layer(matrix, vector)


def _dense_pairs(arrays: Arrays) -> list[tuple[npt.ArrayLike, npt.ArrayLike]]:
    """Weights and biases of fully connected layers, in their order."""
    pairs: list[tuple[npt.ArrayLike, npt.ArrayLike]] = []
    while f"layer{len(pairs)}/{WEIGHTS}" in arrays:
        name = f"layer{len(pairs)}/{BIASES}"
        if name not in arrays:
            raise DataError(f"the checkpoint has no {name}")
        pairs.append((arrays[f"layer{len(pairs)}/{WEIGHTS}"], arrays[name]))
    if not pairs:
        raise DataError(
            "the checkpoint has no layer0/weights; expected layer0/weights, layer0/biases, ..."
        )
    return pairs


def _layer_of(arrays: Mapping[str, Floats], number: int) -> Layer:
    own = {name: arrays.get(f"layer{number}/{name}") for name in (GAMMA, MEAN, VARIANCE)}
    gamma, mean, variance = own.values()
    norm = None
    if gamma is not None and mean is not None and variance is not None:
        norm = Norm(gamma, mean, variance)
    return Layer(arrays[f"layer{number}/{WEIGHTS}"], arrays[f"layer{number}/{BIASES}"], norm)


def _copied(arrays: Arrays, name: str, shape: tuple[int, ...]) -> Floats:
    if name not in arrays:
        raise DataError(f"the checkpoint has no {name}")
    if arrays[name].shape != shape:
        raise DataError(f"{name} has shape {arrays[name].shape}; this network has {shape} there")
    return np.array(arrays[name], np.float32)
