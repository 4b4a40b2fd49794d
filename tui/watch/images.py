"""Decode images from event files and render them in cells.

The bytes are untrusted: only formats that TensorBoard shows are decoded, an image with a huge size
in its header is rejected, and an error message is shown in place of an invalid image.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from data.errors import DataError
from tui.widgets.half_blocks import GREY, render_image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
MAX_PIXELS = 1 << 24
LEVELS = 16
"""Levels per colour channel: more are not visible, and each change of colour costs bytes."""
GAP = 2
"""Cells between images."""

Pixels = npt.NDArray[np.uint8]


class DisplayMode(NamedTuple):
    """What the terminal can display."""

    ascii_only: bool
    colours: bool


def decode_image(content: bytes, width: int, height: int) -> Pixels:
    """Return uint8 ``[h, w]`` (grey) or ``[h, w, 3]`` (colour), scaled to fit width x height.

    Raises:
        DataError: it is not an image, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                return _resized(image, width, height)
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise DataError("the image cannot be decoded") from error
    except Image.DecompressionBombError as error:
        raise DataError("the image is too large") from error


def _resized(image: Image.Image, width: int, height: int) -> Pixels:
    across, down = image.size
    if across * down > MAX_PIXELS or not across * down:
        raise DataError(f"the image is too large: {across:,} x {down:,}")
    converted = image.convert("L" if image.mode in ("1", "L", "LA", "I;16") else "RGB")
    factor = min(width / across, height / down)
    # Integer factors keep all pixels of a small image the same size.
    factor = float(int(factor)) if factor >= 1 else factor
    size = max(1, round(across * factor)), max(1, round(down * factor))
    resampling = Image.Resampling.NEAREST if factor >= 1 else Image.Resampling.BOX
    return np.asarray(converted.resize(size, resampling))


@lru_cache(maxsize=128)
def image_strips(content: bytes, width: int, rows: int, mode: DisplayMode) -> tuple[Strip, ...]:
    """Return one image in at most ``width`` x ``rows`` cells.

    Raises:
        DataError: it cannot be shown; the message says why.
    """
    pixels = decode_image(content, width, 2 * rows)
    if pixels.ndim == 2:
        return tuple(render_image(pixels / 255.0, GREY, ascii_only=mode.ascii_only))
    if mode.ascii_only or not mode.colours:
        grey = pixels @ np.array([0.299, 0.587, 0.114]) / 255.0
        return tuple(render_image(grey, GREY, ascii_only=mode.ascii_only))
    return tuple(_coloured(pixels))


def _coloured(pixels: Pixels) -> list[Strip]:
    even = np.pad(pixels, ((0, len(pixels) % 2), (0, 0), (0, 0)))
    coarse = (even.astype(np.uint16) * (LEVELS - 1) + 127) // 255 * 255 // (LEVELS - 1)
    rows = coarse.tolist()
    return [
        Strip(
            Segment.simplify(
                Segment("▀", Style(color=Color.from_rgb(*top), bgcolor=Color.from_rgb(*bottom)))
                for top, bottom in zip(above, below, strict=True)
            )
        )
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    ]


def arrange_in_rows(images: Sequence[Sequence[Strip]], width: int) -> list[Strip]:
    """Return images of any sizes, arranged in rows from left to right."""
    result: list[Strip] = []
    row: list[Sequence[Strip]] = []
    for image in [*images, None]:
        used = sum(strips[0].cell_length + GAP for strips in row)
        if image is None or (row and used + image[0].cell_length > width):
            result += _image_row(row)
            row = []
        if image is not None:
            row.append(image)
    return result


def _image_row(images: Sequence[Sequence[Strip]]) -> list[Strip]:
    """Return one row of images, and a blank line below."""
    height = max((len(strips) for strips in images), default=0)
    rows = []
    for y in range(height):
        cells: list[Segment] = []
        for strips in images:
            width = strips[0].cell_length
            cells += strips[y] if y < len(strips) else [Segment(" " * width, Style())]
            cells.append(Segment(" " * GAP, Style()))
        rows.append(Strip(cells))
    return [*rows, Strip([])]
