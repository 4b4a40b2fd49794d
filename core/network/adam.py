"""Adam in numpy: what the pad learns a user's hand with, in a fraction of a second.

Loading TensorFlow takes longer than all the training that teaching needs. All weights lie in one
flat array, so that the optimizer is a dozen passes over one vector.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.network.network import Layer, Network, softmax

Floats = npt.NDArray[np.float32]

DEVICE = "numpy"
"""What a run that was taught on the pad says it was trained on."""
FIRST_MOMENT, SECOND_MOMENT, EPSILON = 0.9, 0.999, 1e-8
GRAD_FLOOR = np.float32(1e-15)


class AdamTrainer:
    """A network, and Adam's memory of it (Kingma and Ba, 2015)."""

    def __init__(self, network: Network) -> None:
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
        """The network as it is now, or with other ``values`` in place of its own; a copy."""
        views = _views(self.values if values is None else values, self._shapes)
        return Network(
            tuple(Layer(w.copy(), b.copy()) for w, b in zip(views[::2], views[1::2], strict=True))
        )

    def step(self, images: Floats, targets: Floats, rate: float) -> float:
        """One step of Adam on a batch; returns its mean loss before the step.

        Args:
            images: ``[n, inputs]``, 0 to 1.
            targets: ``[n, classes]``, the probabilities that should come out.
            rate: the learning rate.
        """
        values = [images]
        for i, (weights, biases) in enumerate(self._pairs(self._weights)):
            out = values[-1] @ weights
            out += biases
            if 2 * i + 2 < len(self._weights):
                np.maximum(out, 0, out=out)
            values.append(out)
        likely = softmax(values.pop())
        loss = -float((targets * np.log(np.maximum(likely, 1e-12))).sum(axis=1).mean())
        self._backward(values, (likely - targets) / np.float32(len(images)))
        self._update(rate)
        return loss

    def _backward(self, values: Sequence[Floats], error: Floats) -> None:
        """Fill in the slopes, last layer first; ``values`` are what each layer was given."""
        pairs = zip(self._pairs(self._weights), self._pairs(self._grads), values, strict=True)
        for (weights, _), (slope, slope_biases), given in reversed(list(pairs)):
            np.matmul(given.T, error, out=slope)
            np.sum(error, axis=0, out=slope_biases)
            if given is not values[0]:
                error = error @ weights.T
                error *= given > 0

    def _update(self, rate: float) -> None:
        self._steps += 1
        slope, scratch = self._grad, self._scratch
        # Moments that fade towards 0 would become subnormal, and those are 15 times slower.
        slope += GRAD_FLOOR
        self._first *= FIRST_MOMENT
        np.multiply(slope, 1 - FIRST_MOMENT, out=scratch)
        self._first += scratch
        slope *= slope
        slope *= 1 - SECOND_MOMENT
        self._second *= SECOND_MOMENT
        self._second += slope
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
    """The flat array's parts in their shapes; no copies."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(flat, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
