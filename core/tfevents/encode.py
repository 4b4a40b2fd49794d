"""Encode summary values for TensorBoard: scalars as ``simple_value``, the rest as tensors.

TensorBoard reads both styles. ``simple_value`` scalars are smaller, and the only ones that
``EventAccumulator.Scalars`` returns and purges where a resumed run begins. Everything else exists
only in the newer style: a tensor with the name of its plugin in the metadata.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from core.tfevents.items import Float64Array, HParam
from core.tfevents.messages import HParamsPluginData

BUCKETS: Final = 30
_MAX_FINITE: Final = 1e300  # so that the range (max - min) is finite too
_FLOAT, _DOUBLE, _STRING = 1, 2, 7
_STATUS: Final = {"success": 1, "failure": 2, "running": 3}

Status = Literal["success", "failure", "running"]
Value = dict[str, Any]


def scalar(tag: str, value: float) -> Value:
    """Encode one number, as float32."""
    return {"tag": _utf8(tag), "simple_value": value}


def histogram(tag: str, values: npt.ArrayLike) -> Value:
    """Encode a histogram of `values` (any shape): 30 buckets of equal width."""
    buckets = histogram_buckets(values)
    tensor = {
        "dtype": _DOUBLE,
        "tensor_shape": _shape(*buckets.shape),
        "tensor_content": buckets.astype("<f8").tobytes(),
    }
    return _value(tag, tensor, "histograms")


def histogram_buckets(values: npt.ArrayLike) -> Float64Array:
    """Return left edge, right edge and count of each bucket, float64 ``[k, 3]``.

    Non-finite values are ignored. ``k`` is 1 where the values are too close for 30 buckets, and 0
    without values.
    """
    numbers = np.asarray(values, dtype=np.float64).reshape(-1)
    numbers = numbers[np.abs(numbers) < _MAX_FINITE]
    if not len(numbers):
        return np.empty((0, 3))
    low, high = float(numbers.min()), float(numbers.max())
    if high - low <= BUCKETS * np.spacing(max(abs(low), abs(high))):
        return np.array([[low, high, len(numbers)]])
    counts, edges = np.histogram(numbers, BUCKETS, (low, high))
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def text(tag: str, content: str) -> Value:
    """Encode a text; TensorBoard renders it as Markdown."""
    return _value(tag, _strings(_utf8(content)), "text")


def images(tag: str, pixels: npt.NDArray[np.uint8]) -> Value:
    """Encode images as PNG: uint8 ``[height, width]`` or ``[n, height, width]``, or with colours.

    Those have 4 axes, ``[n, height, width, 3]``.
    """
    stack = pixels if pixels.ndim == 4 else pixels.reshape(-1, *pixels.shape[-2:])
    height, width = stack.shape[1:3]
    sides = str(width).encode(), str(height).encode()
    return _value(tag, _strings(*sides, *map(png, stack)), "images")


def keras_model(config: str) -> Value:
    """Encode a Keras model's ``to_json()``: the conceptual graph in TensorBoard."""
    return _value("keras", _strings(_utf8(config)), "graph_keras_model", b"1")


def experiment(names: Sequence[str], metrics: Sequence[str], created: float) -> Value:
    """Encode which hyperparameters and metrics (scalar tags) the experiment compares."""
    data = {
        "time_created_secs": created,
        "hparam_infos": [{"name": _utf8(name)} for name in names],
        "metric_infos": [{"name": {"tag": _utf8(tag)}} for tag in metrics],
    }
    return _hparams("experiment", experiment=data)


def session_start(hparams: Mapping[str, HParam], started: float) -> Value:
    """Encode the hyperparameters that a run starts with."""
    pairs = [{"key": _utf8(name), "value": _datum(value)} for name, value in hparams.items()]
    data = {"hparams": pairs, "start_time_secs": started}
    return _hparams("session_start_info", session_start_info=data)


def session_end(status: Status, ended: float) -> Value:
    """Encode how a run ended."""
    data = {"status": _STATUS[status], "end_time_secs": ended}
    return _hparams("session_end_info", session_end_info=data)


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return an image, uint8 ``[height, width]`` or ``[height, width, 3]``, as a PNG file."""
    from PIL import Image  # not needed before the first image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _hparams(name: str, **data: Any) -> Value:
    """A value of the hparams plugin: its data is in the metadata, and the tensor is empty."""
    content = HParamsPluginData(**data).SerializeToString()
    nothing = {"dtype": _FLOAT, "tensor_shape": _shape(0)}
    return _value(f"_hparams_/{name}", nothing, "hparams", content)


def _value(tag: str, tensor: Value, plugin: str, content: bytes = b"") -> Value:
    plugin_data = {"plugin_name": plugin.encode(), "content": content}
    return {"tag": _utf8(tag), "tensor": tensor, "metadata": {"plugin_data": plugin_data}}


def _datum(value: HParam) -> Value:
    if isinstance(value, bool):
        return {"boolean": value}
    return {"string": _utf8(value)} if isinstance(value, str) else {"number": value}


def _shape(*sizes: int) -> Value:
    return {"dim": [{"size": size} for size in sizes]}


def _strings(*strings: bytes) -> Value:
    """A string tensor: a scalar for one string, else a vector."""
    shape = _shape() if len(strings) == 1 else _shape(len(strings))
    return {"dtype": _STRING, "tensor_shape": shape, "string_val": strings}


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
