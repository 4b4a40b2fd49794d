"""All images and labels of a data set on a device."""

from typing import Any

import numpy as np
import tensorflow as tf

from data.dataset import PIXEL_SCALE, SPLITS, Dataset

PADDING = 1000
"""Blank images at the end, which fill the last batch of an evaluation."""


class DeviceData:
    """The images of all splits as one uint8 array ``[n + padding, pixels]``, and their labels."""

    def __init__(self, dataset: Dataset) -> None:
        splits = [dataset.split(name) for name in SPLITS]
        pixels = int(np.prod(dataset.image_shape))
        images = [split.images.reshape(len(split), pixels) for split in splits]
        images.append(np.zeros((PADDING, pixels), np.uint8))
        labels = [split.labels for split in splits] + [np.zeros(PADDING, np.uint8)]
        self._images = tf.constant(np.concatenate(images))
        self._labels = tf.constant(np.concatenate(labels).astype(np.int32))
        self.ranges: dict[str, tuple[int, int]] = {}
        """The start and the length of each split."""
        start = 0
        for name, split in zip(SPLITS, splits, strict=True):
            self.ranges[name] = (start, len(split))
            start += len(split)

    def images(self, indices: Any) -> Any:
        """Images by index, float32 ``[n, pixels]`` in 0..1."""
        return tf.cast(tf.gather(self._images, indices), tf.float32) * PIXEL_SCALE

    def labels(self, indices: Any) -> Any:
        """Labels by index, int32 ``[n]``."""
        return tf.gather(self._labels, indices)
