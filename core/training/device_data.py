"""All images and labels of a data set on a device."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from data.dataset import PIXEL_SCALE, SPLITS, Dataset

PADDING = 1000
"""Blank images at the end, which fill the last batch of an evaluation."""


class DeviceData:
    """The inputs of all splits as arrays ``[n + padding, ...]``, and their labels or values."""

    def __init__(self, dataset: Dataset) -> None:
        splits = [dataset.split(name) for name in SPLITS]
        pixels = int(np.prod(dataset.image_shape))
        images = [split.images.reshape(len(split), pixels) for split in splits]
        self._on_disk = OnDisk(images) if dataset.is_on_disk else None
        self._images = None if self._on_disk else _padded(images)
        self._more = [_padded(each) for each in zip(*(split.more for split in splits), strict=True)]
        self._labels = tf.cast(_padded([split.labels for split in splits]), tf.int32)
        values = [split.values for split in splits if split.values is not None]
        self._values = _padded(values) if values else None
        self.ranges: dict[str, tuple[int, int]] = {}
        """The start and the length of each split."""
        start = 0
        for name, split in zip(SPLITS, splits, strict=True):
            self.ranges[name] = (start, len(split))
            start += len(split)

    @property
    def is_on_disk(self) -> bool:
        """Whether each step reads its images from disk."""
        return self._on_disk is not None

    @property
    def has_values(self) -> bool:
        """Whether there are values that the model is to give."""
        return self._values is not None

    def images(self, indices: Any) -> Any:
        """Images by index, float32 ``[n, pixels]`` in 0..1; other numbers as they are."""
        found = self._on_disk(indices) if self._on_disk else tf.gather(self._images, indices)
        if found.dtype != tf.uint8:
            return found
        return tf.cast(found, tf.float32) * PIXEL_SCALE

    def more(self, indices: Any) -> list[Any]:
        """What a model takes besides, by index: float32 ``[n, ...]`` each."""
        return [tf.gather(array, indices) for array in self._more]

    def labels(self, indices: Any) -> Any:
        """Labels by index, int32 ``[n]``."""
        return tf.gather(self._labels, indices)

    def values(self, indices: Any) -> Any:
        """What the model is to give, by index: float32 ``[n, ...]``."""
        return tf.gather(self._values, indices)


class OnDisk:
    """Pictures that do not fit into memory: those of a batch are read when it is computed."""

    def __init__(self, images: Sequence[npt.NDArray[np.uint8]]) -> None:
        """Take the pictures ``[n, pixels]`` of each split."""
        self._images = images
        self._ends = np.cumsum([len(split) for split in images])
        self._pixels = images[0].shape[1]

    def __call__(self, indices: Any) -> Any:
        """The pictures of a tensor of indices; those past the end are blank."""
        found = tf.numpy_function(self.read, [indices], tf.uint8, stateful=False)
        return tf.ensure_shape(found, (indices.shape[0], self._pixels))

    def read(self, indices: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
        """The pictures of an array of indices."""
        found = np.zeros((len(indices), self._pixels), np.uint8)
        parts = np.searchsorted(self._ends, indices, side="right")
        for number, images in enumerate(self._images):
            chosen = parts == number
            found[chosen] = images[indices[chosen] - (self._ends[number] - len(images))]
        return found


def _padded(arrays: Sequence[npt.NDArray[Any]]) -> Any:
    """All splits as one tensor, with zeros at the end."""
    padding = np.zeros((PADDING, *arrays[0].shape[1:]), arrays[0].dtype)
    return tf.constant(np.concatenate([*arrays, padding]))
