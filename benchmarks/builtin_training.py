"""Train the network of the built-in weights, and fold its batch normalizations into its weights."""

import time
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from benchmarks.builtin_pools import SHARES, Pool
from core.network.architecture import Architecture, build_architecture
from core.network.network import Layer, Network
from core.run.hparams import HyperParameters
from core.run.layers import BatchNorm, Dropout, parse_layers
from core.training.model import Model
from core.training.rng_tf import Dropout as DropoutOfStep
from core.training.rng_tf import StatelessUniform
from data.dataset import DIGITS, NO_CLASS, PIXEL_SCALE

BATCH = 100
RATE = 2e-3
AVERAGE = 0.998
"""Decay of the moving average of the weights, updated every tenth step."""
REPORTS = 6
"""How often the network is checked, the last time at the end."""
Check = Callable[[Network], str]


def train(
    pools: Mapping[str, Pool],
    layers: str,
    seed: int,
    check: Check,
    steps: int,
    most_seconds: float = float("inf"),
) -> Network:
    """The trained network, without batch normalizations and dropout.

    Args:
        pools: the images of each source in `SHARES`.
        layers: the hidden layers, as ``--network`` takes them.
        seed: of the initial values, the batches and the dropout.
        check: gives what is printed of the network at times.
        steps: batches of `BATCH`; the learning rate decays over them.
        most_seconds: on a busy machine the decay ends when this time has passed.
    """
    architecture = build_architecture(parse_layers(layers), (28, 28), len(DIGITS))
    model = Model(architecture, HyperParameters(seed=seed))
    variables = list(model.variables.values())
    step_once = _compiled_step(model, seed)
    rng = np.random.default_rng((seed, 5))
    average = [variable.numpy().copy() for variable in variables]
    started = time.perf_counter()
    report, done, step = 0, 0.0, 0
    while done < 1:
        done = max(step / steps, (time.perf_counter() - started) / most_seconds)
        images, targets = _batch(pools, rng)
        loss = step_once(images, targets, np.float32(_rate(step, done)), np.uint32(step))
        step += 1
        if step % 10 == 0:
            # The first weights are far from the last, so the average forgets them faster.
            keep = min(AVERAGE, step / (step + 500))
            for i, variable in enumerate(variables):
                average[i] += (1 - keep) * (variable.numpy() - average[i])
        if done * REPORTS >= report + 1 or done >= 1:
            report += 1
            network = _folded(dict(zip(model.variables, average, strict=True)), architecture)
            passed = time.perf_counter() - started
            print(f"{step:7,}  loss {loss:.4f}  {check(network)}  {passed:.0f} s", flush=True)
    return network


def _rate(step: int, done: float) -> float:
    """Warm-up, then cosine decay to 0."""
    return RATE * min(1.0, step / 300) * 0.5 * (1 + np.cos(np.pi * min(1.0, done)))


def _batch(pools: Mapping[str, Pool], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random images uint8 ``[BATCH, 784]``, and target probabilities ``[BATCH, 10]``."""
    counts = {name: round(share * BATCH) for name, share in SHARES.items()}
    at = {name: rng.integers(0, len(pools[name][1]), n) for name, n in counts.items()}
    images = np.concatenate([pools[name][0][chosen] for name, chosen in at.items()])
    labels = np.concatenate([pools[name][1][chosen] for name, chosen in at.items()])
    targets = np.full((len(labels), len(DIGITS)), 1 / len(DIGITS), np.float32)
    named = labels != NO_CLASS
    targets[named] = np.eye(len(DIGITS), dtype=np.float32)[labels[named]]
    return images, targets


def _compiled_step(model: Model, seed: int) -> Callable:
    """A function that takes one step of Adam on a batch and returns the loss before it."""
    trained = [variable.value for variable in model.trained.values()]
    first = [tf.Variable(tf.zeros_like(values)) for values in trained]
    second = [tf.Variable(tf.zeros_like(values)) for values in trained]

    @tf.function
    def step_once(images, targets, rate, step):
        random = StatelessUniform(step, seed)
        with tf.GradientTape() as tape:
            inputs = tf.cast(images, tf.float32) * PIXEL_SCALE
            logits = model.logits(inputs, DropoutOfStep(0.0, random), training=True)
            losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
            loss = tf.reduce_mean(losses)
        count = tf.cast(step, tf.float32) + 1
        scale = rate * tf.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        gradients = tape.gradient(loss, trained)
        for values, grad, m, v in zip(trained, gradients, first, second, strict=True):
            m.assign(0.9 * m + 0.1 * grad)
            v.assign(0.999 * v + 0.001 * grad * grad)
            values.assign_sub(scale * m / (tf.sqrt(v) + 1e-8))
        return loss

    return lambda *values: float(step_once(*map(tf.constant, values)))


def _folded(arrays: Mapping[str, np.ndarray], architecture: Architecture) -> Network:
    """The network with its batch normalizations folded into the layers before them."""
    network = Network.from_arrays(arrays, architecture)
    layers = [_fold(layer) for layer in network.layers]
    kept = [layer for layer in architecture.layers if not isinstance(layer, BatchNorm | Dropout)]
    plain = build_architecture(tuple(kept), architecture.input_shape, architecture.classes)
    return Network(tuple(layers), plain)


def _fold(layer: Layer) -> Layer:
    if layer.norm is None:
        return layer
    scale = layer.norm.scale
    return Layer(layer.weights * scale, layer.biases - layer.norm.mean * scale)
