"""Read files as what a network of pictures takes: each as a whole, in the network's size."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.dataset import PIXEL_SCALE
from data.decode import NAMES, is_picture
from data.errors import DataError
from data.pictures import Floats, is_npy, load_npy, read_contents
from data.pixels import read_pixels

COLOURS = 3


def read_whole(path: str | Path, shape: Sequence[int]) -> Floats:
    """The inputs in a file, ``[n, *shape]``: a picture is scaled and cropped, from 0 to 1.

    Args:
        path: a picture, or ``.npy`` with one or several of this shape: bytes, which become 0 to 1,
            or numbers, which stay as they are; ``-`` is standard input.
        shape: height and width, in colour with 3; or any other of a network that takes no pictures.

    Raises:
        DataError: there is no such file, it is something else, or of another shape.
    """
    contents, source = read_contents(path)
    is_coloured = len(shape) == 3 and shape[2] == COLOURS
    if is_npy(contents):
        return _fitting(load_npy(contents, source), shape, source)
    if len(shape) != 2 and not is_coloured:
        raise DataError(
            f"{source}: this network was trained on numbers of shape {list(shape)}, not on "
            "pictures; it reads them from .npy"
        )
    if not is_picture(contents):
        raise DataError(
            f"{source}: expected {NAMES} or .npy; this network was trained on pictures of "
            f"{shape[1]} x {shape[0]} pixels"
        )
    pixels = read_pixels(contents, source, (shape[1], shape[0])).astype(np.float32)
    if not is_coloured:
        pixels = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(pixels[None] * PIXEL_SCALE, np.float32)


def _fitting(array: np.ndarray, shape: Sequence[int], source: str) -> Floats:
    """An array of inputs of this shape, one or several, as float32 ``[n, *shape]``."""
    size = math.prod(shape)
    ends = tuple(shape), (*shape, 1), (size,)
    fits = any(array.shape[-len(end) :] == end and array.ndim <= len(end) + 1 for end in ends)
    if array.dtype.kind not in "buif" or not fits:
        raise DataError(
            f"{source}: {array.dtype} {list(array.shape)}; expected numbers of shape "
            f"{list(shape)}, or several of them"
        )
    values = array.reshape(-1, *shape).astype(np.float32)
    if not np.isfinite(values).all():
        raise DataError(f"{source}: not all of its numbers are finite")
    return values * PIXEL_SCALE if array.dtype == np.uint8 else values
