"""Train the built-in weights: the recipe, and nothing else.

    python benchmarks/builtin_weights.py --mnist FOLDER [--out FILE] [--steps N] [--seed N]

FOLDER has MNIST's four IDX files. The training data: MNIST's training digits with jitter; drawn
digits as images; drawn digits as strokes, rasterized as the pad does, most of them through the
cells of a terminal; ways of writing that are rare in MNIST, more frequent than in use; and
distractors as a reject class. Prints accuracy on MNIST's validation digits, and results on
drawn digits and distractors that are not in the training data.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.builtin_forms import draw_forms  # noqa: E402
from core.network.adam import AdamTrainer  # noqa: E402
from core.network.classifier import CONFIDENCE_THRESHOLD  # noqa: E402
from core.network.network import Network, as_input  # noqa: E402
from data.dataset import NO_CLASS  # noqa: E402
from data.distractors import KINDS, draw_distractors  # noqa: E402
from data.drawn import draw_digits, draw_strokes  # noqa: E402
from data.folder import open_folder  # noqa: E402
from data.ink import inks_to_images  # noqa: E402
from data.jitter import JitterLimits, jittered  # noqa: E402

SIZES = (784, 512, 256, 10)
BATCH = 100
RATE = 1.5e-3
AVERAGE = 0.998
"""Decay of the moving average of the weights, updated every tenth step."""
SHARES = {"mnist": 0.30, "inked": 0.30, "forms": 0.11, "drawn": 0.11, "rejects": 0.18}
POOLS = {"mnist": 4, "inked": 120_000, "forms": 50_000, "drawn": 60_000, "rejects": 60_000}
"""Copies of MNIST, and numbers of images of the other sources."""
PEN_AMOUNTS = JitterLimits(shift=0.8, rotate=5.0, scale=0.05, shear=0.05)
"""Drawn digits vary already; their jitter is smaller."""
HELD_OUT = KINDS[2::5]
"""Kinds of distractors that --held-out leaves out of training, to test unseen kinds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "builtin.safetensors")
    parser.add_argument("--steps", type=int, default=24_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--held-out", action="store_true", help="leave a fifth of the kinds of distractors out"
    )
    parser.add_argument("--small", type=int, default=1, help="divide all pools, to try things out")
    options = parser.parse_args()
    started = time.perf_counter()
    mnist = open_folder(options.mnist)
    kinds = [kind for kind in KINDS if not options.held_out or kind not in HELD_OUT]
    pools = make_pools(mnist.train, kinds, options.seed, options.small)
    print(f"{sum(len(labels) for _, labels in pools.values()):,} images in {since(started)}")
    for network in trained(pools, mnist.validation, options.steps, options.seed):
        save(network, options.out, options)
    print(f"{options.out.stat().st_size:,} bytes, made in {since(started)}")


def since(started: float) -> str:
    return f"{time.perf_counter() - started:.0f} s"


# -- training data --------------------------------------------------------------------------------


def make_pools(split, kinds: Sequence[str], seed: int, small: int) -> dict:
    """For each source images uint8 ``[n, 784]`` and labels."""
    rng = np.random.default_rng((seed, 1))
    copies = max(1, POOLS["mnist"] // small)
    pools = {
        "mnist": (
            np.concatenate([jittered(split.images, rng) for _ in range(copies)]),
            np.tile(split.labels, copies),
        ),
        "inked": inked(POOLS["inked"] // small, seed, rng),
        "forms": forms(POOLS["forms"] // small, seed, rng),
        "drawn": draw_digits(POOLS["drawn"] // small, (seed, 3)),
        "rejects": rejects(POOLS["rejects"] // small, kinds, seed, rng),
    }
    return {name: (images.reshape(-1, 784), labels) for name, (images, labels) in pools.items()}


def inked(n: int, seed: int, rng: np.random.Generator, chunk: int = 20_000):
    """Drawn digits as on the pad: strokes, through cells, rasterized by the pad's function."""
    images, labels = [], []
    for number in range(-(-n // chunk)):
        strokes, names = draw_strokes(min(chunk, n - number * chunk), (seed, 2, number))
        drawings = [on_a_pad(drawing, rng) for drawing in strokes]
        images.append(jittered(as_bytes(inks_to_images(drawings)), rng, PEN_AMOUNTS))
        labels.append(names)
    return np.concatenate(images), np.concatenate(labels)


def forms(n: int, seed: int, rng: np.random.Generator):
    """The less common ways of writing, as on the pad."""
    drawings, labels = zip(*draw_forms(n, (seed, 6)), strict=True)
    images = as_bytes(inks_to_images([on_a_pad(drawing, rng) for drawing in drawings]))
    return jittered(images, rng, PEN_AMOUNTS), np.array(labels, np.uint8)


def on_a_pad(drawing, rng: np.random.Generator) -> list[np.ndarray]:
    """Strokes unchanged, or quantized to a terminal's cells, the digit 9 to 24 rows high."""
    strokes = [np.array(stroke) for stroke in drawing]
    if rng.random() < 0.4:
        return strokes
    points = np.concatenate(strokes)
    row = np.ptp(points, axis=0).max() / rng.uniform(9, 24)
    cell = np.array([row / 2, row])
    offset = rng.random(2) * cell
    return [(np.floor((stroke + offset) / cell) + 0.5) * cell for stroke in strokes]


def rejects(n: int, kinds: Sequence[str], seed: int, rng: np.random.Generator):
    images = jittered(draw_distractors(n, (seed, 4), kinds=kinds), rng, PEN_AMOUNTS)
    return images, np.full(n, NO_CLASS, np.uint8)


def as_bytes(images) -> np.ndarray:
    return np.rint(images * 255).astype(np.uint8)


# -- training --------------------------------------------------------------------------------------


def trained(pools: dict, validation, steps: int, seed: int) -> Iterator[Network]:
    """The network every few thousand steps, and at the end."""
    rng = np.random.default_rng((seed, 5))
    trainer = AdamTrainer(initial(rng))
    average = trainer.values.copy()
    targets = np.eye(10, dtype=np.float32)
    targets = np.concatenate([targets, np.full((246, 10), 0.1, np.float32)])
    counts = {name: round(share * BATCH) for name, share in SHARES.items()}
    checks = held_out_checks(validation, seed)
    started = time.perf_counter()
    for step in range(steps):
        batch = [
            (pools[name], rng.integers(0, len(pools[name][1]), n)) for name, n in counts.items()
        ]
        images = np.concatenate([pool[0][at] for pool, at in batch])
        labels = np.concatenate([pool[1][at] for pool, at in batch])
        loss = trainer.step(as_input(images), targets[labels], rate(step, steps))
        if step % 10 == 0:
            # The first weights are far from the last, so the average forgets them faster.
            keep = min(AVERAGE, step / (step + 100))
            average += (1 - keep) * (trainer.values - average)
        if (step + 1) % 2500 == 0 or step + 1 == steps:
            network = trainer.network(average)
            results = "   ".join(f"{n} {check(network):.2f}" for n, check in checks.items())
            print(f"{step + 1:7,}   loss {loss:.4f}   {results}   {since(started)}", flush=True)
            yield network


def initial(rng: np.random.Generator) -> Network:
    """He initialization."""
    return Network.from_layers(
        [
            (rng.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)), np.zeros(outputs))
            for inputs, outputs in pairwise(SIZES)
        ]
    )


def rate(step: int, steps: int) -> float:
    """Warm-up, then cosine decay to 0."""
    return RATE * min(1.0, step / 500) * 0.5 * (1 + np.cos(np.pi * step / steps))


def held_out_checks(validation, seed: int) -> dict:
    """Metrics in per cent: accuracy on digits, and distractors accepted as digits."""
    strokes, labels = draw_strokes(5000, (seed, 9))
    drawings = [[np.array(stroke) for stroke in drawing] for drawing in strokes]
    inks = as_bytes(inks_to_images(drawings))
    new, old = draw_distractors(3000, 77, kinds=HELD_OUT), draw_distractors(3000, 78)
    return {
        "MNIST validation": lambda n: accuracy(n, validation.images, validation.labels),
        "drawn": lambda n: accuracy(n, inks, labels),
        "drawn sure": lambda n: accepted(n, inks),
        "distractors accepted": lambda n: accepted(n, old),
        "held-out accepted": lambda n: accepted(n, new),
    }


def probabilities(network: Network, images) -> np.ndarray:
    return network.probabilities(as_input(images))


def accuracy(network: Network, images, labels) -> float:
    return 100 * float((probabilities(network, images).argmax(1) == labels).mean())


def accepted(network: Network, images) -> float:
    return 100 * float((probabilities(network, images).max(1) >= CONFIDENCE_THRESHOLD).mean())


def save(network: Network, path: Path, options: argparse.Namespace) -> None:
    """Save in half precision: half the bytes, and under one prediction in a thousand changes."""
    from safetensors.numpy import save_file

    arrays = {name: array.astype(np.float16) for name, array in network.to_arrays().items()}
    about = {"recipe": "benchmarks/builtin_weights.py", "steps": str(options.steps)}
    save_file(arrays, path, metadata={**about, "seed": str(options.seed)})


if __name__ == "__main__":
    main()
