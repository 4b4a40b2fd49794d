"""Write event files slowly with the writers of other frameworks, to watch them grow.

    python benchmarks/writers.py torch|tensorboardx|keras FOLDER [--seconds 120] [--every 0.1]

The writers are `SummaryWriter` of PyTorch and tensorboardX, and a Keras model with
`keras.callbacks.TensorBoard`. In another terminal, `trainpad watch FOLDER` shows them side by side.
Needs the framework and tensorboard, in any Python; trainpad is not needed.
"""

import argparse
import math
import time
from importlib import import_module
from pathlib import Path
from typing import Any

FLUSH = 2.0
"""Seconds between flushes; the default of 120 would be too slow to watch."""


SUMMARY_WRITERS = {
    "torch": ("torch.utils.tensorboard", "run_name"),
    "tensorboardx": ("tensorboardX", "name"),
}
"""Module of each `SummaryWriter`, and the run name's parameter in its `add_hparams`."""


def write_summaries(kind: str, folder: Path, seconds: float, every: float) -> None:
    """Write a simulated training with a `SummaryWriter`."""
    module, name = SUMMARY_WRITERS[kind]
    rng = import_module("numpy").random.default_rng(len(kind))
    writer: Any = import_module(module).SummaryWriter(str(folder), flush_secs=FLUSH)
    end, step = time.monotonic() + seconds, 0
    with writer:
        writer.add_hparams({"lr": 0.01, "net": kind}, {"accuracy/test": 0.0}, **{name: "hparams"})
        writer.add_text("notes", f"written by **{module}**", 0)
        while time.monotonic() < end:
            loss = math.exp(-step / 200) * rng.normal(1, 0.1) + 0.1
            writer.add_scalar("loss/train", loss, step)
            writer.add_scalar("loss/test", loss + 0.05, step)
            writer.add_scalar("accuracy/test", 1 - loss / 2, step)
            if step % 20 == 0:
                weights = rng.normal(step / 500, 1 + step / 1000, 1000)
                writer.add_histogram("weights", weights, step)
            step += 1
            time.sleep(every)


def write_keras(folder: Path, seconds: float, every: float) -> None:
    """Train a small Keras model slowly with the TensorBoard callback."""
    keras, numpy = import_module("keras"), import_module("numpy")
    rng, end = numpy.random.default_rng(0), time.monotonic() + seconds
    images = rng.normal(size=(512, 20)).astype("float32")
    labels = images[:, :10].argmax(axis=1)

    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    board = keras.callbacks.TensorBoard(str(folder), update_freq=10, histogram_freq=1)

    def wait(*_batch: object, **_logs: object) -> None:
        time.sleep(every)
        model.stop_training = time.monotonic() >= end

    slowly = keras.callbacks.LambdaCallback(on_train_batch_end=wait)
    callbacks = [board, slowly]
    model.fit(images, labels, validation_split=0.2, epochs=10_000, verbose=0, callbacks=callbacks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=[*SUMMARY_WRITERS, "keras"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--every", type=float, default=0.1, help="seconds a step")
    arguments = parser.parse_args()
    folder = arguments.folder / arguments.kind
    if arguments.kind == "keras":
        write_keras(folder, arguments.seconds, arguments.every)
    else:
        write_summaries(arguments.kind, folder, arguments.seconds, arguments.every)


if __name__ == "__main__":
    main()
