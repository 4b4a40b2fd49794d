"""What it costs a training program to be attached: `python benchmarks/attach.py [part...]`.

Parts: import, log, tick, memory, keras, beside. Each prints what was measured and what it may be at
most; the exit status is 1 where one is more than that. Runs go to a temporary folder.

- log: two numbers, in a loop that pauses now and then, as training does: microseconds in the loop,
  and of CPU in the whole process, with what the writer's thread does.
- tick: microseconds of a call that has nothing to do.
- memory: resident memory while ten million numbers are logged without any pause.
- keras: `fit` of the lab's network with the callback against without, the median of seven pairs,
  and plain fits against plain fits: `attach_keras.py`.
- beside: the same with a callback that does nothing, Keras's TensorBoard callback, wandb and
  trackio, where they are installed.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import trainpad  # noqa: E402
from benchmarks.attach_keras import measure_beside, measure_keras  # noqa: E402

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


PARTS: dict[str, Callable[[], None]] = {
    "import": measure_import,
    "log": measure_log,
    "tick": measure_tick,
    "memory": measure_memory,
    "keras": lambda: measure_keras(check),
    "beside": measure_beside,
}


def main() -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(PARTS)}; default: all")
    parts = parser.parse_args().part or PARTS
    if unknown := [name for name in parts if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRAINPAD_DIR"] = folder
        for name in parts:
            PARTS[name]()
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
