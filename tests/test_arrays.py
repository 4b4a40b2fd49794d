"""What other programs store as images and labels is read where it can mean one thing alone."""

import numpy as np
import pytest

from data.arrays import to_images, to_labels
from data.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
LABELS = np.array([3, 0, 9, 1, 1, 0], np.uint8)


@pytest.mark.parametrize(
    "stored",
    [
        IMAGES,
        IMAGES.astype(np.int64),
        IMAGES[..., None],
        IMAGES[:, None],
        IMAGES.reshape(6, 784),
        IMAGES.astype(np.float64),
        IMAGES / np.float32(255),
        IMAGES / 255,
    ],
    ids=["bytes", "int64", "Keras", "PyTorch", "flat", "float", "float32", "float64"],
)
def test_images(stored):
    read = to_images(stored, "x")
    assert (read.dtype, read.flags.c_contiguous) == (np.uint8, True)
    np.testing.assert_array_equal(read, IMAGES)


@pytest.mark.parametrize(
    "stored",
    [
        LABELS,
        LABELS.astype(">i4"),
        LABELS.astype(np.int64),
        LABELS.astype(float),
        LABELS[:, None],
        np.eye(10)[LABELS],
        np.eye(10, dtype=np.uint8)[LABELS],
        np.stack([LABELS, *([np.arange(6) + 300] * 7)], axis=1).astype(np.int32),
    ],
    ids=["bytes", "int32", "int64", "float", "column", "one-hot", "one-hot bytes", "QMNIST"],
)
def test_labels(stored):
    read = to_labels(stored, "x")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, LABELS)


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (np.zeros((6, 28, 28, 2), np.uint8), r"found uint8 with 4 .6 x 28 x 28 x 2"),
        (np.full((6, 28, 28), 256), "expected images from 0 to 255, found 256 to 256"),
        (np.full((6, 28, 28), -1), "found -1 to -1"),
        (np.full((6, 28, 28), 0.123), "expected images as whole numbers, found fractions"),
        (np.full((6, 28, 28), np.nan), "from 0 to 255, found nan"),
        (np.zeros((6, 28, 28), complex), "found complex128"),
    ],
)
def test_images_that_could_be_anything(stored, sentence):
    with pytest.raises(DataError, match=sentence):
        to_images(stored, "x")


@pytest.mark.parametrize(
    "stored", [np.full((6, 10), 0.1), np.zeros((6, 3), np.uint8), LABELS + 0.5]
)
def test_labels_that_could_be_anything(stored):
    with pytest.raises(DataError, match="expected labels"):
        to_labels(stored, "x")
