"""Train the fully connected layers of the built-in weights further, on more of what is no digit.

    python -m benchmarks.builtin_head --mnist FOLDER --start FILE --out FILE [--pools FOLDER]
                                      [--steps N] [--seed N] [--small N]

FILE of --start is what `benchmarks/builtin_weights.py` writes. Its convolutions stay as they are,
so that their outputs are computed once, and a training takes 15 seconds of one core. Of what is no
digit, `HARD` of each batch is what the network of --start takes for a digit. The weights saved are
`KEPT` of the old ones and the rest of the mean of `TRAININGS` trainings with other batches, and the
logits as large as `benchmarks/builtin_scale.py` chooses.
"""

import argparse
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks import builtin_pools
from benchmarks.builtin_scale import chosen_scale
from benchmarks.builtin_weights import kept_pools
from core.network.builtin import LAYERS, parse_network
from core.network.network import Network, as_input, softmax
from core.run.layers import format_layers
from data.dataset import DIGITS, NO_CLASS
from data.folder import open_folder

SIZES = {
    "mnist": 2,
    "pictures": 6_000,
    "drawn": 10_000,
    "inked": 50_000,
    "forms": 60_000,
    "rejects": 50_000,
    "distractors": 10_000,
}
COUNTS = {
    "mnist": 24,
    "pictures": 4,
    "drawn": 4,
    "inked": 18,
    "forms": 21,
    "rejects": 25,
    "distractors": 4,
}
"""Images of each source in a batch."""
HARD = 0.4
TAKEN = 0.5
"""The probability from which the first network takes an image for a digit, for `HARD`."""
TRAININGS = 2
KEPT = 0.1
STEPS = 3_000
RATE = 1e-3
DROPOUT = 0.3
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
    hard = {name: _taken(start, *of) for name, of in made.items()}
    values = [array.astype(np.float32) for array in start]
    average = [array.copy() for array in values]
    first, second = ([np.zeros_like(array) for array in values] for _ in range(2))
    for step in range(1, steps + 1):
        gradients = _gradients(values, *_batch(made, hard, rng), rng)
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


def _taken(layers: list[np.ndarray], inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The indices of what is no digit and is taken for one."""
    weights, biases, last_weights, last_biases = (array.astype(np.float32) for array in layers)
    at = np.flatnonzero(labels == NO_CLASS)
    found = []
    for some in np.array_split(at, 1 + len(at) // _CHUNK):
        hidden = np.maximum(inputs[some].astype(np.float32) @ weights + biases, 0)
        best = softmax(hidden @ last_weights + last_biases).max(axis=1)
        found.append(some[best >= TAKEN])
    return np.concatenate(found)


def _batch(
    made: Features, hard: Mapping[str, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Features, and target probabilities: uniform where the label is no digit."""
    chosen = {name: rng.integers(0, len(made[name][1]), n) for name, n in COUNTS.items()}
    for name, at in chosen.items():
        if len(hard[name]):
            n = round(HARD * len(at))
            at[:n] = rng.choice(hard[name], n)
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
    parser.add_argument("--pools", type=Path, help="keep the training images here, or take them")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", type=int, default=1, help="divide all pools, to try things out")
    options = parser.parse_args()
    from safetensors.numpy import save_file

    content = options.start.read_bytes()
    network = parse_network(content)
    builtin_pools.SIZES.update(SIZES)
    mnist = open_folder(options.mnist)
    made = features(network, kept_pools(mnist.train, options))
    arrays = network.to_arrays()
    names = list(arrays)[-4:]
    start = [arrays[name] for name in names]
    trained = [
        train(start, made, options.steps, options.seed + number) for number in range(TRAININGS)
    ]
    for name, old, *new in zip(names, start, *trained, strict=True):
        arrays[name] = KEPT * old + (1 - KEPT) * np.mean(new, axis=0)
    scale = chosen_scale(Network.from_arrays(arrays, network.architecture), mnist.validation)
    for name in names[2:]:
        arrays[name] = scale * arrays[name]
    about = {
        "recipe": "benchmarks/builtin_weights.py, benchmarks/builtin_head.py",
        LAYERS: format_layers(network.architecture.layers),
        "start": sha256(content).hexdigest(),
        "steps": str(options.steps),
        "seed": str(options.seed),
        "scale": f"{scale:.2f}",
    }
    save_file({name: a.astype(np.float16) for name, a in arrays.items()}, options.out, about)


if __name__ == "__main__":
    main()
