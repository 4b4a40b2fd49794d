"""What it costs a training program to be attached: `python benchmarks/attach.py [part...]`.

Parts: import, log, tick, memory, keras. Each prints what was measured and what it may be at most;
the exit status is 1 where one is more than that. Runs go to a temporary folder.

- log: two numbers, in a loop that pauses now and then, as training does: microseconds in the loop,
  and of CPU in the whole process, with what the writer's thread does.
- tick: microseconds of a call that has nothing to do.
- memory: resident memory while ten million numbers are logged without any pause.
- keras: `fit` of the lab's network (784-128-32-10, batches of 100) with the callback against
  without, the median of seven pairs, one after the other; beside it Keras's TensorBoard callback,
  wandb and trackio, where they are installed.
"""

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ORDER = "ABBABAAB"
"""One pair of measurements: plain fits (A) and watched ones (B)."""
sys.path.insert(0, str(ROOT))

import trainpad  # noqa: E402

failures: list[str] = []


def check(name: str, value: float, limit: float, unit: str, *, at_least: bool = False) -> None:
    """Print a measured value beside its limit."""
    ok = value >= limit if at_least else value <= limit
    if not ok:
        failures.append(name)
    sign = ">=" if at_least else "<="
    print(
        f"{name:44} {value:8.3f} {unit:4} ({sign} {limit:g}){'' if ok else '  MISSED'}", flush=True
    )


def measure_import() -> None:
    """Time an interpreter that imports the library over one that does nothing."""

    def seconds(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - began

    pairs = [(seconds("pass"), seconds("import trainpad")) for _ in range(15)]
    difference = min(loaded for _, loaded in pairs) - min(empty for empty, _ in pairs)
    check("import trainpad, over an empty interpreter", 1000 * difference, 20, "ms")
    script = "import sys; a = set(sys.modules); import trainpad; print(len(set(sys.modules) - a))"
    count = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    print(f"modules that it loads: {count}")


def measure_log() -> None:
    """Time `log` of two numbers."""
    run = trainpad.init("bench")
    count, block, inside = 200_000, 1000, 0.0
    began = time.process_time()
    for start in range(0, count, block):
        at = time.perf_counter()
        for step in range(start, start + block):
            run.log({"loss": 0.1234567, "accuracy": 0.9876543}, step)
        inside += time.perf_counter() - at
        time.sleep(0.02)
    run.finish()
    check("log of two numbers, in the loop", 1e6 * inside / count, 1.5, "us")
    cpu = time.process_time() - began
    check("log of two numbers, CPU altogether", 1e6 * cpu / count, 6, "us")


def measure_tick() -> None:
    """Time `tick` when it is not due."""
    run = trainpad.init("bench")
    run.live("lr", 0.1)
    best = min(_ticks(run, 100_000) for _ in range(20))
    check("tick, when not due", 1e6 * best, 0.3, "us")
    run.finish()


def _ticks(run: Any, count: int) -> float:
    tick = run.tick
    began = time.perf_counter()
    for _ in range(count):
        tick()
    return (time.perf_counter() - began) / count


def measure_memory() -> None:
    """Log ten million numbers; look at the memory after each million."""
    run = trainpad.init("bench")
    seen = []
    began = time.perf_counter()
    for step in range(5_000_000):
        run.log({"loss": 0.1234567, "accuracy": 0.9876543}, step)
        if step % 500_000 == 499_999:
            seen.append(_resident())
    run.finish()
    size = (run.path / "metrics.jsonl").stat().st_size / 2**20
    print(f"ten million numbers: {time.perf_counter() - began:.1f} s, {size:.0f} MiB on the disk")
    print("resident MiB:", " ".join(f"{mib:.0f}" for mib in seen))
    check("growth over the last nine million", seen[-1] - seen[0], 8, "MiB")


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure_keras() -> None:
    """Time `fit` with the callback against without, beside what similar libraries cost."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import numpy as np

    from trainpad.keras import TrainpadCallback

    rng = np.random.default_rng(1)
    x = rng.random((60_000, 784), dtype=np.float32)
    y = rng.integers(0, 10, 60_000)
    layers = [keras.layers.Dense(n, activation="relu") for n in (128, 32)]
    network = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(0.01), loss, metrics=["accuracy"])

    def fit(callbacks: list[Any]) -> float:
        began = time.perf_counter()
        network.fit(x, y, batch_size=100, epochs=2, verbose=0, callbacks=callbacks)
        return time.perf_counter() - began

    def ratios(make: Callable[[], list[Any]], pairs: int) -> tuple[float, float, float]:
        """Return the median ratio of the pairs, that of the shortest fits, the shortest plain one.

        A pair is eight fits in the order ABBABAAB, so that a machine that grows faster or slower
        within it, or is disturbed for a second, counts on both sides.
        """
        fit(make())
        order = np.array([c == "B" for c in ORDER])
        took = np.array([[fit(make() if b else []) for b in order] for _ in range(pairs)])
        plain, watched = took[:, ~order], took[:, order]
        ratio = np.median(plain.sum(axis=1) / watched.sum(axis=1))
        return float(ratio), plain.min() / watched.min(), plain.min()

    fit([])
    ratio, least, seconds = ratios(lambda: [TrainpadCallback(project="bench")], 7)
    check("Keras fit with the callback, of plain fit", ratio, 0.98, "x", at_least=True)
    print(f"the shortest fit against the shortest       {least:6.3f} x")
    spent = min((_cpu_of_callback(fit) for _ in range(5)), key=sum)
    print("CPU time of the callback, which other programs disturb least, in the thread that trains")
    print("and in others, of the time of a plain fit:", end=" ")
    print(" + ".join(f"{100 * part / seconds:.2f} %" for part in spent))
    check("one after the other, of plain fit", seconds / (seconds + sum(spent)), 0.98, "x",
          at_least=True)  # fmt: skip
    for name, prepare in BESIDE.items():
        try:
            make = prepare()
        except ImportError:
            print(f"beside it, {name:37} not installed")
        else:
            ratio, least, _ = ratios(make, 3)
            print(f"beside it, {name:37} {ratio:6.3f} x, of the shortest {least:.3f} x", flush=True)


def _cpu_of_callback(fit: Callable[[list[Any]], float]) -> tuple[float, float]:
    """Return the seconds of CPU of a `fit`'s callback: in the thread that trains, and in others."""
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


def _tensorboard() -> Callable[[], list[Any]]:
    import keras
    import tensorboard  # noqa: F401 - the callback needs it

    folder = tempfile.mkdtemp(dir=os.environ["TRAINPAD_DIR"])
    return lambda: [keras.callbacks.TensorBoard(folder, update_freq="batch")]


def _wandb() -> Callable[[], list[Any]]:
    os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    os.environ["WANDB_DIR"] = os.environ["TRAINPAD_DIR"]
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    wandb.init(project="bench")
    return lambda: [WandbMetricsLogger(log_freq="batch")]


def _trackio() -> Callable[[], list[Any]]:
    os.environ["TRACKIO_DIR"] = os.environ["TRAINPAD_DIR"]
    import keras
    import trackio

    trackio.init(project="bench")

    def record(_: int, logs: Any) -> None:
        trackio.log(dict(logs))

    return lambda: [keras.callbacks.LambdaCallback(on_train_batch_end=record)]


BESIDE: dict[str, Callable[[], Callable[[], list[Any]]]] = {
    "Keras's TensorBoard at every batch": _tensorboard,
    "wandb offline at every batch": _wandb,
    "trackio at every batch": _trackio,
}
"""What else records each batch; each returns a function that makes its callbacks."""


PARTS: dict[str, Callable[[], None]] = {
    "import": measure_import,
    "log": measure_log,
    "tick": measure_tick,
    "memory": measure_memory,
    "keras": measure_keras,
}


def main() -> None:
    """Measure the parts that are named, or all."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRAINPAD_DIR"] = folder
        for name in sys.argv[1:] or PARTS:
            PARTS[name]()
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
