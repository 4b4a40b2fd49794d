"""Adam in numpy: fine-tunes a network on the user's digits in a fraction of a second.

Loading TensorFlow would take longer than the fine-tuning. All weights are in one flat array, so
that the optimizer is a dozen passes over one vector.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.network.network import Layer, Network, softmax

Floats = npt.NDArray[np.float32]

DEVICE = "numpy"
"""The device that the record of a fine-tuned run names."""
FIRST_MOMENT, SECOND_MOMENT, EPSILON = 0.9, 0.999, 1e-8
GRAD_FLOOR = np.float32(1e-15)


class AdamTrainer:
    """Trains a network with Adam (Kingma and Ba, 2015)."""

    def __init__(self, network: Network) -> None:
        """Begin with a fully connected network, which stays as it is."""
        self._start = network
        shapes = [
            array.shape for layer in network.layers for array in (layer.weights, layer.biases)
        ]
        arrays = [array for layer in network.layers for array in (layer.weights, layer.biases)]
        self.values: Floats = np.concatenate([array.ravel() for array in arrays])
        """All weights and biases, layer after layer."""
        self._grad = np.zeros_like(self.values)
        self._first = np.zeros_like(self.values)
        self._second = np.zeros_like(self.values)
        self._scratch = np.empty_like(self.values)
        self._weights = _views(self.values, shapes)
        self._grads = _views(self._grad, shapes)
        self._shapes = shapes
        self._steps = 0

    def network(self, values: Floats | None = None) -> Network:
        """A copy of the network, with other ``values`` for its weights if inputs."""
        views = _views(self.values if values is None else values, self._shapes)
        return replace(
            self._start,
            layers=tuple(
                Layer(w.copy(), b.copy()) for w, b in zip(views[::2], views[1::2], strict=True)
            ),
        )

    def step(self, images: Floats, targets: Floats, rate: float) -> float:
        """Take one step on a batch; return the mean loss before the step.

        Args:
            images: ``[n, inputs]``, 0 to 1.
            targets: ``[n, classes]``, the target probabilities.
            rate: the learning rate.
        """
        values = [images]
        for i, (weights, biases) in enumerate(self._pairs(self._weights)):
            out = values[-1] @ weights
            out += biases
            if 2 * i + 2 < len(self._weights):
                np.maximum(out, 0, out=out)
            values.append(out)
        probabilities = softmax(values.pop())
        loss = -float((targets * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1).mean())
        self._backward(values, (probabilities - targets) / np.float32(len(images)))
        self._update(rate)
        return loss

    def _backward(self, values: Sequence[Floats], error: Floats) -> None:
        """Compute the gradients, last layer first; ``values`` are the inputs of each layer."""
        pairs = zip(self._pairs(self._weights), self._pairs(self._grads), values, strict=True)
        for (weights, _), (grad, bias_grad), inputs in reversed(list(pairs)):
            np.matmul(inputs.T, error, out=grad)
            np.sum(error, axis=0, out=bias_grad)
            if inputs is not values[0]:
                error = error @ weights.T
                error *= inputs > 0

    def _update(self, rate: float) -> None:
        self._steps += 1
        grad, scratch = self._grad, self._scratch
        # Moments that fade towards 0 would become subnormal, and those are 15 times slower.
        grad += GRAD_FLOOR
        self._first *= FIRST_MOMENT
        np.multiply(grad, 1 - FIRST_MOMENT, out=scratch)
        self._first += scratch
        grad *= grad
        grad *= 1 - SECOND_MOMENT
        self._second *= SECOND_MOMENT
        self._second += grad
        unbiased = (1 - SECOND_MOMENT**self._steps) ** 0.5
        np.sqrt(self._second, out=scratch)
        scratch += EPSILON * unbiased
        np.divide(self._first, scratch, out=scratch)
        scratch *= rate * unbiased / (1 - FIRST_MOMENT**self._steps)
        self.values -= scratch

    @staticmethod
    def _pairs(arrays: Sequence[Floats]) -> list[tuple[Floats, Floats]]:
        return list(zip(arrays[::2], arrays[1::2], strict=True))


def _views(flat: Floats, shapes: Sequence[tuple[int, ...]]) -> list[Floats]:
    """Views of consecutive parts of a flat array in these shapes."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(flat, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
