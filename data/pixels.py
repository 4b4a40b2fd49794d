"""Decode a picture file to pixels in colour, upright, and scaled to a size if one is given."""

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from data.dataset import Images
from data.decode import DAMAGE, check_size
from data.errors import DataError, without_addresses

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height in pixels."""


def read_pixels(contents: bytes, source: str, size: Size | None = None) -> Images:
    """A picture as uint8 ``[height, width, 3]``; what is transparent is on white.

    With a `size`, it is scaled to fill that, and what sticks out is cut off at both sides.

    Raises:
        DataError: it is damaged or has too many pixels; `source` names it.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(contents)) as picture:
                check_size(picture, source)
                pixels = _pixels(picture)
                if size is None or pixels.shape[1::-1] == size:
                    return pixels
                return np.asarray(ImageOps.fit(Image.fromarray(pixels), size), np.uint8)
    except Image.DecompressionBombError as error:
        raise DataError(f"{source}: it has too many pixels; make it smaller") from error
    except DAMAGE as error:
        found = without_addresses(error)
        raise DataError(f"{source}: damaged picture{found}; save it again as PNG") from error


def _pixels(picture: "Image") -> Images:
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(picture)
    if upright.mode[0] in "IF":  # 16 bits, which Pillow would clip at 255
        deep = np.asarray(upright.convert("F"))
        levels = np.clip(deep / max(1.0, 65535 / 255 if deep.max() > 255 else 1.0), 0, 255)
        return np.repeat(levels.astype(np.uint8)[..., None], 3, axis=2)
    if upright.has_transparency_data:
        layered = upright.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        upright = Image.alpha_composite(white, layered)
    return np.asarray(upright.convert("RGB"), np.uint8)
