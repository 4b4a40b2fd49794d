"""What is written for TensorBoard: scalars as plain numbers, the rest as tensors of a plugin.

All of TensorBoard's readers take both. Scalars as plain numbers are smaller, and they alone are
found by ``EventAccumulator.Scalars`` and dropped by it where a resumed run begins. Everything else
has only the newer style, a tensor with the name of the plugin that shows it.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from core.tfevents.items import Float64Array, HParam
from core.tfevents.messages import HParamsPluginData

BUCKETS: Final = 30
_MAX_FINITE: Final = 1e300  # so that a range is finite too
_FLOAT, _DOUBLE, _STRING = 1, 2, 7
_STATUS: Final = {"success": 1, "failure": 2, "running": 3}

Status = Literal["success", "failure", "running"]
Value = dict[str, Any]


def scalar(tag: str, value: float) -> Value:
    """One number, as float32."""
    return {"tag": _utf8(tag), "simple_value": value}


def histogram(tag: str, values: npt.ArrayLike) -> Value:
    """How `values`, of any shape, are distributed over 30 buckets of equal width."""
    buckets = histogram_buckets(values)
    tensor = {
        "dtype": _DOUBLE,
        "tensor_shape": _shape(*buckets.shape),
        "tensor_content": buckets.astype("<f8").tobytes(),
    }
    return _value(tag, tensor, "histograms")


def histogram_buckets(values: npt.ArrayLike) -> Float64Array:
    """Rows of left edge, right edge and count, float64 ``[k, 3]``; what is not finite is left out.

    One row where the values are too close for thirty, none where there is no value.
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
    """A text, which TensorBoard shows as Markdown."""
    return _value(tag, _strings(_utf8(content)), "text")


def images(tag: str, pixels: npt.NDArray[np.uint8]) -> Value:
    """Grey pictures, uint8 ``[height, width]`` or ``[n, height, width]``, as PNG."""
    stack = pixels.reshape(-1, *pixels.shape[-2:])
    height, width = stack.shape[1:]
    sides = str(width).encode(), str(height).encode()
    return _value(tag, _strings(*sides, *map(png, stack)), "images")


def keras_model(config: str) -> Value:
    """The layers of a Keras model as its ``to_json`` gives them: the conceptual graph."""
    return _value("keras", _strings(_utf8(config)), "graph_keras_model", b"1")


def experiment(names: Sequence[str], metrics: Sequence[str], created: float) -> Value:
    """Which hyperparameters and which metrics (scalar tags) are to be compared."""
    data = {
        "time_created_secs": created,
        "hparam_infos": [{"name": _utf8(name)} for name in names],
        "metric_infos": [{"name": {"tag": _utf8(tag)}} for tag in metrics],
    }
    return _hparams("experiment", experiment=data)


def session_start(hparams: Mapping[str, HParam], group: str, started: float) -> Value:
    """The hyperparameters that a run begins with."""
    pairs = [{"key": _utf8(name), "value": _datum(value)} for name, value in hparams.items()]
    data = {"hparams": pairs, "group_name": _utf8(group), "start_time_secs": started}
    return _hparams("session_start_info", session_start_info=data)


def session_end(status: Status, ended: float) -> Value:
    """How a run ended."""
    data = {"status": _STATUS[status], "end_time_secs": ended}
    return _hparams("session_end_info", session_end_info=data)


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A grey picture, uint8 ``[height, width]``, as a PNG file."""
    height, width = pixels.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with 0: no filter
    rows[:, 1:] = pixels
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def _hparams(name: str, **data: Any) -> Value:
    """A value of the hparams plugin, which keeps all it has to say in the metadata."""
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
    """A tensor of strings: a scalar when there is one, else a vector."""
    shape = _shape() if len(strings) == 1 else _shape(len(strings))
    return {"dtype": _STRING, "tensor_shape": shape, "string_val": strings}


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
