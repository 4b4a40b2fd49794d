"""Pictures from event files, decoded and fitted into cells.

The bytes are anybody's: only formats that TensorBoard shows are tried, a picture that claims to be
huge is not decoded, and what cannot be decoded is said instead of shown.
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
from PIL import Image as Pictures
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from data.errors import DataError
from tui.widgets.half_blocks import GREY, render_image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
MAX_PIXELS = 1 << 24
LEVELS = 16
"""Steps of each colour: more are not seen in cells, and every change of colour costs bytes."""
GAP = 2
"""Cells between pictures."""

Pixels = npt.NDArray[np.uint8]


class DisplayMode(NamedTuple):
    """What the terminal can show of a picture."""

    ascii_only: bool
    colours: bool


def decode_image(content: bytes, width: int, height: int) -> Pixels:
    """Grey ``[h, w]`` or colour ``[h, w, 3]``, at most ``width`` x ``height`` and as large as that.

    Raises:
        DataError: it is no picture, or too large a one.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pictures.open(io.BytesIO(content), formats=FORMATS) as picture:
                return _resized(picture, width, height)
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise DataError("the picture cannot be decoded") from error
    except Pictures.DecompressionBombError as error:
        raise DataError("the picture is too large") from error


def _resized(picture: Pictures.Image, width: int, height: int) -> Pixels:
    across, down = picture.size
    if across * down > MAX_PIXELS or not across * down:
        raise DataError(f"the picture is too large: {across:,} x {down:,}")
    plain = picture.convert("L" if picture.mode in ("1", "L", "LA", "I;16") else "RGB")
    times = min(width / across, height / down)
    # Whole multiples keep every pixel of a small picture as large as the others.
    times = float(int(times)) if times >= 1 else times
    size = max(1, round(across * times)), max(1, round(down * times))
    way = Pictures.Resampling.NEAREST if times >= 1 else Pictures.Resampling.BOX
    return np.asarray(plain.resize(size, way))


@lru_cache(maxsize=128)
def image_strips(content: bytes, width: int, rows: int, look: DisplayMode) -> tuple[Strip, ...]:
    """One picture in at most ``width`` x ``rows`` cells.

    Raises:
        DataError: it cannot be shown; the sentence says why.
    """
    pixels = decode_image(content, width, 2 * rows)
    if pixels.ndim == 2:
        return tuple(render_image(pixels / 255.0, GREY, ascii_only=look.ascii_only))
    if look.ascii_only or not look.colours:
        grey = pixels @ np.array([0.299, 0.587, 0.114]) / 255.0
        return tuple(render_image(grey, GREY, ascii_only=look.ascii_only))
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


def arrange_in_rows(pictures: Sequence[Sequence[Strip]], width: int) -> list[Strip]:
    """Pictures of any sizes in rows that are filled from the left."""
    made: list[Strip] = []
    band: list[Sequence[Strip]] = []
    for picture in [*pictures, None]:
        used = sum(strips[0].cell_length + GAP for strips in band)
        if picture is None or (band and used + picture[0].cell_length > width):
            made += _image_row(band)
            band = []
        if picture is not None:
            band.append(picture)
    return made


def _image_row(pictures: Sequence[Sequence[Strip]]) -> list[Strip]:
    """Pictures in one row, and a blank line below."""
    height = max((len(strips) for strips in pictures), default=0)
    rows = []
    for y in range(height):
        cells: list[Segment] = []
        for strips in pictures:
            width = strips[0].cell_length
            cells += strips[y] if y < len(strips) else [Segment(" " * width, Style())]
            cells.append(Segment(" " * GAP, Style()))
        rows.append(Strip(cells))
    return [*rows, Strip([])]
