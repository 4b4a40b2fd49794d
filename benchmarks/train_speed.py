"""Steps per second and CPU time per step: the lab's loop, Keras, ours, ours with the dashboard.

Each row runs in its own process, the rows take turns, and medians are compared: on a shared machine
only ratios within one run are meaningful. All are measured after a warm-up, ours for longer. With
and without the dashboard training has the same priority, which the dashboard lowers: otherwise the
ratio of the two would depend on what else runs on the machine.
Rows for JAX and PyTorch appear where those are installed. Run as
``python -m benchmarks.train_speed [--data FOLDER] [--rounds 3]``. With ``--network LAYERS``
that is trained instead of the lab's network, by the rows of `benchmarks.network_rows`.
"""

import argparse
import fcntl
import importlib.util
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.process.threads import NICE

BATCH, HIDDEN, RATE = 100, (128, 32), 0.01
WARM, LONGER = 3.0, 3
"""Seconds of warm-up of our own training, and how many times as many steps it is measured: one-off
work, such as mounting the other screens, is done by then, and the clock is saved once a second."""
FLOPS_PER_STEP = 2 * BATCH * (2 * 784 * 128 + 3 * 128 * 32 + 3 * 32 * 10)
"""Products and sums of one step: forward, and backward without the first layer's inputs."""


def images_and_labels(folder: str) -> tuple[np.ndarray, np.ndarray]:
    from data.folder import open_folder

    train = open_folder(Path(folder)).train
    return train.images.reshape(len(train), -1), train.labels


def timed(step: Callable[[], object], warm: int, steps: int) -> dict[str, float]:
    """Time `steps` calls after `warm` calls: steps per second, and CPU microseconds per step."""
    for _ in range(warm):
        step()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"steps_per_s": steps / wall, "cpu_us": 1e6 * cpu / steps}


# -- the rows: each is called in its own process ---------------------------------------------


def row_lab(folder: str, steps: int) -> dict[str, float]:
    """The lab's loop: TensorFlow 1's session, a feed_dict for each step."""
    import tensorflow as tf

    v1 = tf.compat.v1
    v1.disable_eager_execution()
    images, labels = images_and_labels(folder)
    floats = images.astype(np.float32) / 255
    x = v1.placeholder(tf.float32, (BATCH, 784))
    y = v1.placeholder(tf.int32, (BATCH,))
    values, fan_in = x, 784
    for units in HIDDEN:
        start = v1.truncated_normal((fan_in, units), stddev=fan_in**-0.5)
        values = tf.nn.relu(values @ tf.Variable(start) + tf.Variable(tf.zeros(units)))
        fan_in = units
    start = v1.truncated_normal((fan_in, 10), stddev=fan_in**-0.5)
    logits = values @ tf.Variable(start) + tf.Variable(tf.zeros(10))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
    train = v1.train.GradientDescentOptimizer(RATE).minimize(loss)
    session = v1.Session()
    session.run(v1.global_variables_initializer())
    order = np.random.default_rng(0).permutation(len(floats))
    place = 0

    def step() -> None:
        nonlocal place
        chosen = order[place : place + BATCH]
        place = (place + BATCH) % (len(order) - BATCH)
        session.run([train, loss], {x: floats[chosen], y: labels[chosen]})

    return timed(step, 50, steps)


def row_keras(folder: str, steps: int) -> dict[str, float]:
    """Keras: compile and fit, nothing printed."""
    import keras

    images, labels = images_and_labels(folder)
    floats = images.astype(np.float32) / 255
    layers = [keras.layers.Dense(units, "relu") for units in HIDDEN]
    model = keras.Sequential([keras.layers.Input((784,)), *layers, keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(RATE), loss)
    rows = min(len(floats), steps * BATCH)

    def epoch() -> None:
        model.fit(floats[:rows], labels[:rows], batch_size=BATCH, epochs=1, verbose=0)

    epoch()
    taken = timed(epoch, 0, 1)
    count = rows // BATCH
    return {"steps_per_s": taken["steps_per_s"] * count, "cpu_us": taken["cpu_us"] / count}


def row_jax(folder: str, steps: int) -> dict[str, float]:
    """JAX: 50 steps at a time under `lax.scan`."""
    import jax
    import jax.numpy as jnp

    images, labels = images_and_labels(folder)
    x, y = jnp.asarray(images), jnp.asarray(labels.astype(np.int32))
    keys = jax.random.split(jax.random.PRNGKey(0), len(HIDDEN) + 1)
    sizes = (784, *HIDDEN, 10)
    weights = [
        (jax.random.truncated_normal(k, -2, 2, (a, b)) * a**-0.5, jnp.zeros(b))
        for k, a, b in zip(keys, sizes, sizes[1:], strict=False)
    ]

    def loss(weights: Any, chosen: Any) -> Any:
        values = x[chosen].astype(jnp.float32) / 255
        for w, b in weights[:-1]:
            values = jax.nn.relu(values @ w + b)
        logits = values @ weights[-1][0] + weights[-1][1]
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(BATCH), y[chosen]])

    def one(weights: Any, chosen: Any) -> Any:
        value, slope = jax.value_and_grad(loss)(weights, chosen)
        return jax.tree.map(lambda w, s: w - RATE * s, weights, slope), value

    chunk = jax.jit(lambda weights, order: jax.lax.scan(one, weights, order))
    order = jnp.asarray(np.random.default_rng(0).permutation(50_000).reshape(-1, BATCH)[:50])

    def fifty() -> None:
        nonlocal weights
        weights, losses = chunk(weights, order)
        np.asarray(losses)

    taken = timed(fifty, 2, max(1, steps // 50))
    return {"steps_per_s": taken["steps_per_s"] * 50, "cpu_us": taken["cpu_us"] / 50}


def row_torch(folder: str, steps: int) -> dict[str, float]:
    """PyTorch: the plain eager loop on indexed tensors."""
    import torch

    images, labels = images_and_labels(folder)
    x = torch.tensor(images, dtype=torch.uint8)
    y = torch.tensor(labels, dtype=torch.long)
    sizes = (784, *HIDDEN, 10)
    parts: list[Any] = []
    for a, b in zip(sizes, sizes[1:], strict=False):
        parts += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    model = torch.nn.Sequential(*parts[:-1])
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    order = torch.randperm(len(x))
    place = 0

    def step() -> None:
        nonlocal place
        chosen = order[place : place + BATCH]
        place = (place + BATCH) % (len(order) - BATCH)
        value = torch.nn.functional.cross_entropy(model(x[chosen].float() / 255), y[chosen])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        float(value.detach())

    return timed(step, 50, steps)


ROWS: dict[str, tuple[str, Callable[[str, int], dict[str, float]], str]] = {
    "lab": ("the lab's loop (feed_dict)", row_lab, "tensorflow"),
    "keras": ("Keras fit", row_keras, "tensorflow"),
    "jax": ("JAX, lax.scan", row_jax, "jax"),
    "torch": ("PyTorch, eager", row_torch, "torch"),
}


def network_row(row: str, text: str, folder: str, steps: int) -> dict[str, float]:
    """A row for another network than the lab's."""
    from benchmarks import network_rows

    images, labels = images_and_labels(folder)
    if row == "keras":
        count = min(steps, len(images) // BATCH)
        epoch = network_rows.keras_fit(text, images, labels, BATCH, RATE, count)
        epoch()
        taken = timed(epoch, 0, 1)
        return {"steps_per_s": taken["steps_per_s"] * count, "cpu_us": taken["cpu_us"] / count}
    if row == "jax":
        from benchmarks.jax_rows import STEPS, jax_steps

        taken = timed(jax_steps(text, images, labels, BATCH, RATE), 2, min(8, 1 + steps // STEPS))
        return {"steps_per_s": taken["steps_per_s"] * STEPS, "cpu_us": taken["cpu_us"] / STEPS}
    make = {"function": network_rows.function_step, "torch": network_rows.torch_step}[row]
    return timed(make(text, images, labels, BATCH, RATE), 20, steps)


NETWORK_ROWS = {
    "keras": ("Keras fit", "tensorflow"),
    "function": ("a tf.function a step", "tensorflow"),
    "jax": ("JAX, lax.scan", "jax"),
    "torch": ("PyTorch, eager", "torch"),
}


# -- this program, from its command line: recording, and all else that a run does, included -----


def ours(folder: str, steps: int, *flags: str) -> dict[str, float]:
    """This program on a pseudo-terminal of 160x45, 256 colours."""
    with tempfile.TemporaryDirectory() as log_dir:
        command = [sys.executable, "main.py", "--input_data_dir", folder, "--log_dir", log_dir]
        command += ["--max_steps", str(10**8), "--eval_every", str(10**9), *flags]
        environment = {k: v for k, v in os.environ.items() if k != "COLORTERM"}
        child, terminal = pty.fork()
        if child == 0:
            os.nice(NICE * ("--headless" in flags))
            os.execvpe(command[0], command, environment | {"TERM": "xterm-256color"})
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 160, 0, 0))
        sent = [0]
        threading.Thread(target=_drain, args=(terminal, sent), daemon=True).start()
        try:
            _wait_for(log_dir, 1)
            time.sleep(WARM)
            first = _wait_for(log_dir, _notes(log_dir)[-1][0] + 1)
            pid, before = _heaviest_child(child), sent[0]
            cpu = _cpu(pid)
            last = _wait_for(log_dir, first[0] + LONGER * steps)
            count, seconds = last[0] - first[0], last[1] - first[1]
            return {
                "steps_per_s": count / seconds,
                "cpu_us": 1e6 * (_cpu(pid) - cpu) / count,
                "bytes_per_s": (sent[0] - before) / seconds,
            }
        finally:
            os.kill(child, signal.SIGTERM)  # a launcher passes it on
            os.waitpid(child, 0)


def headless(folder: str, steps: int) -> dict[str, float]:
    """Without its screen."""
    return ours(folder, steps, "--headless")


OURS = {
    "ours": ("trainpad, headless", headless),
    "dashboard": ("trainpad, dashboard 160x45", ours),
}


def _drain(terminal: int, sent: list[int]) -> None:
    while True:
        if select.select([terminal], [], [], 1)[0]:
            try:
                sent[0] += len(os.read(terminal, 1 << 16))
            except OSError:
                return


def _notes(log_dir: str) -> list[tuple[float, float]]:
    """The notes of the run's clock so far: steps done, and Unix time."""
    for clock in Path(log_dir).glob("*/clock.f64"):
        pairs = np.fromfile(clock, "<f8")
        return [(step, at) for step, at in pairs[: len(pairs) // 2 * 2].reshape(-1, 2).tolist()]
    return []


def _wait_for(log_dir: str, step: float) -> tuple[float, float]:
    """The first note at or after `step`."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for note in _notes(log_dir):
            if note[0] >= step:
                return note
        time.sleep(0.1)
    raise TimeoutError(f"no step {step} within two minutes")


def _heaviest_child(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return max((parent, *map(int, children)), key=_cpu)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- putting it together -----------------------------------------------------------------------


def matrix_rate() -> float:
    """Billions of products and sums a second in one core's largest matrix products."""
    code = (
        "import numpy as np, time\n"
        "a = np.random.rand(1000, 1000).astype('f'); a @ a\n"
        "t = time.process_time(); [a @ a for _ in range(20)]\n"
        "print(20 * 2e9 / (time.process_time() - t) / 1e9)"
    )
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | threads,
    )
    return float(run.stdout)


def measured(row: str, folder: str, steps: int, network: str) -> dict[str, float]:
    """One row's figures, from a process of its own."""
    if row in OURS:
        extra = ["--network", network] if network else []
        return ours(folder, steps, *extra, *(["--headless"] if row == "ours" else []))
    command = [sys.executable, "-m", "benchmarks.train_speed", "--row", row]
    command += ["--data", folder, "--steps", str(steps), "--network", network]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("TRAINPAD_DATA", "../shared/mnist"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--network", default="", help="layers; by default the lab's")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.row and chosen.network:
        print(json.dumps(network_row(chosen.row, chosen.network, chosen.data, chosen.steps)))
        return
    if chosen.row:
        print(json.dumps(ROWS[chosen.row][1](chosen.data, chosen.steps)))
        return
    of_the_lab = {row: (name, needs) for row, (name, _, needs) in ROWS.items()}
    rows = NETWORK_ROWS if chosen.network else of_the_lab
    names = {row: name for row, (name, needs) in rows.items() if importlib.util.find_spec(needs)}
    names |= {row: name for row, (name, _) in OURS.items()}
    found: dict[str, list[dict[str, float]]] = {row: [] for row in names}
    for number in range(chosen.rounds):
        for row in names:
            found[row].append(measured(row, chosen.data, chosen.steps, chosen.network))
            print(f"round {number + 1}: {names[row]}: {found[row][-1]}", file=sys.stderr)
    rate = {r: statistics.median(f["steps_per_s"] for f in found[r]) for r in names}
    cost = {r: statistics.median(f["cpu_us"] for f in found[r]) for r in names}
    first = next(iter(names))
    print(f"{'':28} {'steps/s':>9} {'CPU us/step':>12} {'to the first':>12} {'to Keras':>9}")
    for row, name in names.items():
        ratios = f"{rate[row] / rate[first]:12.2f} {rate[row] / rate['keras']:9.2f}"
        print(f"{name:28} {rate[row]:9,.0f} {cost[row]:12,.0f} {ratios}")
    print(f"dashboard to headless: {rate['dashboard'] / rate['ours']:.3f}")
    sent = statistics.median(f["bytes_per_s"] for f in found["dashboard"])
    print(f"dashboard sends {sent / 1000:.1f} KB/s while training")
    if chosen.network:
        return
    peak = matrix_rate()
    achieved = FLOPS_PER_STEP / cost["ours"] / 1000
    print(f"one core's matrix products: {peak:.0f} GFLOP/s; a step reaches {achieved:.0f} of CPU")


if __name__ == "__main__":
    main()
