"""Train the built-in weights: the recipe.

    python -m benchmarks.builtin_weights --mnist FOLDER [--out FILE] [--layers TEXT] [--steps N]
                                         [--minutes N] [--seed N] [--pools FOLDER] [--small N]

FOLDER has MNIST's four IDX files. The training images are those of `benchmarks/builtin_pools.py`:
MNIST's training digits with jitter and as pictures of other pens, drawn digits, ways of writing
that are rare in MNIST, and what is no digit. Prints accuracy on MNIST's validation digits and on
new drawings, and how much of what is no digit is accepted. ``benchmarks/pen_writers.py`` measures
the result on people's drawings, ``benchmarks/stroke_font.py`` on letters of a font.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.builtin_pools import SIZES, Pool, make_pools
from core.network.builtin import LAYERS
from core.network.certainty import CONFIDENCE_THRESHOLD
from core.network.network import Network, as_input
from core.run.layers import format_layers
from data.dataset import NO_CLASS, Split
from data.folder import open_folder

ROOT = Path(__file__).resolve().parent.parent
NETWORK = (
    "conv 20 5x5 valid, batchnorm, pool, conv 48 5x5 valid, batchnorm, pool, "
    "256, batchnorm, dropout 0.3"
)
STEPS = 45_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "builtin.safetensors")
    parser.add_argument("--layers", default=NETWORK)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after this time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pools", type=Path, help="keep the training images here, or take them")
    parser.add_argument("--small", type=int, default=1, help="divide all pools, to try things out")
    options = parser.parse_args()
    started = time.perf_counter()
    mnist = open_folder(options.mnist)
    pools = kept_pools(mnist.train, options)
    print(f"{sum(len(labels) for _, labels in pools.values()):,} images in {since(started)}")

    from benchmarks.builtin_training import train

    measure = held_out_check(mnist.train, mnist.validation, options.seed)

    def check(network: Network) -> str:
        save(network, options.out, options)
        return measure(network)

    train(pools, options.layers, options.seed, check, options.steps, 60 * options.minutes)
    print(f"{options.out.stat().st_size:,} bytes, made in {since(started)}")


def since(started: float) -> str:
    return f"{time.perf_counter() - started:.0f} s"


def kept_pools(train: Split, options: argparse.Namespace) -> dict[str, Pool]:
    """The images of each source; those that the folder of --pools has are taken from there."""
    pools = {}
    for name in SIZES:
        files = [options.pools / f"{name}.{kind}.npy" for kind in "xy"] if options.pools else []
        if not files or not files[0].exists():
            ((_, made),) = make_pools(train, options.seed, options.small, [name])
            for file, values in zip(files, made, strict=False):
                file.parent.mkdir(parents=True, exist_ok=True)
                np.save(file, values)
            pools[name] = made
        else:
            images, labels = map(np.load, files)
            pools[name] = images, labels
    return pools


def held_out_check(train: Split, validation: Split, seed: int) -> Callable[[Network], str]:
    """A function that measures a network on images that no training had, in per cent."""
    names = ("inked", "forms", "rejects")
    pools = dict(make_pools(train, seed + 1000, 40, names))

    def check(network: Network) -> str:
        parts = [f"MNIST {_accuracy(network, validation.images, validation.labels):.2f}"]
        for name, (images, labels) in pools.items():
            digits = labels != NO_CLASS
            measure = _accuracy if digits.any() else _accepted
            parts.append(f"{name} {measure(network, images, labels):.2f}")
        return "  ".join(parts)

    return check


def _accuracy(network: Network, images: np.ndarray, labels: np.ndarray) -> float:
    return 100 * float((network.logits(as_input(images)).argmax(1) == labels).mean())


def _accepted(network: Network, images: np.ndarray, _labels: np.ndarray) -> float:
    best = network.probabilities(as_input(images)).max(1)
    return 100 * float((best >= CONFIDENCE_THRESHOLD).mean())


def save(network: Network, path: Path, options: argparse.Namespace) -> None:
    """Save in half precision: half the bytes, and under one prediction in a thousand changes."""
    from safetensors.numpy import save_file

    arrays = {name: array.astype(np.float16) for name, array in network.to_arrays().items()}
    about = {
        "recipe": "benchmarks/builtin_weights.py",
        LAYERS: format_layers(network.architecture.layers),
        "steps": str(options.steps),
        "seed": str(options.seed),
    }
    save_file(arrays, path, metadata=about)


if __name__ == "__main__":
    main()
