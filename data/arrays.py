"""Bring arrays of images and labels into the form of a data set, where their meaning is plain.

Other programs store labels as int32 or int64, one-hot or with QMNIST's further columns, and images
with a channel axis or as fractions. What could mean two things is refused.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from data.dataset import Images, Labels
from data.errors import DataError

Array = npt.NDArray[Any]

QMNIST_COLUMNS = 8
"""QMNIST's labels have the class, the writer and other facts in as many columns."""
COLOURS = 3
"""Channels of an image in colour: red, green and blue."""
_BYTE, _TWO_BYTES = 255, 32767
_SIDE = 28
_EXACT = 1e-3  # of 1/255: fractions that are no nearer to a whole pixel value were never bytes


def to_images(array: Array, where: str) -> Images:
    """Return images as uint8 ``[n, height, width]``, or ``[n, height, width, 3]`` in colour.

    Args:
        array: as that, with an axis of one channel, with the channels before the height, or
            ``[n, 784]``; whole numbers from 0 to 255, or fractions k/255.
        where: its name in an error.

    Raises:
        DataError: it is something else.
    """
    pixels = _channels_last(array)
    if pixels.ndim == 2 and pixels.shape[1] == _SIDE * _SIDE:
        pixels = pixels.reshape(-1, _SIDE, _SIDE)
    if pixels.ndim != 3 and not (pixels.ndim == 4 and pixels.shape[3] == COLOURS):
        raise _unexpected(where, "images", 3, array)
    if pixels.dtype.kind == "f" and pixels.size and float(pixels.max()) <= 1:
        pixels = pixels * _BYTE
    return _to_bytes(pixels, where, "images", 3)


def to_labels(array: Array, where: str) -> Labels:
    """Return labels as uint8 ``[n]``, or int16 if one is above 255.

    Args:
        array: whole numbers from 0 on, ``[n]`` or ``[n, 1]``; one-hot rows; or QMNIST's rows,
            the class first.
        where: its name in an error.

    Raises:
        DataError: it is something else.
    """
    labels = array
    if array.ndim == 2 and array.shape[1] == 1:
        labels = array[:, 0]
    elif array.ndim == 2 and _is_one_hot(array):
        labels = array.argmax(axis=1)
    elif array.ndim == 2 and array.shape[1] == QMNIST_COLUMNS and array.dtype.kind == "i":
        labels = array[:, 0]
    if labels.ndim != 1:
        raise _unexpected(where, "labels", 1, array)
    if labels.dtype.kind in "iu" and labels.size and _BYTE < labels.max() <= _TWO_BYTES:
        if labels.min() < 0:
            raise DataError(f"{where}: expected labels from 0 on, found {labels.min():g}")
        return np.ascontiguousarray(labels.astype(np.int16))
    return _to_bytes(labels, where, "labels", 1)


def _channels_last(array: Array) -> Array:
    """Colours in the last axis, as in Keras and not as in PyTorch; no axis of one channel."""
    if array.ndim != 4:
        return array
    if array.shape[3] not in (1, COLOURS) and array.shape[1] in (1, COLOURS):
        array = array.transpose(0, 2, 3, 1)
    return array.squeeze(3) if array.shape[3] == 1 else array


def _is_one_hot(array: Array) -> bool:
    return bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())


def _to_bytes(array: Array, where: str, what: str, dimensions: int) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind not in "iuf" or not array.size:
        raise _unexpected(where, what, dimensions, array)
    if not bool((array >= 0).all() and (array <= _BYTE).all()):
        least, greatest = array.min(), array.max()
        raise DataError(f"{where}: expected {what} from 0 to 255, found {least:g} to {greatest:g}")
    whole = np.rint(array)
    if array.dtype.kind == "f" and float(np.abs(array - whole).max()) > _EXACT:
        raise DataError(f"{where}: expected {what} as whole numbers, found fractions")
    return np.ascontiguousarray(whole.astype(np.uint8))


def _unexpected(where: str, what: str, dimensions: int, array: Array) -> DataError:
    shape = " x ".join(f"{size:,}" for size in array.shape)
    return DataError(
        f"{where}: expected {what} (uint8, {dimensions} dimensions), "
        f"found {array.dtype} with {array.ndim} ({shape})"
    )
