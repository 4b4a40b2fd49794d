"""Make the weights that trainpad is shipped with: the recipe, and nothing but the recipe.

    python benchmarks/builtin_weights.py --mnist FOLDER [--out FILE] [--steps N] [--seed N]

FOLDER holds MNIST's four IDX files. What the network learns from: MNIST's training digits, moved
a little; drawn digits as images; drawn digits as strokes, made into images just as the pad makes
them, most of them through the cells of a terminal; ways of writing that MNIST hardly has, oftener
than people use them; and scribbles, whose answer is "none". What is printed on the way: how it
does on MNIST's validation digits, and on drawn digits and scribbles that it never saw.
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
"""How slowly the average of the weights follows them; it takes part every tenth step."""
SHARES = {"mnist": 0.30, "inked": 0.30, "forms": 0.11, "drawn": 0.11, "nothing": 0.18}
POOLS = {"mnist": 4, "inked": 120_000, "forms": 50_000, "drawn": 60_000, "nothing": 60_000}
"""Copies of MNIST, and how many images of the other kinds."""
PEN_AMOUNTS = JitterLimits(shift=0.8, rotate=5.0, scale=0.05, shear=0.05)
"""Drawn digits vary by themselves; they are moved only a little."""
HELD_OUT = KINDS[2::5]
"""Kinds of scribbles that --held-out keeps back, to see how the network takes what it never saw."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "builtin.safetensors")
    parser.add_argument("--steps", type=int, default=24_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--held-out", action="store_true", help="keep back a fifth of the scribbles"
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


# -- what is learned from --------------------------------------------------------------------------


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
        "nothing": nothing(POOLS["nothing"] // small, kinds, seed, rng),
    }
    return {name: (images.reshape(-1, 784), labels) for name, (images, labels) in pools.items()}


def inked(n: int, seed: int, rng: np.random.Generator, chunk: int = 20_000):
    """Drawn digits as the pad has them: strokes, cells, and the pad's own way to an image."""
    images, labels = [], []
    for number in range(-(-n // chunk)):
        strokes, names = draw_strokes(min(chunk, n - number * chunk), (seed, 2, number))
        drawings = [on_a_pad(drawing, rng) for drawing in strokes]
        images.append(jittered(as_bytes(inks_to_images(drawings)), rng, PEN_AMOUNTS))
        labels.append(names)
    return np.concatenate(images), np.concatenate(labels)


def forms(n: int, seed: int, rng: np.random.Generator):
    """The less common ways of writing, as the pad has them."""
    drawings, labels = zip(*draw_forms(n, (seed, 6)), strict=True)
    images = as_bytes(inks_to_images([on_a_pad(drawing, rng) for drawing in drawings]))
    return jittered(images, rng, PEN_AMOUNTS), np.array(labels, np.uint8)


def on_a_pad(drawing, rng: np.random.Generator) -> list[np.ndarray]:
    """Strokes as they were, or through a terminal's cells: the digit 9 to 24 rows high."""
    strokes = [np.array(stroke) for stroke in drawing]
    if rng.random() < 0.4:
        return strokes
    points = np.concatenate(strokes)
    row = np.ptp(points, axis=0).max() / rng.uniform(9, 24)
    cell = np.array([row / 2, row])
    place = rng.random(2) * cell
    return [(np.floor((stroke + place) / cell) + 0.5) * cell for stroke in strokes]


def nothing(n: int, kinds: Sequence[str], seed: int, rng: np.random.Generator):
    images = jittered(draw_distractors(n, (seed, 4), kinds=kinds), rng, PEN_AMOUNTS)
    return images, np.full(n, NO_CLASS, np.uint8)


def as_bytes(images) -> np.ndarray:
    return np.rint(images * 255).astype(np.uint8)


# -- learning --------------------------------------------------------------------------------------


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
            # The first weights are worth nothing, so the average forgets them faster.
            keep = min(AVERAGE, step / (step + 100))
            average += (1 - keep) * (trainer.values - average)
        if (step + 1) % 2500 == 0 or step + 1 == steps:
            network = trainer.network(average)
            told = "   ".join(f"{n} {check(network):.2f}" for n, check in checks.items())
            print(f"{step + 1:7,}   loss {loss:.4f}   {told}   {since(started)}", flush=True)
            yield network


def initial(rng: np.random.Generator) -> Network:
    """He's initial values."""
    return Network.from_layers(
        [
            (rng.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)), np.zeros(outputs))
            for inputs, outputs in pairwise(SIZES)
        ]
    )


def rate(step: int, steps: int) -> float:
    """A short rise, then half a cosine down to 0."""
    return RATE * min(1.0, step / 500) * 0.5 * (1 + np.cos(np.pi * step / steps))


def held_out_checks(validation, seed: int) -> dict:
    """What to choose by, in per cent: digits read right, and scribbles taken for digits."""
    strokes, labels = draw_strokes(5000, (seed, 9))
    drawings = [[np.array(stroke) for stroke in drawing] for drawing in strokes]
    inks = as_bytes(inks_to_images(drawings))
    new, old = draw_distractors(3000, 77, kinds=HELD_OUT), draw_distractors(3000, 78)
    return {
        "MNIST validation": lambda n: right(n, validation.images, validation.labels),
        "drawn": lambda n: right(n, inks, labels),
        "drawn sure": lambda n: sure(n, inks),
        "scribbles passed": lambda n: sure(n, old),
        "those kept back": lambda n: sure(n, new),
    }


def probabilities(network: Network, images) -> np.ndarray:
    return network.probabilities(as_input(images))


def right(network: Network, images, labels) -> float:
    return 100 * float((probabilities(network, images).argmax(1) == labels).mean())


def sure(network: Network, images) -> float:
    return 100 * float((probabilities(network, images).max(1) >= CONFIDENCE_THRESHOLD).mean())


def save(network: Network, path: Path, options: argparse.Namespace) -> None:
    """Half precision: half the bytes, and not one answer in a thousand another."""
    from safetensors.numpy import save_file

    arrays = {name: array.astype(np.float16) for name, array in network.to_arrays().items()}
    about = {"recipe": "benchmarks/builtin_weights.py", "steps": str(options.steps)}
    save_file(arrays, path, metadata={**about, "seed": str(options.seed)})


if __name__ == "__main__":
    main()
