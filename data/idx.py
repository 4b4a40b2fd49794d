"""Read IDX files, gzipped or plain, with a header check against the file's size.

The header is checked before anything is allocated: a plain file must have exactly the size that the
header implies, and a gzip file must be able to unpack to it. So any bytes give an array or a
DataError, and reading needs the array's memory and one megabyte.
"""

import hashlib
import math
import os
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from data.arrays import to_images, to_labels
from data.dataset import Images, Labels
from data.errors import DataError
from data.gunzip import MAGIC, GunzippedFile
from data.near_misses import HEAD, name_near_miss
from trainpad.files import NotPlainError, open_plain

Array = npt.NDArray[Any]
_Stream = IO[bytes] | GunzippedFile

MAX_EXPANSION = 1040
"""Most bytes that one byte of deflated data can unpack to (1032), plus a margin."""

_CHUNK = 1 << 20
_MAX_DIMENSIONS = 8
_DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}


def read_idx(path: Path) -> Array:
    """Read the array in an IDX file, of any of its types, in native byte order.

    Raises:
        DataError: the file is missing, unreadable, not IDX, truncated, or too long.
    """
    try:
        with open_plain(path) as file:
            array = _read(path, file)
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path}: damaged gzip data ({error}); fetch the file again") from error
    except FileNotFoundError as error:
        what = "a link to a file that does not exist" if path.is_symlink() else "no such file"
        raise DataError(f"{path}: {what}") from error
    except NotPlainError as error:
        raise DataError(f"{path}: expected an IDX file, but {error.strerror}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def read_images(path: Path) -> Images:
    """Images from an IDX file: uint8 ``[n, height, width]``; DataError for anything else."""
    return to_images(read_idx(path), str(path))


def read_labels(path: Path) -> Labels:
    """Labels from an IDX file: uint8 ``[n]``; DataError for anything else."""
    return to_labels(read_idx(path), str(path))


def idx_header(array: Array) -> bytes:
    """The IDX header for this array.

    Raises:
        DataError: IDX cannot store this type or shape.
    """
    code = _CODES.get(array.dtype.newbyteorder(">"))
    if code is None or not 1 <= array.ndim <= _MAX_DIMENSIONS or array.size == 0:
        raise DataError(f"an array of {array.dtype} {list(array.shape)} cannot be an IDX file")
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)


def idx_sha256(array: Array) -> str:
    """SHA-256 (hex) of the uncompressed IDX file of this array."""
    digest = hashlib.sha256(idx_header(array))
    digest.update(_big_endian(array))
    return digest.hexdigest()


def _big_endian(array: Array) -> memoryview:
    """The array's bytes in big-endian order; a view, not a copy, for contiguous bytes."""
    ordered = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder(">"))
    return ordered.reshape(-1).view(np.uint8).data


def _read(path: Path, file: IO[bytes]) -> Array:
    size = os.fstat(file.fileno()).st_size
    head = file.read(HEAD)
    file.seek(0)
    packed = head.startswith(MAGIC)
    stream = GunzippedFile(file) if packed else file
    dtype, shape = _read_header(path, stream, head)
    expected = 4 + 4 * len(shape) + dtype.itemsize * math.prod(shape)
    if expected > size * MAX_EXPANSION or (not packed and expected != size):
        hold = "that cannot unpack to that size" if packed else ""
        raise _misfit(path, shape, expected, f"{size:,} bytes {hold}".rstrip())
    try:
        array = np.empty(shape, dtype)
    except MemoryError as error:
        raise DataError(f"{path}: {expected:,} bytes do not fit into memory") from error
    found = _fill(stream, array.reshape(-1).view(np.uint8).data)
    if found < array.nbytes:
        raise _misfit(path, shape, expected, f"{expected - array.nbytes + found:,} bytes")
    if stream.read(1):
        raise _misfit(path, shape, expected, "more")
    return array


def _read_header(path: Path, stream: _Stream, head: bytes) -> tuple[np.dtype[Any], list[int]]:
    magic = stream.read(4)
    dtype = _DTYPES.get(magic[2]) if len(magic) == 4 and magic[:2] == b"\0\0" else None
    if dtype is None or not 1 <= magic[3] <= _MAX_DIMENSIONS:
        found = name_near_miss(head) or f"the bytes {magic.hex(' ')}"
        raise DataError(f"{path}: expected an IDX file (00 00, a type, a count), found {found}")
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(
            f"{path}: expected the sizes of {magic[3]} dimensions, found the file's end"
        )
    shape = list(struct.unpack(f">{magic[3]}I", sizes))
    if 0 in shape:
        raise DataError(f"{path}: expected values, found an empty array ({_by(shape)})")
    return dtype, shape


def _fill(stream: _Stream, view: memoryview) -> int:
    """Read into the view until it is full or the stream ends; return the number of bytes."""
    position = 0
    while position < len(view):
        piece = stream.read(min(_CHUNK, len(view) - position))
        if not piece:
            break
        view[position : position + len(piece)] = piece
        position += len(piece)
    return position


def _misfit(path: Path, shape: list[int], expected: int, found: str) -> DataError:
    return DataError(
        f"{path}: expected {expected:,} bytes for {_by(shape)} values, found {found}; "
        "the file is damaged, fetch it again"
    )


def _by(shape: list[int] | tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)
