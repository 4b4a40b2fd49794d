"""Some pictures of each class of a data set, as rows of text for a terminal.

Greys and colours are those of the 256-colour palette, which every terminal with colours has; where
COLORTERM says that it shows all colours, a picture in colour has its own.
"""

import os
from collections.abc import Mapping

import numpy as np

from data.dataset import Dataset, Images
from data.preview import HALF_BLOCK, ascii_rows, contact_sheet, examples_per_class, half_block_rows

EXAMPLES = 12
"""Maximum number of images of each class in a preview."""
MAX_CLASSES = 30
"""Maximum number of classes in a preview: each takes rows of its own."""
CUBE_LIMITS = 48, 115, 155, 195, 235
"""Midway between the palette's levels of a colour: 0, 95, 135, 175, 215 and 255."""


def preview_rows(
    dataset: Dataset, columns: int, *, colour: bool, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """Rows with pictures of each class, at most so many cells wide; without `colour`, in ASCII."""
    shown = min(MAX_CLASSES, len(dataset.classes))
    side = max(dataset.image_shape[1] + 1, 2)
    each = max(1, min(EXAMPLES, columns // side))
    images = _shrunk(examples_per_class(dataset.test, shown, each), columns)
    sheet = contact_sheet(images, each)
    if colour:
        all_colours = environment.get("COLORTERM", "").lower() in ("truecolor", "24bit")
        rows = [
            "".join(_cell(pair, all_colours=all_colours) for pair in row) + "\033[0m"
            for row in half_block_rows(sheet)
        ]
    else:
        rows = ascii_rows(sheet)
    left = len(dataset.classes) - shown
    return [*rows, f"and {left:,} more classes"] if left else rows


def _shrunk(images: Images, columns: int) -> Images:
    """Images ``[n, height, width]``, or with channels, that are at most so many pixels wide.

    Of wider ones every second pixel is taken, or every third and so on, in both directions.
    """
    factor = -(-images.shape[2] // max(1, columns))
    return images[:, ::factor, ::factor]


def _cell(pair: Images, *, all_colours: bool) -> str:
    """Two pixels, ``[2]`` or ``[2, 3]`` in 0..255, as a half block in these colours."""
    upper, lower = (_code(pixel, all_colours=all_colours) for pixel in pair)
    return f"\033[38;{upper};48;{lower}m{HALF_BLOCK}"


def _code(pixel: np.ndarray, *, all_colours: bool) -> str:
    """The parameters of the escape sequence for a colour: ``5;244`` or ``2;250;10;0``."""
    values = np.atleast_1d(pixel).astype(int)
    if len(values) == 1:
        return f"5;{232 + values[0] * 23 // 255}"
    if all_colours:
        return "2;" + ";".join(map(str, values))
    red, green, blue = np.digitize(values, CUBE_LIMITS)
    return f"5;{16 + 36 * red + 6 * green + blue}"
