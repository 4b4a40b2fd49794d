"""A network's hidden layers as text, such as ``conv 32 5x5, pool, 1024, dropout 0.4``.

The text of a hyperparameter, a flag and a run's record. A fully connected layer is its number of
units; ``conv`` and units have a ReLU, after a ``batchnorm`` that follows them directly. The layer
of logits is not written: every network ends with one. What needs the size of the images is checked
by `core.network.architecture`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trainpad.errors import UserError

MAX_LAYERS = 64
MAX_UNITS = 8192
MAX_FILTERS = 2048
MAX_SIDE = 64
"""The largest side of a kernel, of a pool, and the largest stride."""
MAX_RATE = 0.95
"""The largest fraction that a dropout layer drops."""
OWN = "model"
"""What the text of a network begins with that is a model of a person's own."""
NO_LAYERS = "none"
"""The text of a network without hidden layers: softmax regression."""
EXAMPLE = "conv 32 5x5, pool, 128, dropout 0.4"
LAYER_FORMS = (
    "128 (units), conv 32 5x5, pool, global pool, batchnorm, flatten, dropout or dropout 0.4"
)
"""What may be written as a layer, for error messages."""


@dataclass(frozen=True, slots=True)
class Dense:
    """A fully connected layer with ReLU."""

    units: int

    def __str__(self) -> str:
        return str(self.units)


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution with ReLU; zero padding keeps the size of the images unless `valid`."""

    filters: int
    height: int
    width: int
    stride: int = 1
    valid: bool = False

    def __str__(self) -> str:
        stride = f" stride {self.stride}" if self.stride > 1 else ""
        return f"conv {self.filters} {self.height}x{self.width}{stride}{' valid' * self.valid}"


@dataclass(frozen=True, slots=True)
class Pool:
    """The maximum of each block of pixels."""

    height: int = 2
    width: int = 2

    def __str__(self) -> str:
        return "pool" if (self.height, self.width) == (2, 2) else f"pool {self.height}x{self.width}"


@dataclass(frozen=True, slots=True)
class GlobalPool:
    """The mean of each channel over all pixels."""

    def __str__(self) -> str:
        return "global pool"


@dataclass(frozen=True, slots=True)
class Flatten:
    """All pixels and channels in a row."""

    def __str__(self) -> str:
        return "flatten"


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """Batch normalization of the layer before it, ahead of its ReLU."""

    def __str__(self) -> str:
        return "batchnorm"


@dataclass(frozen=True, slots=True)
class Dropout:
    """Dropout while training; without a rate, that of the hyperparameter `dropout`."""

    rate: float | None = None

    def __str__(self) -> str:
        return "dropout" if self.rate is None else f"dropout {self.rate:.6g}"


@dataclass(frozen=True, slots=True)
class OpaqueLayer:
    """A layer of a person's own model, or in its place the whole model, named after its file."""

    name: str

    def __str__(self) -> str:
        return f"{OWN} {self.name}"


Layer = OpaqueLayer | Dense | Conv | Pool | GlobalPool | Flatten | BatchNorm | Dropout
Layers = tuple[Layer, ...]
_OF_IMAGES = Conv | Pool | GlobalPool
"""Layers that take images; after a fully connected layer there are none."""


def parse_layers(text: str) -> Layers:
    """The layers in a text.

    Raises:
        UserError: one is wrong; names it, its place, and what may be there.
    """
    if text.strip().lower() in ("", NO_LAYERS):
        return ()
    if own := re.fullmatch(rf"{OWN} ([\w.-]{{1,100}})", text.strip()):
        return (OpaqueLayer(own[1]),)
    parts = text.split(",")
    if len(parts) > MAX_LAYERS:
        raise UserError(f"a network has at most {MAX_LAYERS} layers, not {len(parts)}")
    layers: list[Layer] = []
    for part in parts:
        words = part.lower().split()
        try:
            layer = _parse_layer(words)
            _check_place(layer, layers)
        except _LayerError as error:
            shown = " ".join(words)
            name = f"layer {len(layers) + 1}" + (f", {_shortened(shown)!r}" if shown else "")
            raise UserError(f"{name}: {error}") from None
        layers.append(layer)
    return tuple(layers)


def format_layers(layers: Sequence[Layer]) -> str:
    """The text of these layers, as `parse_layers` reads it; ``none`` without any."""
    return ", ".join(map(str, layers)) or NO_LAYERS


def canonical_layers(value: object) -> str:
    """The text of a network in its one form, from a text or from a list of units.

    Raises:
        UserError: it is neither, or a layer is wrong.
    """
    if isinstance(value, list | tuple):
        if not all(isinstance(units, int) and not isinstance(units, bool) for units in value):
            raise UserError(f"must be layers, such as {EXAMPLE}")
        value = ",".join(map(str, value))
    if not isinstance(value, str):
        raise UserError(f"must be layers, such as {EXAMPLE}")
    return format_layers(parse_layers(value))


def short_name(layers: Sequence[Layer]) -> str:
    """A name of the network for folders and narrow columns: ``128-32``, ``conv32-1024``."""
    if is_own(layers):
        return str(layers[0]).removeprefix(f"{OWN} ").removesuffix(".py")
    parts = [
        str(layer.units) if isinstance(layer, Dense) else f"conv{layer.filters}"
        for layer in layers
        if isinstance(layer, Dense | Conv)
    ]
    return "-".join(parts) or "softmax"


def is_own(layers: Sequence[Layer]) -> bool:
    """Whether the network is a model of a person's own."""
    return any(isinstance(layer, OpaqueLayer) for layer in layers)


def are_plain(layers: Sequence[Layer]) -> bool:
    """Whether all layers with weights are fully connected, without a normalization."""
    return all(isinstance(layer, Dense | Dropout | Flatten) for layer in layers)


class _LayerError(ValueError):
    """What is wrong with one layer."""


def _parse_layer(words: Sequence[str]) -> Layer:
    if not words:
        raise _LayerError(f"nothing between two commas; give {LAYER_FORMS}")
    name, rest = words[0], words[1:]
    if name == "global" and rest[:1] == ["pool"]:
        name, rest = "global pool", rest[1:]
    if name not in _PARSERS:
        if rest or not re.fullmatch(r"-?\d+", name, re.ASCII):
            raise _LayerError(f"there is no such layer; give {LAYER_FORMS}")
        return Dense(_number(name, MAX_UNITS, "units are"))
    return _PARSERS[name](rest)


def _conv(words: Sequence[str]) -> Layer:
    if len(words) < 2:
        raise _LayerError("give filters and the size of the kernel, as in conv 32 5x5")
    filters = _number(words[0], MAX_FILTERS, "filters are")
    height, width = _size(words[1], "conv 32 5x5")
    stride, valid, rest = 1, False, list(words[2:])
    while rest:
        word = rest.pop(0)
        if word == "valid":
            valid = True
        elif word == "stride" and rest:
            stride = _number(rest.pop(0), MAX_SIDE, "a stride is")
        else:
            raise _LayerError("after the kernel may be `stride 2` and `valid`, nothing else")
    return Conv(filters, height, width, stride, valid)


def _pool(words: Sequence[str]) -> Layer:
    if len(words) > 1:
        raise _LayerError("give a size at most, as in pool 2x2")
    return Pool(*_size(words[0], "pool 2x2")) if words else Pool()


def _dropout(words: Sequence[str]) -> Layer:
    if not words:
        return Dropout()
    try:
        rate = float(words[0])
    except ValueError:
        rate = -1.0
    if len(words) > 1 or not 0 <= rate <= MAX_RATE:
        raise _LayerError(f"give the fraction to drop, from 0 to {MAX_RATE}, as in dropout 0.4")
    return Dropout(float(f"{rate:.6g}"))


def _alone(layer: Layer) -> Callable[[Sequence[str]], Layer]:
    """A parser of a layer that is nothing but its name."""

    def parse(words: Sequence[str]) -> Layer:
        if words:
            raise _LayerError(f"nothing may follow {layer}")
        return layer

    return parse


_PARSERS: Mapping[str, Callable[[Sequence[str]], Layer]] = {
    "conv": _conv,
    "pool": _pool,
    "global pool": _alone(GlobalPool()),
    "flatten": _alone(Flatten()),
    "batchnorm": _alone(BatchNorm()),
    "dropout": _dropout,
}


def _check_place(layer: Layer, before: Sequence[Layer]) -> None:
    """Raise a `_LayerError` where `layer` cannot follow the layers `before` it."""
    flat = next((one for one in before if isinstance(one, Dense | Flatten | GlobalPool)), None)
    if isinstance(layer, _OF_IMAGES) and flat is not None:
        place = before.index(flat) + 1
        raise _LayerError(f"it takes images, and layer {place}, {str(flat)!r}, gives none")
    if isinstance(layer, Flatten) and flat is not None:
        raise _LayerError(f"layer {before.index(flat) + 1}, {str(flat)!r}, is flat already")
    if isinstance(layer, BatchNorm) and not (before and isinstance(before[-1], Dense | Conv)):
        raise _LayerError("it must directly follow a conv or a number of units")
    if isinstance(layer, Dropout) and before and isinstance(before[-1], Dropout):
        raise _LayerError("the layer before it is a dropout already")


def _number(word: str, most: int, noun: str) -> int:
    if re.fullmatch(r"\d{1,9}", word, re.ASCII) and 1 <= int(word) <= most:
        return int(word)
    raise _LayerError(f"{noun} a whole number from 1 to {most:,}")


def _size(word: str, example: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,3})x(\d{1,3})", word, re.ASCII)
    height, width = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise _LayerError(f"a size is height x width, from 1 to {MAX_SIDE} each, as in {example}")
    return height, width


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
