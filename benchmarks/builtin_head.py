"""Train the fully connected layers of the built-in weights further, on more of what is no digit.

    python -m benchmarks.builtin_head --mnist FOLDER --start FILE --out FILE [--steps N] [--seed N]

FILE of --start is what `benchmarks/builtin_weights.py` writes. Its convolutions stay as they are,
so that their outputs are computed once, and a training takes a minute and a half of one core. The
weights saved are `KEPT` of the old ones and the rest of the new ones, and the logits `SCALE` times
as large, which refuses as many digits as before. Both were chosen on the twenty writers of
`benchmarks/pen_writers.py`, MNIST's validation digits, and shapes of letters that no training has.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks import builtin_pools
from core.network.builtin import LAYERS, parse_network
from core.network.network import Network, as_input, softmax
from core.run.layers import format_layers
from data.dataset import DIGITS
from data.folder import open_folder

SIZES = {
    "mnist": 1,
    "pictures": 6_000,
    "drawn": 10_000,
    "inked": 60_000,
    "forms": 75_000,
    "rejects": 90_000,
    "distractors": 10_000,
}
COUNTS = {
    "mnist": 24,
    "pictures": 4,
    "drawn": 4,
    "inked": 18,
    "forms": 21,
    "rejects": 24,
    "distractors": 4,
}
"""Images of each source in a batch."""
RATE = 1e-3
DROPOUT = 0.3
KEPT = 0.3
SCALE = 1.08
_CHUNK = 2_000
Features = dict[str, tuple[np.ndarray, np.ndarray]]


def features(network: Network, pools: Mapping[str, builtin_pools.Pool]) -> Features:
    """What the first fully connected layer takes, ``[n, units]``, and the labels, by source."""
    first = network.layers[-2].weights.shape[0]
    place = next(
        i for i, s in enumerate(network.architecture.stages) if s.number == len(network.layers) - 2
    )
    made = {}
    for name, (images, labels) in pools.items():
        parts = [
            network.outputs_before(place, as_input(images[at : at + _CHUNK]))
            for at in range(0, len(images), _CHUNK)
        ]
        values = np.concatenate([part.reshape(-1, first).astype(np.float16) for part in parts])
        made[name] = values, labels.astype(int)
    return made


def train(start: list[np.ndarray], made: Features, steps: int, seed: int) -> list[np.ndarray]:
    """The moving average of weights and biases of both layers after `steps` of Adam.

    Args:
        start: weights and biases of both layers.
        made: features and labels of each source in `COUNTS`.
        steps: the learning rate falls from `RATE` to 0 over them.
        seed: of the batches and the dropout.
    """
    rng = np.random.default_rng(seed)
    values = [array.astype(np.float32) for array in start]
    average = [array.copy() for array in values]
    first, second = ([np.zeros_like(array) for array in values] for _ in range(2))
    for step in range(1, steps + 1):
        gradients = _gradients(values, *_batch(made, rng), rng)
        rate = RATE * min(1, step / 200) * 0.5 * (1 + np.cos(np.pi * step / steps))
        rate *= np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for array, gradient, m, v in zip(values, gradients, first, second, strict=True):
            m[...] += 0.1 * (gradient - m)
            v[...] += 0.001 * (gradient * gradient - v)
            array[...] -= rate * m / (np.sqrt(v) + 1e-8)
        if step % 10 == 0:
            for mean, array in zip(average, values, strict=True):
                mean[...] += (1 - min(0.99, step / (step + 100))) * (array - mean)
    return average


def _batch(made: Features, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Features, and target probabilities: uniform where the label is no digit."""
    chosen = {name: rng.integers(0, len(made[name][1]), n) for name, n in COUNTS.items()}
    inputs = np.concatenate([made[name][0][at] for name, at in chosen.items()])
    labels = np.concatenate([made[name][1][at] for name, at in chosen.items()])
    targets = np.full((len(labels), len(DIGITS)), 1 / len(DIGITS), np.float32)
    named = labels < len(DIGITS)
    targets[named] = np.eye(len(DIGITS), dtype=np.float32)[labels[named]]
    return inputs.astype(np.float32), targets


def _gradients(
    values: list[np.ndarray], inputs: np.ndarray, targets: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """The gradients of the mean cross-entropy of a batch."""
    weights, biases, last_weights, last_biases = values
    before = inputs @ weights + biases
    kept = (rng.random(before.shape, dtype=np.float32) >= DROPOUT) / np.float32(1 - DROPOUT)
    hidden = np.maximum(before, 0) * kept
    errors = (softmax(hidden @ last_weights + last_biases) - targets) / len(targets)
    back = (errors @ last_weights.T) * kept * (before > 0)
    return [inputs.T @ back, back.sum(axis=0), hidden.T @ errors, errors.sum(axis=0)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from safetensors.numpy import save_file

    network = parse_network(options.start.read_bytes())
    builtin_pools.SIZES.update(SIZES)
    pools = dict(builtin_pools.make_pools(open_folder(options.mnist).train, options.seed))
    arrays = network.to_arrays()
    names = list(arrays)[-4:]
    start = [arrays[name] for name in names]
    trained = train(start, features(network, pools), options.steps, options.seed)
    for name, old, new in zip(names, start, trained, strict=True):
        arrays[name] = KEPT * old + (1 - KEPT) * new
    for name in names[2:]:
        arrays[name] = SCALE * arrays[name]
    about = {
        "recipe": "benchmarks/builtin_weights.py, benchmarks/builtin_head.py",
        LAYERS: format_layers(network.architecture.layers),
    }
    save_file({name: a.astype(np.float16) for name, a in arrays.items()}, options.out, about)


if __name__ == "__main__":
    main()
