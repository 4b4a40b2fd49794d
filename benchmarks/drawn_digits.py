"""Benchmark the drawn digits: time to draw, and accuracy of networks trained on them alone.

    python benchmarks/drawn_digits.py --mnist FOLDER [--picture FILE.png] [--only draw]

FOLDER has MNIST's four IDX files, gzipped or not. All networks have the lab's shape,
784-128-32-10.
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from data.drawn import draw_digits
from data.idx import read_idx

PARTS = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
MARGIN = 2


class LabNetwork(tf.Module):
    """The lab's network, with its initial values."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        sizes = (784, 128, 32, 10)
        self.layers = [
            (
                tf.Variable(tf.random.stateless_truncated_normal((a, b), (seed, i)) / a**0.5),
                tf.Variable(tf.zeros(b)),
            )
            for i, (a, b) in enumerate(pairwise(sizes))
        ]

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Logits of uint8 images."""
        values = tf.reshape(tf.cast(images, tf.float32) / 255, (-1, 784))
        for number, (weights, biases) in enumerate(self.layers):
            values = values @ weights + biases
            if number < len(self.layers) - 1:
                values = tf.nn.relu(values)
        return values


def trained(images, labels, optimizer, steps: int, seed: int = 0) -> LabNetwork:
    """The lab's network after ``steps`` batches of 100, reshuffled every epoch."""
    network = LabNetwork(seed)
    variables = network.trainable_variables
    optimizer.build(variables)

    @tf.function
    def run(images, labels, batches):
        for batch in batches:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(
                        tf.gather(labels, batch), network(tf.gather(images, batch))
                    )
                )
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    rng = np.random.default_rng(seed)
    epochs = -(-steps * 100 // len(labels))
    order = np.concatenate([rng.permutation(len(labels)) for _ in range(epochs)])
    batches = order[: steps * 100].reshape(steps, 100).astype(np.int32)
    run(tf.constant(images), tf.constant(labels.astype(np.int32)), tf.constant(batches))
    return network


def accuracy(network: LabNetwork, images, labels) -> float:
    return float(np.mean(np.argmax(network(images).numpy(), axis=1) == labels))


def read_mnist(folder: Path) -> list[np.ndarray]:
    """Train images and labels, test images and labels."""
    return [read_idx(next(folder.glob(f"{part}-ubyte*"))) for part in PARTS]


def report_training(mnist: list[np.ndarray], seed: int) -> None:
    """Print the accuracies of networks trained on drawn digits alone."""
    _, _, test_images, test_labels = mnist
    runs = (
        ("SGD 0.01,    2,000 steps, variation 0.7", 0.7, 2000, tf.keras.optimizers.SGD(0.01)),
        ("SGD 0.01,    2,000 steps, variation 1.0", 1.0, 2000, tf.keras.optimizers.SGD(0.01)),
        ("Adam 0.001, 12,000 steps, variation 1.0", 1.0, 12000, tf.keras.optimizers.Adam(0.001)),
    )
    print(f"{'trained on 55,000 drawn digits':42} own test  MNIST test")
    for title, variation, steps, optimizer in runs:
        images, labels = draw_digits(55_000, (seed, 0), variation)
        own_images, own_labels = draw_digits(10_000, (seed, 1), variation)
        network = trained(images, labels, optimizer, steps, seed)
        own = accuracy(network, own_images, own_labels)
        print(f"{title:42} {own:8.4f} {accuracy(network, test_images, test_labels):11.4f}")


def report_time() -> None:
    """Print how long the 70,000 digits of a whole data set take."""
    started = time.perf_counter()
    draw_digits(70_000, 0)
    print(f"70,000 digits drawn in {time.perf_counter() - started:.2f} s")


def picture(mnist: list[np.ndarray], seed: int, variation: float) -> Image.Image:
    """Twenty drawn digits of each class on the left, twenty of MNIST's on the right."""
    drawn = draw_digits(2_000, (seed, 2), variation)
    halves = [
        np.concatenate([_row(images[labels == digit][:20]) for digit in range(10)])
        for images, labels in (drawn, (mnist[0], mnist[1]))
    ]
    gap = np.full((len(halves[0]), 16), 96, np.uint8)
    sheet = Image.fromarray(np.concatenate([halves[0], gap, halves[1]], axis=1))
    return sheet.resize((sheet.width * 3 // 2, sheet.height * 3 // 2), Image.Resampling.BICUBIC)


def _row(images: np.ndarray) -> np.ndarray:
    return np.concatenate([np.pad(image, MARGIN) for image in images], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--variation", type=float, default=0.7, help="of the picture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("draw", "train"))
    arguments = parser.parse_args()
    mnist = read_mnist(arguments.mnist)
    if arguments.picture:
        picture(mnist, arguments.seed, arguments.variation).save(arguments.picture)
    if arguments.only != "train":
        report_time()
    if arguments.only != "draw":
        report_training(mnist, arguments.seed)


if __name__ == "__main__":
    main()
