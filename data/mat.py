"""Read arrays of numbers from MATLAB's files, versions 5 to 7, as data sets such as SVHN come in.

A file is a header of 128 bytes and elements: a type, a size in bytes, and content. One may be
compressed; one for an array has its class, its sides, its name and its numbers, column after
column. Version 7.3 is another format (HDF5).
"""

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data.errors import DataError, without_addresses
from trainpad.files import read_plain

MAX_BYTES = 4 << 30
"""A file or an array of more is not read."""
HEADER, TAG, ALIGNED = 128, 8, 8
_COMPRESSED, _ARRAY = 15, 14
_NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
"""The types of elements that hold numbers, in numpy's words."""
_CLASSES = range(6, 16)
"""The classes of arrays that hold numbers; others are texts, cells and structures."""
_COMPLEX = 0x0800
_HDF5 = b"MATLAB 7.3"


class _Element(NamedTuple):
    kind: int
    content: memoryview


def read_mat(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of numbers in a file, by their names.

    Raises:
        DataError: it cannot be read, is damaged, or of another format.
    """
    try:
        content = read_plain(path, MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if content.startswith(_HDF5):
        raise DataError(
            f"{path}: MATLAB's version 7.3 is not read; save it with `save -v7`, or as an .npz file"
        )
    order = {b"IM": "<", b"MI": ">"}.get(content[HEADER - 2 : HEADER])
    if order is None or len(content) > MAX_BYTES:
        raise DataError(f"{path}: expected a file of MATLAB, version 5 to 7, found something else")
    try:
        elements = _elements(memoryview(content)[HEADER:], order)
        return dict(filter(None, (_array(element, order) for element in elements)))
    except (ValueError, TypeError, IndexError, struct.error, zlib.error, MemoryError) as error:
        found = without_addresses(error)
        raise DataError(f"{path}: expected a file of MATLAB, found damage{found}") from error


def _elements(content: memoryview, order: str) -> Iterator[_Element]:
    """Yield the elements that follow each other."""
    while len(content) >= TAG:
        kind, size = struct.unpack(f"{order}II", content[:TAG])
        start = TAG
        if kind >> 16:  # a small one: its size is in the type, and four bytes follow
            kind, size, start = kind & 0xFFFF, kind >> 16, TAG // 2
        if start + size > len(content):
            raise ValueError("it ends too early")
        yield _Element(kind, content[start : start + size])
        padded = size if kind == _COMPRESSED else -(-size // ALIGNED) * ALIGNED
        content = content[TAG if start < TAG else TAG + padded :]


def _array(element: _Element, order: str) -> tuple[str, npt.NDArray[Any]] | None:
    """The name and the numbers of an element; None if it is no array of numbers."""
    if element.kind == _COMPRESSED:
        unpacked = zlib.decompressobj().decompress(element.content, MAX_BYTES)
        element = next(_elements(memoryview(unpacked), order))
    if element.kind != _ARRAY:
        return None
    parts = _elements(element.content, order)
    flags = int(np.frombuffer(next(parts).content, f"{order}u4")[0])
    sides = np.frombuffer(next(parts).content, f"{order}i4").tolist()
    name = bytes(next(parts).content).decode("latin-1")
    if flags & 0xFF not in _CLASSES or flags & _COMPLEX:
        return None
    numbers = next(parts)
    values = np.frombuffer(numbers.content, f"{order}{_NUMBERS.get(numbers.kind, 'V')}")
    if min(sides) < 0 or math.prod(sides) != len(values):
        raise ValueError(f"{len(values)} numbers for {sides}")
    return name, values.reshape(sides, order="F")
