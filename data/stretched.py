"""A digit that fills a square picture: its proportions may be lost.

Many programs cut a digit out and scale it to a square before they save it. A 1 is as wide as a 0
then, and no rule can say what it was. So it is classified in narrower shapes, too: digits are
rarely wider than high.
"""

from data.components import Box
from data.ink_levels import Grey
from data.ink_photo import find_digits, resampling

NARROWER = 0.7, 0.5
"""Of the digit's width in the picture. Chosen on MNIST's validation digits."""
_SQUARE = 0.1
"""Of the longer side, by which the sides of a square picture differ at most."""
_BESIDE = 0.04
"""Of a side, which is paper at most beside a digit that fills the picture; one pixel at least."""


def narrower_shapes(grey: Grey, box: Box) -> tuple[Grey, ...]:
    """The digit in `box` in each of the widths `NARROWER`, ``[1, 28, 28]`` each.

    Empty unless it fills a square picture `grey` ``[height, width]``.
    """
    if not _fills_square(grey.shape, box):
        return ()
    width = grey.shape[1]
    return tuple(
        find_digits(grey @ resampling(width, max(1, round(width * share))).T) for share in NARROWER
    )


def _fills_square(shape: tuple[int, ...], box: Box) -> bool:
    """Whether a digit reaches all sides of a picture of this shape, and that is square."""
    beside = [
        (box.top, shape[0]), (shape[0] - box.bottom, shape[0]),
        (box.left, shape[1]), (shape[1] - box.right, shape[1]),
    ]  # fmt: skip
    is_square = max(shape) - min(shape) <= _SQUARE * max(shape)
    return is_square and all(paper <= max(1, _BESIDE * side) for paper, side in beside)
