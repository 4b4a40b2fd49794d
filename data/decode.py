"""Decode a picture file to one plane of brightness, upright and scaled down.

The size in the header is checked before anything is unpacked. Of an animation the first frame is
read, of a document in several pages the first page.
"""

import io
import struct
import warnings
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from data.errors import DataError, without_addresses

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

MAX_PIXELS = 64_000_000
"""A larger picture is not decoded."""
MAX_SIDE = 1000
"""Pictures are scaled down until their longer side has at most this many pixels."""
NAMES = "PNG, JPEG, BMP, GIF, WebP or TIFF"

_FORMATS = ("PNG", "JPEG", "BMP", "DIB", "GIF", "WEBP", "TIFF", "PPM")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\0", b"MM\0*")
_PNM = tuple(b"P%d" % number for number in range(1, 7))
_CLEARER = 2.0  # times the contrast of brightness, for another plane to be used in its place
_WHITES = (1.0, *(float(2**bits - 1) for bits in (8, 10, 12, 14, 16)))
DAMAGE = (  # what Pillow raises for damaged files
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    MemoryError,
    RuntimeError,
    ZeroDivisionError,
    struct.error,
)


def is_picture(contents: bytes) -> bool:
    """Whether a file's contents begin like a picture that `decode` reads."""
    webp = contents.startswith(b"RIFF") and contents[8:12] == b"WEBP"
    pnm = contents.startswith(_PNM) and contents[2:3].isspace()
    return webp or pnm or contents.startswith(_SIGNATURES)


def decode(contents: bytes, source: str) -> Floats:
    """Return a picture as brightness 0 to 1, ``[height, width]``; transparent paper is white.

    Where brightness hardly shows the ink, the colour channel or the transparency that shows it best
    takes its place.

    Raises:
        DataError: it is damaged or has more than `MAX_PIXELS` pixels.
    """
    try:
        from PIL import Image
    except ImportError:
        raise DataError(f"{source}: reading pictures needs pillow; pip install pillow") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(contents), formats=_FORMATS) as picture:
                check_size(picture, source)
                return _read(picture)
    except Image.DecompressionBombError as error:
        raise DataError(f"{source}: {_TOO_LARGE}") from error
    except DAMAGE as error:
        found = without_addresses(error)
        raise DataError(f"{source}: damaged picture{found}; save it again as PNG") from error


def longer_side(contents: bytes) -> int:
    """The longer side of a picture that `decode` has read, in its own pixels."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(contents), formats=_FORMATS) as picture:
            return max(picture.size)


_TOO_LARGE = f"more than {MAX_PIXELS:,} pixels; make it smaller"


def check_size(picture: "Image", source: str) -> None:
    """Raise a `DataError` if a picture has too many pixels to be unpacked."""
    if picture.width * picture.height > MAX_PIXELS:
        size = f"{picture.width:,} x {picture.height:,} pixels are too many"
        raise DataError(f"{source}: {size}; make it smaller than {MAX_PIXELS:,} pixels")


def _read(picture: "Image") -> Floats:
    """Unpack a picture, and return its clearest plane."""
    from PIL import Image, ImageOps

    picture.draft(None, (2 * MAX_SIDE, 2 * MAX_SIDE))
    if picture.mode[0] in "IF":  # 16 bits and more, which conversion to L would clip
        deep = picture.convert("F")
        deep.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
        values = np.asarray(ImageOps.exif_transpose(deep), np.float32)
        values = np.nan_to_num(values, posinf=0).clip(0)
        return values / np.float32(_white(float(values.max())))
    coloured = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    coloured.info.update(picture.info)
    coloured.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
    return _clearest(np.asarray(ImageOps.exif_transpose(coloured), np.float32) / np.float32(255))


def _white(greatest: float) -> float:
    """The value of white where `greatest` is the largest one: that of the least depth that has it.

    Cameras store 10 to 14 bits in 16; a picture of fractions has white at 1.
    """
    return next((white for white in _WHITES if greatest <= white), greatest)


def _clearest(pixels: Floats) -> Floats:
    """Brightness, unless a colour channel or the transparency shows far more.

    Args:
        pixels: ``[height, width, 3 or 4]``, 0 to 1.
    """
    planes = []
    colours = pixels[..., :3]
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:]
        colours = colours * alpha + (1 - alpha)
        planes.append(pixels[..., 3])
    brightness: Floats = colours @ np.array([0.299, 0.587, 0.114], np.float32)
    planes += [colours[..., channel] for channel in range(3)]
    clearest: Floats = max(planes, key=lambda plane: float(plane.std()))
    return clearest if float(clearest.std()) > _CLEARER * float(brightness.std()) else brightness
