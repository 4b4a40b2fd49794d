"""Decode summary values of both styles into items.

The old style has a field for each kind of value; the newer one stores everything in a tensor, and
the plugin's name, which a writer may omit after a tag's first value, tells the kind. An invalid
value raises ``ValueError``; the reader skips and counts it.
"""

import math
import struct
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.tfevents.items import (
    Experiment,
    Float64Array,
    Histogram,
    HParam,
    Image,
    Item,
    SessionEnd,
    SessionStart,
    Text,
)
from core.tfevents.messages import DecodeError, HParamsPluginData
from trainpad.text import sanitize, sanitize_name

MAX_TEXT: Final = 20_000
"""Characters kept of a text."""
MAX_BUCKETS: Final = 4096
MAX_IMAGES: Final = 16
"""Images kept of one tag at one step."""
MAX_HPARAMS: Final = 1000
_MAX_IMAGE_BYTES: Final = 8 << 20

_OLD_STYLE: Final = {
    "simple_value": "scalars",
    "histo": "histograms",
    "image": "images",
    "audio": "audio",
}
_FLOAT, _DOUBLE, _STRING, _BFLOAT16 = 1, 2, 7, 14
# dtype of a tensor -> numpy dtype of `tensor_content`, and the list field used without it
_NUMBERS: Final = {
    _FLOAT: ("<f4", "float_val"),
    _DOUBLE: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    4: ("u1", "int_val"),
    5: ("<i2", "int_val"),
    6: ("i1", "int_val"),
    9: ("<i8", "int64_val"),
    10: ("?", "bool_val"),
    _BFLOAT16: ("<u2", "half_val"),
    17: ("<u2", "int_val"),
    19: ("<f2", "half_val"),
    22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val"),
}
_STATUS: Final = {1: "success", 2: "failure", 3: "running"}

read_float = struct.Struct("<f").unpack


def plugin_of(value: Any) -> str:
    """Return the TensorBoard plugin that a value belongs to; empty if it does not say."""
    old = _OLD_STYLE.get(value.WhichOneof("value"))
    return old or sanitize(value.metadata.plugin_data.plugin_name, limit=100)


def scalar_value(value: Any) -> float:
    """Return the number of a scalar value.

    Raises:
        ValueError: The value contains none, or several.
    """
    if value.WhichOneof("value") == "simple_value":
        return float(value.simple_value)
    tensor = value.tensor
    if tensor.dtype == _FLOAT and len(tensor.tensor_content) == 4:
        return float(read_float(tensor.tensor_content)[0])
    numbers = _numbers(tensor, max_count=1)
    if len(numbers) != 1:
        raise ValueError(f"{len(numbers)} numbers in a scalar")
    return float(numbers[0])


def is_drawn(plugin: str) -> bool:
    """Return whether values of a plugin are decoded."""
    return plugin == "scalars" or plugin in _DECODERS


def decode_value(plugin: str, value: Any, tag: str, step: int, wall_time: float) -> Item | None:
    """Return the item of a value that is not a scalar; None for an unsupported plugin.

    Raises:
        ValueError: The value is not valid for its plugin.
    """
    decode = _DECODERS.get(plugin)
    return decode(value, tag, step, wall_time) if decode else None


def _histogram(value: Any, tag: str, step: int, wall_time: float) -> Histogram:
    old = value.WhichOneof("value") == "histo"
    buckets = _old_buckets(value.histo) if old else _buckets(value.tensor)
    return Histogram(tag, step, wall_time, buckets)


def _buckets(tensor: Any) -> Float64Array:
    numbers = _numbers(tensor, max_count=3 * MAX_BUCKETS)
    if len(numbers) % 3:
        raise ValueError("buckets are not rows of three")
    return numbers.reshape(-1, 3)


def _old_buckets(histogram: Any) -> Float64Array:
    """Return rows of (left, right, count), without the empty buckets at both ends.

    Their outer limits are the largest doubles.
    """
    counts = np.array(histogram.bucket, dtype=np.float64)
    if len(histogram.bucket_limit) != len(counts) or len(counts) > MAX_BUCKETS:
        raise ValueError("bucket limits and counts differ in number, or are too many")
    filled = np.flatnonzero(counts > 0)
    if not len(filled):
        return np.empty((0, 3))
    first, last = int(filled[0]), int(filled[-1])
    inner = np.array(histogram.bucket_limit, dtype=np.float64)[first:last]
    edges = np.concatenate([[histogram.min], inner, [histogram.max]])
    return np.stack([edges[:-1], edges[1:], counts[first : last + 1]], axis=1)


def _text(value: Any, tag: str, step: int, wall_time: float) -> Text:
    parts = _strings(value.tensor)
    return Text(tag, step, wall_time, sanitize(b"\n".join(parts), keep="\n", limit=MAX_TEXT))


def _image(value: Any, tag: str, step: int, wall_time: float) -> Image:
    if value.WhichOneof("value") == "image":
        image = value.image
        width, height, encoded = image.width, image.height, [image.encoded_image_string]
    else:
        sides, encoded = _strings(value.tensor)[:2], _strings(value.tensor)[2:]
        width, height = (int(side) for side in sides)
    images = tuple(encoded[:MAX_IMAGES])
    if width < 0 or height < 0 or sum(map(len, images)) > _MAX_IMAGE_BYTES:
        raise ValueError("invalid image")
    return Image(tag, step, wall_time, width, height, images)


def _hparams(value: Any, _tag: str, _step: int, _wall_time: float) -> Item | None:
    """Decode a value of the hparams plugin; its data is in the metadata."""
    try:
        data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
    except DecodeError as why:
        raise ValueError("hparams cannot be parsed") from why
    which = data.WhichOneof("data")
    if which == "session_start_info":
        return _session_start(data.session_start_info)
    if which == "session_end_info":
        end = data.session_end_info
        return SessionEnd(_STATUS.get(end.status, "unknown"))
    return _experiment(data.experiment) if which == "experiment" else None


def _session_start(info: Any) -> SessionStart:
    hparams = {_name(pair.key): _hparam(pair.value) for pair in info.hparams[:MAX_HPARAMS]}
    return SessionStart(hparams)


def _experiment(experiment: Any) -> Experiment:
    return Experiment(
        tuple(_name(info.name) for info in experiment.hparam_infos[:MAX_HPARAMS]),
        tuple(_name(info.name.tag) for info in experiment.metric_infos[:MAX_HPARAMS]),
    )


def _hparam(datum: Any) -> HParam:
    kind = datum.WhichOneof("kind")
    if kind == "number":
        return float(datum.number)
    return bool(datum.boolean) if kind == "boolean" else _name(datum.string)


def _name(name: bytes) -> str:
    return sanitize_name(name.decode("utf-8", "replace"))


def _strings(tensor: Any) -> list[bytes]:
    if tensor.dtype != _STRING:
        raise ValueError("not a string tensor")
    return list(tensor.string_val)


def _numbers(tensor: Any, max_count: int) -> Float64Array:
    """Return the numbers of a tensor, float64 ``[n]``; ValueError for more than `max_count`."""
    if tensor.dtype not in _NUMBERS:
        raise ValueError(f"no numbers in a tensor of type {tensor.dtype}")
    count = math.prod(dim.size for dim in tensor.tensor_shape.dim)
    if not 0 <= count <= max_count:
        raise ValueError(f"{count} numbers")
    layout, field = _NUMBERS[tensor.dtype]
    if tensor.tensor_content:
        raw = np.frombuffer(tensor.tensor_content, layout)
    else:
        raw = _from_list_field(getattr(tensor, field), layout, count, bits=field == "half_val")
    if len(raw) != count:
        raise ValueError(f"{len(raw)} numbers where the shape has {count}")
    if tensor.dtype == _BFLOAT16:
        raw = (raw.astype("<u4") << 16).view("<f4")
    return raw.astype(np.float64)


def _from_list_field(numbers: Any, layout: str, count: int, bits: bool) -> npt.NDArray[Any]:
    """Return the numbers of a list field; TensorFlow omits zeros and repeats of the last one."""
    values = list(numbers[:count]) or [0]
    values += values[-1:] * (count - len(values))
    if not bits:
        return np.array(values[:count], dtype=np.float64)
    return (np.array(values[:count], dtype=np.int64) & 0xFFFF).astype("<u2").view(layout)


_DECODERS: Final[dict[str, Callable[[Any, str, int, float], Item | None]]] = {
    "histograms": _histogram,
    "images": _image,
    "text": _text,
    "hparams": _hparams,
}
