"""A person's own Keras model, loaded to be computed layer by layer.

Importing this module imports TensorFlow: only the process that `core.own.process` starts does so.
Each layer's `call` is wrapped, so that its output is known whether the model is sequential,
functional or subclassed.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from core.network.health import Distribution
from core.network.model_file import ModelFile, build_own_model
from core.network.own_keras import are_probabilities, load_arrays, named_variables, try_model
from core.own.layer import OwnLayer
from trainpad.errors import UserError

Floats = npt.NDArray[np.float32]
BATCH = 50
"""Images that are computed at once."""
MAX_VALUES = 40_000_000
"""Values of all layers together that are kept of a sample: 160 MB."""
MAX_SHOWN = 4_000_000
"""Values of one layer's output for one image that are given away."""
FOLLOWING = ("BatchNormalization", "LayerNormalization", "ReLU", "LeakyReLU", "Activation", "PReLU")
"""Layers that change the output of the layer before them, and not its shape."""
WITHOUT_MAPS = ("Flatten", "Dropout", "Reshape", "InputLayer")
"""Layers that change no value."""


class LoadedModel:
    """A model, and what its layers take and give."""

    def __init__(self, file: ModelFile, images: Floats, classes: int) -> None:
        """Build the model of a file and try it with images ``[n, height, width]`` or with colours.

        Raises:
            UserError: the file is wrong, or the model does not fit the images.
        """
        keras.utils.clear_session()  # names are numbered from the beginning, as where it trains
        self._model, _ = build_own_model(file)
        if not isinstance(self._model, keras.Model):
            raise UserError(f"{file.name} must give a Keras model")
        self._shape, outputs = try_model(file, self._model, images)
        is_fraction, sums_to_1 = are_probabilities(outputs)
        self._is_single = classes == 2 and outputs.shape[1:] == (1,)
        self._gives_probabilities = is_fraction if self._is_single else sums_to_1
        self.has_classes = self._is_single or (classes > 0 and outputs.shape[1:] == (classes,))
        """Whether it gives classes, and not values."""
        self._calls: dict[int, tuple[tuple[int, ...], Any]] = {}
        self._leaves = list(_leaves(self._model))
        for number, layer in enumerate(self._leaves):
            self._wrap(number, layer)
        with self._recorded() as calls:
            self.logits(images[:1])
            self.order = [number for number in calls if _is_shown(calls[number][1])]
            """The numbers of the layers that are computed, in their order."""
            self.layers = [self._describe(number, *calls[number]) for number in self.order]

    def load(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take the arrays of a checkpoint; seeds, which it may lack, stay.

        Raises:
            UserError: they are those of another model.
        """
        own = named_variables(self._model.trainable_variables)
        own |= named_variables(self._model.non_trainable_variables)
        rest = {name: v.numpy() for name, v in own.items() if name not in arrays and _is_seed(v)}
        load_arrays(self._model, {**rest, **arrays})

    def logits(self, images: Any) -> Floats:
        """Logits ``[n, classes]``, or the values that it gives ``[n, values]``.

        Of probabilities these are the logarithms; a single number is that of the second class.
        """
        parts = [
            self._logits(tf.constant(images[start : start + BATCH], tf.float32)).numpy()
            for start in range(0, len(images), BATCH)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)

    def _logits(self, images: Any) -> Any:
        outputs = self._model(tf.reshape(images, (len(images), *self._shape)), training=False)
        outputs = tf.cast(outputs, tf.float32)  # it may compute with half of the precision
        if self._is_single:
            rest = 1 - outputs if self._gives_probabilities else tf.zeros_like(outputs)
            outputs = tf.concat([rest, outputs], axis=1)
        if self._gives_probabilities:
            return tf.math.log(tf.clip_by_value(outputs, 1e-7, 1.0))
        return tf.reshape(outputs, (len(images), -1))

    def explain(self, image: Floats, label: int | None) -> tuple[int, dict[str, Floats]]:
        """The class, and ``logits``, ``evidence`` and the output of each layer by its place."""
        pixels = tf.constant(image.reshape(1, -1), tf.float32)
        with self._recorded() as calls, tf.GradientTape() as tape:
            tape.watch(pixels)
            logits = self._logits(pixels)
            chosen = int(np.argmax(logits[0])) if label is None else label
            target = logits[0, chosen]
        gradient = tape.gradient(target, pixels)
        evidence = np.zeros(image.size) if gradient is None else (gradient * pixels).numpy()
        found = {"logits": logits.numpy(), "evidence": np.asarray(evidence, np.float32).ravel()}
        for place, number in enumerate(self.order):
            values = _as_map(calls[number][1])
            if values is not None and self.layers[place].kind not in WITHOUT_MAPS:
                found[str(place)] = values
        return chosen, found

    def inspect(self, images: Floats) -> dict[str, tuple[Distribution, int]]:
        """The activations of each layer with a kernel, and its dead channels, by its name.

        They are taken behind a normalization and an activation that follow it directly.
        """
        sources = {layer.name: self._source(place) for place, layer in self._with_kernels()}
        values = sum(math.prod(layer.outputs) for _, layer in self._with_kernels())
        images = images[: max(1, MAX_VALUES // max(1, values))]
        parts: dict[str, list[Floats]] = {name: [] for name in sources}
        for start in range(0, len(images), BATCH):
            with self._recorded() as calls:
                self._logits(tf.constant(images[start : start + BATCH], tf.float32))
                for name, number in sources.items():
                    parts[name].append(np.asarray(calls[number][1].numpy(), np.float32))
        found = {}
        for name, chunks in parts.items():
            outputs = np.concatenate(chunks)
            dead = (outputs == 0).reshape(-1, outputs.shape[-1]).all(axis=0)
            found[name] = Distribution.of(outputs), int(dead.sum())
        return found

    def _with_kernels(self) -> Iterator[tuple[int, OwnLayer]]:
        for place, layer in enumerate(self.layers):
            if _kernel(self._leaves[self.order[place]]) is not None:
                yield place, layer

    def _source(self, place: int) -> int:
        """The number of the layer behind which a layer's activations are taken."""
        shape, last = self.layers[place].outputs, place
        while (
            last + 1 < len(self.layers)
            and self.layers[last + 1].kind in FOLLOWING
            and self.layers[last + 1].outputs == shape
        ):
            last += 1
        return self.order[last]

    # -- recording ----------------------------------------------------------------------------

    def _wrap(self, number: int, layer: Any) -> None:
        """Record what a layer gives whenever it is called."""
        call: Callable[..., Any] = layer.call

        @wraps(call)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            inputs = args[0] if args else next(iter(kwargs.values()), None)
            self._calls.pop(number, None)  # a layer that is called twice counts where it ends
            self._calls[number] = tuple(getattr(inputs, "shape", ()))[1:], outputs
            return outputs

        object.__setattr__(layer, "call", recorded)  # Keras would track an attribute

    @contextmanager
    def _recorded(self) -> Iterator[dict[int, tuple[tuple[int, ...], Any]]]:
        """What the layers take and give within, by their numbers."""
        self._calls.clear()
        yield self._calls
        self._calls = {}

    def _describe(self, number: int, inputs: Sequence[int], outputs: Any) -> OwnLayer:
        layer = self._leaves[number]
        names = {id(v): name for name, v in _all_named(self._model).items()}
        given = tuple(int(side) for side in outputs.shape[1:])
        return OwnLayer(
            name=layer.name,
            kind=type(layer).__name__,
            inputs=tuple(int(side) for side in inputs),
            outputs=given,
            parameters=sum(math.prod(v.shape) for v in layer.trainable_variables),
            multiply_adds=_multiply_adds(layer, given),
            variables=tuple(names[id(v)] for v in layer.variables if id(v) in names),
        )


def _leaves(model: Any) -> Iterator[Any]:
    """All layers that have no layers in them."""
    for layer in model._flatten_layers(include_self=False):  # noqa: SLF001 - no public way to sublayers
        if not any(True for _ in layer._flatten_layers(include_self=False)):  # noqa: SLF001
            yield layer


def _all_named(model: Any) -> dict[str, Any]:
    return named_variables(model.trainable_variables) | named_variables(
        model.non_trainable_variables
    )


def _is_seed(variable: Any) -> bool:
    return not str(variable.dtype).startswith("float")


def _is_shown(outputs: Any) -> bool:
    return hasattr(outputs, "shape") and len(outputs.shape) > 1


def _kernel(layer: Any) -> Any:
    """The variable that a layer multiplies its inputs with; None where it has none."""
    return next((v for v in layer.trainable_variables if len(v.shape) > 1), None)


def _multiply_adds(layer: Any, outputs: Sequence[int]) -> int:
    """Each value that a layer gives is a product with a part of its kernel."""
    kernel = _kernel(layer)
    if kernel is None or type(layer).__name__ == "Embedding":
        return 0
    shape, kind = tuple(kernel.shape), type(layer).__name__
    if "Depthwise" in kind:
        count = math.prod(outputs) * math.prod(shape[:-2])
    elif "Transpose" in kind:
        count = math.prod(outputs) * math.prod(shape[:-2]) * shape[-1]
    else:
        count = math.prod(outputs) * math.prod(shape[:-1])
    return int(count)


def _as_map(outputs: Any) -> Floats | None:
    """A layer's output for one image: ``[height, width, channels]`` or ``[units]``."""
    values = np.asarray(outputs[0], np.float32)
    if values.size > MAX_SHOWN or values.ndim not in (1, 2, 3):
        return None
    return values[None] if values.ndim == 2 else values
