"""Images as text, independent of any terminal.

A text cell is about twice as high as wide, so a row of text shows two rows of pixels: as one
character of a ramp (their mean), or as the upper and lower grey of a half block.
"""

import numpy as np

from data.dataset import Images, Split

RAMP = " .:-=+*#%@"
"""From no ink to full ink."""
HALF_BLOCK = "▀"


def examples_per_class(split: Split, classes: int, each: int) -> Images:
    """The first ``each`` images of every class, class by class; blank where there are fewer.

    Returns:
        uint8 ``[classes * each, height, width]``, and channels if there are colours.
    """
    chosen = np.zeros((classes, each, *split.images.shape[1:]), np.uint8)
    for label in range(classes):
        found = np.flatnonzero(split.labels == label)[:each]
        chosen[label, : len(found)] = split.images[found]
    return chosen.reshape(-1, *split.images.shape[1:])


def contact_sheet(images: Images, columns: int) -> Images:
    """Arrange images in a grid with ``columns`` in a row, and a blank pixel between neighbours.

    Args:
        images: uint8 ``[n, height, width]``, or with channels.
        columns: images in a row; the last row is filled with blanks.

    Returns:
        One uint8 image ``[height', width']``.
    """
    rows = -(-len(images) // columns)
    height, width = images.shape[1] + 1, images.shape[2] + 1
    channels = images.shape[3:]
    tiles = np.zeros((rows * columns, height, width, *channels), np.uint8)
    tiles[: len(images), 1:, 1:] = images
    joined = tiles.reshape(rows, columns, height, width, *channels).swapaxes(1, 2)
    return joined.reshape(rows * height, columns * width, *channels)[1:, 1:]


def ascii_rows(image: Images) -> list[str]:
    """An image as lines of RAMP, each showing two rows of pixels; colours as their mean."""
    grey = image if image.ndim == 2 else image.mean(axis=2).astype(np.uint8)
    pairs = half_block_rows(grey).mean(axis=2)
    levels = (pairs * len(RAMP) // 256).astype(int)
    return ["".join(RAMP[level] for level in row) for row in levels]


def half_block_rows(image: Images) -> Images:
    """The pixels of HALF_BLOCK cells: uint8 ``[ceil(height / 2), width, 2]``, upper and lower.

    Channels, if there are any, stay the last axis.
    """
    height, width, *channels = image.shape
    even = np.zeros((height + height % 2, width, *channels), np.uint8)
    even[:height] = image
    return even.reshape(-1, 2, width, *channels).swapaxes(1, 2)
