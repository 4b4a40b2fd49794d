"""The layers of a network with their shapes, for images of one size: what every backend builds.

`layerN/weights` and the other arrays of a checkpoint belong to the convolutions and fully connected
layers, counted from 0; the last is the layer of logits. A batch normalization belongs to the layer
that it follows: its shift takes the place of the biases.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from core.run.layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Layers,
    Pool,
    are_plain,
    format_layers,
    is_own,
)
from trainpad.errors import UserError

Shape = tuple[int, ...]
"""Of one example: ``(height, width, channels)``, or ``(units,)``."""
BIASES, WEIGHTS = "biases", "weights"
GAMMA, MEAN, VARIANCE = "gamma", "mean", "variance"
STATISTICS = (MEAN, VARIANCE)
"""Arrays of a batch normalization that are averages over the batches, not trained."""
MAX_PARAMETERS = 250_000_000
"""A larger network is refused: with its optimizer it would take several GB."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One layer, and its shapes."""

    layer: Layer
    inputs: Shape
    outputs: Shape
    number: int | None = None
    """N of its arrays, ``layerN/...``; None if it has none."""
    arrays: Mapping[str, Shape] = field(default_factory=dict)
    """The shapes of its arrays, by what follows ``layerN/``."""
    relu: bool = False
    """Whether a ReLU follows."""
    drops: bool = False
    """Whether the hyperparameter `dropout` drops its outputs."""
    is_output: bool = False
    """Whether it gives the logits."""

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        trained = (s for name, s in self.arrays.items() if name not in STATISTICS)
        return sum(math.prod(shape) for shape in trained)

    @property
    def flops(self) -> int:
        """Multiplications and additions for one example, as far as they are in products."""
        match self.layer:
            case Conv(height=height, width=width):
                return 2 * math.prod(self.outputs) * height * width * self.inputs[2]
            case Dense(units=units):
                return 2 * math.prod(self.inputs) * units
        return 0

    @property
    def is_flattened(self) -> bool:
        """Whether it takes images as one row of pixels."""
        return isinstance(self.layer, Dense | Flatten) and len(self.inputs) > 1


@dataclass(frozen=True)
class Architecture:
    """A network for images of one shape, and for a number of classes."""

    layers: Layers
    """The hidden layers."""
    stages: tuple[Stage, ...]
    """All layers in their order; the last gives the logits."""

    @property
    def input_shape(self) -> Shape:
        """The shape of an image."""
        return self.stages[0].inputs

    @property
    def classes(self) -> int:
        """Number of logits."""
        return self.stages[-1].outputs[0]

    @cached_property
    def weighted(self) -> tuple[Stage, ...]:
        """The convolutions and fully connected layers: those numbered in checkpoints."""
        kinds = (Conv, Dense)
        return tuple(stage for stage in self.stages if isinstance(stage.layer, kinds))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Pixels, then units or filters of each layer with weights: ``(784, 128, 32, 10)``."""
        return (math.prod(self.input_shape), *(stage.outputs[-1] for stage in self.weighted))

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(stage.parameters for stage in self.stages)

    @property
    def flops(self) -> int:
        """Multiplications and additions for one image."""
        return sum(stage.flops for stage in self.stages)

    @property
    def largest(self) -> int:
        """Values that the largest layer gives for one image, or takes for a product."""
        return max(max(_patch_values(stage), math.prod(stage.outputs)) for stage in self.stages)

    @property
    def is_plain(self) -> bool:
        """Whether all is fully connected: then its arrays alone say how."""
        return are_plain(self.layers)

    @property
    def has_convolutions(self) -> bool:
        """Whether any layer is a convolution."""
        return any(isinstance(layer, Conv) for layer in self.layers)

    @property
    def drops(self) -> bool:
        """Whether the hyperparameter `dropout` has an effect."""
        return any(stage.drops or stage.layer == Dropout() for stage in self.stages)

    @property
    def has_dropout_rates(self) -> bool:
        """Whether a dropout layer has a rate of its own."""
        layers = (layer for layer in self.layers if isinstance(layer, Dropout))
        return any(layer.rate for layer in layers)

    def arrays(self, *, trained: bool) -> dict[str, Shape]:
        """The arrays of a checkpoint that are trained, or those that are not, and their shapes."""
        return {
            f"layer{stage.number}/{name}": shape
            for stage in self.stages
            for name, shape in stage.arrays.items()
            if (name not in STATISTICS) is trained
        }


def _patch_values(stage: Stage) -> int:
    """Values of all patches of an image that a convolution multiplies with its kernel."""
    if not isinstance(stage.layer, Conv):
        return 0
    return math.prod(stage.outputs[:2]) * math.prod(stage.arrays[WEIGHTS][:3])


def format_shape(shape: Shape, times: str = "x") -> str:
    """``28x28x32``, or the number of units; one channel is not mentioned."""
    sides = shape[:-1] if len(shape) == 3 and shape[2] == 1 else shape
    return times.join(f"{side:,}" for side in sides)


def build_architecture(layers: Layers, image_shape: Sequence[int], classes: int) -> Architecture:
    """The network with these hidden layers.

    Args:
        layers: the hidden layers.
        image_shape: height, width and, of colour images, channels; or the number of inputs alone.
        classes: number of logits.

    Raises:
        UserError: an image is too small for a layer, or the network too large.
    """
    if is_own(layers):
        raise UserError(f"{layers[0]} is computed by Keras alone: it has no layers known here")
    shape: Shape = tuple(map(int, image_shape))
    shape = (*shape, 1) if len(shape) == 2 else shape
    stages = _with_activations(list(_stages(layers, shape, classes)))
    architecture = Architecture(layers, tuple(stages))
    if architecture.parameters > MAX_PARAMETERS:
        raise UserError(
            f"the network {format_layers(layers)} has {architecture.parameters:,} parameters; at "
            f"most {MAX_PARAMETERS:,} are allowed: put a pool or a global pool before the units"
        )
    return architecture


def _stages(layers: Layers, shape: Shape, classes: int) -> Iterator[Stage]:
    """The stages with their shapes and arrays; what follows each is not known yet."""
    number = -1
    for place, layer in enumerate((*layers, Dense(classes))):
        norm = layers[place + 1 : place + 2] == (BatchNorm(),)
        try:
            outputs = _outputs(layer, shape)
        except ValueError as error:
            raise UserError(f"layer {place + 1}, {str(layer)!r}: {error}") from None
        number += isinstance(layer, Conv | Dense)
        arrays = _arrays(layer, shape, outputs, norm=norm)
        yield Stage(layer, shape, outputs, number if arrays else None, arrays)
        shape = outputs


def _arrays(layer: Layer, inputs: Shape, outputs: Shape, *, norm: bool) -> dict[str, Shape]:
    biases: dict[str, Shape] = {} if norm else {BIASES: outputs[-1:]}
    match layer:
        case Conv(filters=filters, height=height, width=width):
            return {WEIGHTS: (height, width, inputs[2], filters), **biases}
        case Dense(units=units):
            return {WEIGHTS: (math.prod(inputs), units), **biases}
        case BatchNorm():
            return dict.fromkeys((BIASES, GAMMA, MEAN, VARIANCE), outputs[-1:])
    return {}


def _with_activations(stages: list[Stage]) -> Iterator[Stage]:
    """Where a ReLU follows, and where the hyperparameter `dropout` drops.

    It drops the outputs of fully connected layers that have no dropout layer of their own.
    """
    dense = False
    for index, stage in enumerate(stages[:-1]):
        following = stages[index + 1].layer
        dense = isinstance(stage.layer, Dense) or (dense and isinstance(stage.layer, BatchNorm))
        weighted = isinstance(stage.layer, Dense | Conv | BatchNorm)
        relu = weighted and not isinstance(following, BatchNorm)
        drops = relu and dense and not isinstance(following, Dropout)
        yield replace(stage, relu=relu, drops=drops)
    yield replace(stages[-1], is_output=True)


def _outputs(layer: Layer, shape: Shape) -> Shape:
    """The shape of a layer's output.

    Raises:
        ValueError: its input is too small.
    """
    match layer:
        case Conv() if len(shape) == 3:
            return (*_convolved(layer, shape), layer.filters)
        case Pool(height=height, width=width) if len(shape) == 3:
            if height > shape[0] or width > shape[1]:
                raise ValueError(f"the image is {shape[0]}x{shape[1]} here; leave out this pool")
            return shape[0] // height, shape[1] // width, shape[2]
        case GlobalPool() if len(shape) == 3:
            return shape[2:]
        case Conv() | Pool() | GlobalPool():
            raise ValueError("it takes images, and the input is a row of numbers")
        case Dense(units=units):
            return (units,)
        case Flatten():
            return (math.prod(shape),)
    return shape


def _convolved(layer: Conv, shape: Shape) -> tuple[int, int]:
    """Height and width after a convolution."""
    height, width, _ = shape
    if not layer.valid:
        return -(-height // layer.stride), -(-width // layer.stride)
    if layer.height > height or layer.width > width:
        raise ValueError(f"the image is {height}x{width} here, smaller than the kernel")
    return (
        (height - layer.height) // layer.stride + 1,
        (width - layer.width) // layer.stride + 1,
    )
