"""Folders of IDX files, as MNIST comes."""

import numpy as np

from tests.helpers.idx import write_idx

NAMES_OF_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def write_folder(folder, train=24, *, size=28, seed=0):
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    arrays = (
        random.integers(0, 256, (train, size, size), np.uint8),
        (np.arange(train) * 7 % 10).astype(np.uint8),
        random.integers(0, 256, (10, size, size), np.uint8),
        np.arange(10, dtype=np.uint8),
    )
    for name, array in zip(NAMES_OF_FILES, arrays, strict=True):
        write_idx(folder / name, array)
    return folder
