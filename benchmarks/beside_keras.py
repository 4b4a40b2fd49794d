"""Time of a step of our engine beside Keras's `fit`, in turns within one process.

On a shared machine the speed changes from minute to minute, so only turns that follow each other
are compared: the median of their ratios is printed. ``python -m benchmarks.beside_keras [LAYERS]``.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCH, RATE, STEPS_A_CALL = 100, 0.01, 12


def engine_steps(text: str, folder: str, steps: int) -> Callable[[], None]:
    """So many steps of our engine, a few in each call as while a screen is shown."""
    from core.run.hparams import validate_hparams
    from core.training.engine import Engine
    from data.folder import open_folder

    values = {"network": text, "batch_size": BATCH, "learning_rate": RATE}
    hparams = validate_hparams(values)
    engine = Engine(open_folder(Path(folder)), hparams, device="cpu")
    engine.trace(hparams)
    done = 0

    def train() -> None:
        nonlocal done
        end = done + steps
        while done < end:
            count = min(STEPS_A_CALL, end - done)
            done += len(engine.steps(done, done * BATCH, count, hparams))

    return train


def times(call: Callable[[], None], steps: int) -> tuple[float, float]:
    """Milliseconds of a step: on the wall, and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    taken = time.perf_counter() - wall, time.process_time() - cpu
    return 1000 * taken[0] / steps, 1000 * taken[1] / steps


def main() -> None:
    from benchmarks.network_rows import keras_fit
    from benchmarks.train_speed import images_and_labels

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", nargs="?", default="conv 8 3x3, pool, conv 16 3x3, pool, 32")
    parser.add_argument("--data", default=os.environ.get("TRAINPAD_DATA", "../shared/mnist"))
    parser.add_argument("--steps", type=int, default=150, help="of each turn")
    parser.add_argument("--turns", type=int, default=11)
    chosen = parser.parse_args()
    images, labels = images_and_labels(chosen.data)
    fit = keras_fit(chosen.network, images, labels, BATCH, RATE, chosen.steps)
    ours = engine_steps(chosen.network, chosen.data, chosen.steps)
    fit()
    ours()
    rows = np.array(
        [(*times(fit, chosen.steps), *times(ours, chosen.steps)) for _ in range(chosen.turns)]
    )
    names = ("Keras fit, wall", "Keras fit, CPU", "trainpad, wall", "trainpad, CPU")
    for name, column in zip(names, rows.T, strict=True):
        print(f"{name:18} {np.median(column):7.2f} ms a step")
    wall, cpu = np.median(rows[:, :2] / rows[:, 2:], axis=0)
    print(f"trainpad takes {wall:.2f} times as many steps a second; {cpu:.2f} times for CPU time")


if __name__ == "__main__":
    main()
