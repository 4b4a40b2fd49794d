"""Messages between processes over a pipe: values as JSON, and arrays as their bytes."""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
LENGTH: Final = struct.Struct("<I")
MAX_HEAD: Final = 1 << 24
"""Bytes of JSON in a message."""
KINDS: Final = "fiub"
"""Kinds of arrays that are sent: numbers and booleans."""


class Message(NamedTuple):
    """Values by name, and arrays by name."""

    values: Mapping[str, Any]
    arrays: Mapping[str, Array]


def send(stream: BinaryIO, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write one message.

    Raises:
        OSError: the other process has ended.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    listed = [[name, array.dtype.str, array.shape] for name, array in whole.items()]
    head = json.dumps({"values": values, "arrays": listed}).encode()
    stream.write(LENGTH.pack(len(head)) + head)
    stream.writelines(array.tobytes() for array in whole.values())
    stream.flush()


def receive(stream: BinaryIO) -> Message | None:
    """Read one message; None at the end.

    Raises:
        ValueError: it is no message, or its end is missing.
    """
    first = stream.read(LENGTH.size)
    if not first:
        return None
    size = LENGTH.unpack(_whole(first, LENGTH.size))[0]
    if size > MAX_HEAD:
        raise ValueError("not a message")
    head = json.loads(_whole(stream.read(size), size))
    arrays = {}
    for name, kind, shape in head["arrays"]:
        dtype = np.dtype(kind)
        if dtype.kind not in KINDS:
            raise ValueError(f"not a number: {dtype}")
        count = math.prod(shape) * dtype.itemsize
        arrays[name] = np.frombuffer(_whole(stream.read(count), count), dtype).reshape(shape)
    return Message(head["values"], arrays)


def _whole(content: bytes, size: int) -> bytes:
    if len(content) != size:
        raise ValueError("a message ends too early")
    return content
