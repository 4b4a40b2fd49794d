"""Read digits from any file, as the batch of 28x28 images that a network takes.

The format is detected by the first bytes, not the name, so that standard input works like a file.
Arrays and IDX files hold images already, stroke JSON is rasterized, and in photographs and drawings
of any size the digits are located.
"""

import io
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.dataset import PIXEL_SCALE
from data.decode import NAMES, decode, is_picture
from data.errors import DataError, without_addresses
from data.idx import read_idx
from data.ink import SIDE, inks_to_images
from data.ink_photo import find_and_count
from data.mnist import NPY_DAMAGE
from data.near_misses import HEAD, name_near_miss
from data.strokes import parse_strokes
from trainpad.files import read_plain

Hint = Callable[[str], None]
"""Called with a sentence for the user."""
Floats = npt.NDArray[np.float32]

MAX_BYTES = 1 << 30
_GZIP = b"\x1f\x8b"
_NPY = b"\x93NUMPY"


def no_hint(_sentence: str) -> None:
    """Ignore a hint."""


def read_digits(path: str | Path, *, split: bool = False, hint: Hint = no_hint) -> Floats:
    """Read all digits in a file: ``[n, 28, 28]``, 0 paper to 1 ink.

    Args:
        path: a picture (PNG, JPEG, BMP, GIF, WebP, TIFF), ``.npy``, IDX (gzipped or not)
            or stroke JSON; ``-`` is standard input.
        split: find several digits in one picture, line after line and left to right.
        hint: called where a picture seems to show several digits, and ``split`` was not given.

    Raises:
        DataError: There is no such file, or its format is not supported.
    """
    if str(path) == "-":
        contents = sys.stdin.buffer.read(MAX_BYTES + 1)
        return parse_digits(contents, "standard input", split=split, hint=hint)
    try:
        contents = read_plain(Path(path), MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    return parse_digits(contents, str(path), split=split, hint=hint)


def parse_digits(
    contents: bytes, source: str, *, split: bool = False, hint: Hint = no_hint
) -> Floats:
    """Read all digits in a file's contents; ``source`` names them in an error."""
    if len(contents) > MAX_BYTES:
        raise DataError(f"{source}: more than {MAX_BYTES:,} bytes; split it into several files")
    if is_picture(contents):
        return _from_picture(contents, source, split, hint)
    if contents.startswith(_NPY):
        return _from_npy(contents, source)
    if contents.startswith((_GZIP, b"\x00\x00")):
        return _from_idx(contents, source)
    if contents.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return inks_to_images(parse_strokes(contents, source))
    found = name_near_miss(contents[:HEAD]) or "something else"
    raise DataError(f"{source}: expected {NAMES}, .npy, IDX or stroke JSON, found {found}")


def _from_npy(contents: bytes, source: str) -> Floats:
    # Headers written by Python 2 give a warning.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.load(io.BytesIO(contents), allow_pickle=False)
    except NPY_DAMAGE as error:
        raise DataError(f"{source}: not a usable .npy file{without_addresses(error)}") from error
    return as_images(array, source)


def _from_idx(contents: bytes, source: str) -> Floats:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images"
        path.write_bytes(contents)
        try:
            array = read_idx(path)
        except DataError as error:
            raise DataError(str(error).replace(str(path), source)) from error
    return as_images(array, source)


def as_images(array: npt.NDArray[Any], source: str) -> Floats:
    """Convert an array to a network's input images: ``[n, 28, 28]``, 0 to 1.

    Args:
        array: ``[28, 28]``, ``[n, 28, 28]``, ``[784]`` or ``[n, 784]``, also with an
            axis of one channel; whole numbers from 0 to
            255, or fractions from 0 to 1 or to 255; light ink on dark paper.
        source: its name in an error.

    Raises:
        DataError: Its shape or its values are not among these.
    """
    if array.ndim > 2 and array.shape[-1] == 1:
        array = array[..., 0]
    elif array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind not in "buif" or not _holds_images(array.shape):
        raise DataError(
            f"{source}: {array.dtype} {list(array.shape)}; expected numbers of shape [28, 28], "
            "[n, 28, 28] or [n, 784]"
        )
    values = array.reshape(-1, SIDE, SIDE).astype(np.float32)
    if not np.isfinite(values).all() or (values.size and (values.min() < 0 or values.max() > 255)):
        raise DataError(f"{source}: values must lie between 0 and 1, or between 0 and 255")
    if array.dtype.kind in "ui" or (values.size and values.max() > 1):
        values *= PIXEL_SCALE
    return values


def _holds_images(shape: tuple[int, ...]) -> bool:
    return (shape[-2:] == (SIDE, SIDE) and len(shape) <= 3) or (
        shape[-1:] == (SIDE * SIDE,) and len(shape) <= 2
    )


def _from_picture(contents: bytes, source: str, split: bool, hint: Hint) -> Floats:
    images, seen = find_and_count(decode(contents, source), split=split)
    if seen > 1 and not split:
        hint(f"{source} seems to show {seen} digits: --split classifies each of them")
    return images
