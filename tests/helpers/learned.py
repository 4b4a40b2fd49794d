"""Events of a trained run, without TensorFlow: the events that the screens show."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.network.network import Network
from core.network.predictions import as_input, predict_split
from core.run.events import Evaluated, Event, Opened, Started, Steps, Weights
from core.run.hparams import HyperParameters, as_dict
from core.run.metrics import Int64s
from core.rundir.control import open_control
from core.session.session import dataset_info
from data.dataset import SPLITS, Dataset, Split
from tests.helpers.networks import initial_layers

EVIL = (
    "\x1b]0;owned\x07",
    "[@click=app.bell]x",
    "[/nope]",
    "a very long name that goes on",
    "漢字",
)
"""Class names that must be sanitized."""


def patterns(classes: Sequence[str], shape: tuple[int, int], seed: int = 5) -> Dataset:
    """A data set whose classes are noisy patterns, some of which are hard to tell apart."""
    rng = np.random.default_rng(seed)
    means = rng.integers(0, 256, (len(classes), *shape))

    def split(count: int) -> Split:
        labels = (np.arange(count) % len(classes)).astype(np.uint8)
        noise = rng.integers(0, 256, (count, *shape))
        return Split(((means[labels] + 9 * noise) // 10).astype(np.uint8), labels)

    count = 3 * len(classes)
    parts = split(4 * count + 1), split(count), split(2 * count)
    return Dataset("patterns", "made for tests", "0" * 64, *parts, tuple(classes))


def learned(dataset: Dataset, hidden: tuple[int, ...] = (16, 8), seed: int = 1) -> Network:
    """A network whose last layer was fitted to the data by least squares."""
    height, width = dataset.image_shape
    *first, _ = initial_layers((height * width, *hidden, len(dataset.classes)), seed=seed)
    images = as_input(dataset.train.images)
    middle = Network.from_layers(
        [*first, (np.eye(hidden[-1], dtype=np.float32), np.zeros(hidden[-1]))]
    )
    features = np.column_stack([middle.logits(images), np.ones(len(images))])
    targets = 4 * np.eye(len(dataset.classes))[dataset.train.labels]
    solved = np.linalg.lstsq(features, targets, rcond=None)[0]
    return Network.from_layers([*first, (solved[:-1], solved[-1])])


def matrices(network: Network, dataset: Dataset) -> dict[str, Int64s]:
    """The confusion matrix of each split."""
    return {name: predict_split(network, dataset.split(name)).confusion for name in SPLITS}


def evaluated(step: int, network: Network, dataset: Dataset) -> list[Event]:
    """An evaluation, and the weights that it was made with, as the trainer gives them."""
    confusion = {name: matrix.tolist() for name, matrix in matrices(network, dataset).items()}
    return [
        Evaluated(step, confusion, dict.fromkeys(SPLITS, 0.5), 0.1),
        Weights(step, network.to_arrays()),
    ]


def opened(folder: Path, dataset: Dataset, *, at_hand: bool = True) -> list[Event]:
    """A run that has just begun; with `at_hand`, in the process that has the data."""
    hparams = as_dict(HyperParameters())
    info = {"name": "a-run", "hyperparameters": hparams, "dataset": dataset_info(dataset)}
    control = open_control(folder, start=hparams)
    return [
        Opened(str(folder), info, control, dataset if at_hand else None),
        Started(0, hparams, "CPU:0", 12730),
        Steps(0, np.linspace(2.3, 0.5, 100, dtype=np.float32), 0.05),
    ]
