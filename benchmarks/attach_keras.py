"""What the callback costs Keras's `fit`: `python benchmarks/attach.py keras beside`.

The network is the lab's (784-128-32-10, batches of 100); a fit is two epochs, 1,200 steps, with the
run's beginning and end. Fits differ by some percent among themselves, and by a quarter where other
programs run: so a pair is twelve fits, four plain, four with the callback and four plain again, in
an order in which each comes first, second and last as often as the others. The second plain ones
are the comparison of a fit with itself: what it differs from 1 is noise. Where other programs run,
put `chrt -r 10` before the command, as root.
"""

import os
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import trainpad

PAIRS = 7
ORDER = "ABNNBABNAANB"
"""The fits of a pair: plain (A), with the callback (B), plain again (N)."""
BATCH, EPOCHS, EXAMPLES = 100, 2, 60_000
Make = Callable[[], list[Any]]
"""Makes the callbacks of one fit."""
Check = Callable[..., None]
"""`benchmarks.attach.check`."""


class Fits:
    """Fits the lab's network; each call gives the seconds and the CPU seconds of one."""

    def __init__(self) -> None:
        """Make the network and its data; compile it by a first fit."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras

        rng = np.random.default_rng(1)
        self._x = rng.random((EXAMPLES, 784), dtype=np.float32)
        self._y = rng.integers(0, 10, EXAMPLES)
        layers = [keras.layers.Dense(n, activation="relu") for n in (128, 32)]
        self._network = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self._network.compile(keras.optimizers.SGD(0.01), loss, metrics=["accuracy"])
        self([])

    def __call__(self, callbacks: list[Any]) -> tuple[float, float]:
        """Fit; return the seconds it took, and those of CPU of all threads."""
        cpu, began = time.process_time(), time.perf_counter()
        self._network.fit(
            self._x, self._y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=callbacks
        )
        return time.perf_counter() - began, time.process_time() - cpu


def measure(fit: Fits, make: Make, pairs: int) -> dict[str, Any]:
    """Return what was measured of each arm of `ORDER`: ``[pairs, fits of a pair, 2]`` seconds."""
    fit(make())
    arms = {"A": list, "B": make, "N": list}
    took = np.array([[fit(arms[arm]()) for arm in ORDER] for _ in range(pairs)])
    return {arm: took[:, [at for at, other in enumerate(ORDER) if other == arm]] for arm in arms}


def ratios(took: dict[str, Any], arm: str, clock: int) -> Any:
    """Return ``[pairs]``: the time of the plain fits over that of the fits of `arm`."""
    return took["A"][..., clock].sum(axis=1) / took[arm][..., clock].sum(axis=1)


def interval(values: Any) -> tuple[float, float]:
    """Return the 95 % interval of the median of `values`, by resampling them."""
    rng = np.random.default_rng(0)
    medians = np.median(rng.choice(values, (10_000, len(values))), axis=1)
    low, high = np.percentile(medians, (2.5, 97.5))
    return float(low), float(high)


def measure_keras(check: Check) -> None:
    """Time `fit` with the callback against without, and plain fits against plain fits."""
    from trainpad.keras import TrainpadCallback

    fit = Fits()
    took = measure(fit, lambda: [TrainpadCallback(project="bench")], PAIRS)
    watched = ratios(took, "B", 0)
    check("Keras fit with the callback, of plain fit", np.median(watched), 0.98, "x", at_least=True)
    for name, arm, clock in (
        ("the same", "B", 0),
        ("plain fits, of plain fits: noise", "N", 0),
        ("CPU time of the process", "B", 1),
        ("plain fits, of plain fits: noise", "N", 1),
    ):
        values = ratios(took, arm, clock)
        low, high = interval(values)
        pairs = " ".join(f"{value:.3f}" for value in values)
        print(f"  {name:42} {np.median(values):8.3f} x    {low:.3f} to {high:.3f}; pairs {pairs}")
    plain = float(np.median(took["A"][..., 0]))
    step = 1e6 * plain / (EPOCHS * EXAMPLES // BATCH)
    print(f"  a plain fit takes {plain:.3f} s, {step:.0f} us a step")
    spent = min((_cpu_of_callback(fit) for _ in range(5)), key=sum)
    print("  CPU time of the callback, in the thread that trains and in others, of a plain fit:")
    print("   ", " + ".join(f"{100 * part / plain:.2f} %" for part in spent), flush=True)


def measure_beside() -> None:
    """Time `fit` with what else records each batch."""
    fit = Fits()
    for name, prepare in BESIDE.items():
        try:
            make = prepare()
        except ImportError:
            print(f"beside it, {name:35} not installed")
        else:
            found = measure(fit, make, 3)
            wall, cpu = (np.median(ratios(found, "B", clock)) for clock in (0, 1))
            print(f"beside it, {name:35} {wall:6.3f} x, CPU {cpu:.3f} x", flush=True)


def _cpu_of_callback(fit: Fits) -> tuple[float, float]:
    """Return the seconds of CPU of a fit's callback: in the thread that trains, and in others.

    What it takes to measure that, about a microsecond for each call, is included.
    """
    from trainpad.keras import TrainpadCallback

    spent: dict[int, float] = {}

    def timed(name: str) -> Callable[..., None]:
        method = getattr(TrainpadCallback, name)

        def call(self: Any, *arguments: Any, **more: Any) -> None:
            here, began = threading.get_ident(), time.thread_time()
            try:
                method(self, *arguments, **more)
            finally:
                spent[here] = spent.get(here, 0.0) + time.thread_time() - began

        return call

    names = [name for name in vars(TrainpadCallback) if name.startswith("on_t") or "epoch" in name]
    methods = {name: timed(name) for name in names if "test_batch" not in name}
    run, recording = trainpad.init("bench"), type("Measured", (TrainpadCallback,), methods)
    writer = next(thread for thread in threading.enumerate() if thread.name == "trainpad")
    clock = time.pthread_getcpuclockid(writer.ident or 0)
    began = time.clock_gettime(clock)
    fit([recording()])
    spent[0] = time.clock_gettime(clock) - began
    run.finish()
    here = spent.pop(threading.get_ident())
    return here, sum(spent.values())


def _empty() -> Make:
    import keras

    class Empty(keras.callbacks.Callback):  # type: ignore[misc]
        """Does nothing at each batch."""

        async_safe = True

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            """Do nothing."""

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            """Do nothing."""

    return lambda: [Empty()]


def _tensorboard() -> Make:
    import keras
    import tensorboard  # noqa: F401 - the callback needs it

    folder = tempfile.mkdtemp(dir=os.environ["TRAINPAD_DIR"])
    return lambda: [keras.callbacks.TensorBoard(folder, update_freq="batch")]


def _wandb() -> Make:
    os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    os.environ["WANDB_DIR"] = os.environ["TRAINPAD_DIR"]
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    wandb.init(project="bench")
    return lambda: [WandbMetricsLogger(log_freq="batch")]


def _trackio() -> Make:
    os.environ["TRACKIO_DIR"] = os.environ["TRAINPAD_DIR"]
    import keras
    import trackio

    trackio.init(project="bench")

    def record(_: int, logs: Any) -> None:
        trackio.log(dict(logs))

    return lambda: [keras.callbacks.LambdaCallback(on_train_batch_end=record)]


BESIDE: dict[str, Callable[[], Make]] = {
    "a callback that does nothing": _empty,
    "Keras's TensorBoard at every batch": _tensorboard,
    "wandb offline at every batch": _wandb,
    "trackio at every batch": _trackio,
}
"""What else is called at each batch; each returns a function that makes its callbacks."""
