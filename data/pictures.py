"""Read digits from any file, as the batch of 28x28 images that a network takes.

The format is detected by the first bytes, not the name, so that standard input works like a file.
Arrays and IDX files hold images already, stroke JSON is rasterized, and in photographs and drawings
of any size the digits are located.
"""

import io
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from data.dataset import PIXEL_SCALE
from data.errors import DataError
from data.idx import read_idx
from data.ink import SIDE, inks_to_images
from data.ink_photo import find_digits
from data.strokes import parse_strokes
from trainpad.files import read_plain

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

MAX_PIXELS = 64_000_000
"""A larger picture is not decoded."""
MAX_BYTES = 1 << 30
MAX_SIDE = 1000
"""Pictures are scaled down until their longer side has at most this many pixels."""

_GZIP = b"\x1f\x8b"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_NPY = b"\x93NUMPY"


def read_digits(path: str | Path, *, split: bool = False) -> Floats:
    """Read all digits in a file: ``[n, 28, 28]``, 0 paper to 1 ink.

    Args:
        path: PNG, JPEG, ``.npy``, IDX (gzipped or not) or stroke JSON; ``-`` is standard input.
        split: find several digits in one picture, line after line and left to right.

    Raises:
        DataError: There is no such file, or its format is not supported.
    """
    if str(path) == "-":
        return parse_digits(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input", split=split)
    try:
        contents = read_plain(Path(path), MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    return parse_digits(contents, str(path), split=split)


def parse_digits(contents: bytes, source: str, *, split: bool = False) -> Floats:
    """Read all digits in a file's contents; ``source`` names them in an error."""
    if len(contents) > MAX_BYTES:
        raise DataError(f"{source}: more than {MAX_BYTES:,} bytes; split it into several files")
    if contents.startswith(_PICTURES):
        return _from_picture(contents, source, split)
    if contents.startswith(_NPY):
        return _from_npy(contents, source)
    if contents.startswith((_GZIP, b"\x00\x00")):
        return _from_idx(contents, source)
    if contents.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return inks_to_images(parse_strokes(contents, source))
    raise DataError(f"{source}: not a PNG, JPEG, .npy, IDX or stroke JSON file")


def _from_npy(contents: bytes, source: str) -> Floats:
    # Headers written by Python 2 give a warning.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.load(io.BytesIO(contents), allow_pickle=False)
    except (ValueError, EOFError, SyntaxError, TypeError, MemoryError, OverflowError) as error:
        raise DataError(f"{source}: not a usable .npy file ({error})") from error
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
        array: ``[28, 28]``, ``[n, 28, 28]``, ``[784]`` or ``[n, 784]``; whole numbers from 0 to
            255, or fractions from 0 to 1 or to 255; light ink on dark paper.
        source: its name in an error.

    Raises:
        DataError: Its shape or its values are not among these.
    """
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


def _from_picture(contents: bytes, source: str, split: bool) -> Floats:
    grey = _grey(contents, source)
    if grey.shape == (SIDE, SIDE) and not split:
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        image = 1 - grey if np.median(border) > 0.5 else grey
        return image[None]
    return find_digits(grey, split=split)


def _grey(contents: bytes, source: str) -> Floats:
    """Decode a picture to brightness 0 to 1, upright and scaled down; transparency is white."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise DataError(f"{source}: reading pictures needs pillow; pip install pillow") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(contents), formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise DataError(
                        f"{source}: {picture.width} x {picture.height} pixels are too many; "
                        f"make it smaller than {MAX_PIXELS:,} pixels"
                    )
                picture.draft("L", (2 * MAX_SIDE, 2 * MAX_SIDE))
                upright = ImageOps.exif_transpose(picture)
                values = _brightness(upright)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{source}: damaged picture ({error})") from error
    return values


def _brightness(picture: "Image") -> Floats:
    from PIL import Image

    deep = picture.mode[0] in "IF"  # 16 bits and more, which conversion to L would clip
    if deep:
        picture = picture.convert("F")
    elif picture.has_transparency_data:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        picture = Image.alpha_composite(paper, layer).convert("L")
    else:
        picture = picture.convert("L")
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
    values = np.asarray(picture, np.float32)
    return values / np.float32(max(float(values.max()), 1.0) if deep else 255)
