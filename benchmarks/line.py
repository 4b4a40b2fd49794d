"""Cost of the connection to the terminal: bytes a second, and slow, stalled and cut connections.

Trains on a pseudo-terminal that is read at a given rate, and compares with training without a
screen in the same minute, since machines differ and may be busy:

    python benchmarks/line.py [--input_data_dir FOLDER] [--size 160x45] [--seconds 15]

With --pairs N it measures only the cost of a connection of 2 KB/s: N times each, alternately,
without a screen and with one on such a connection, and then the medians and their ratio.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from tests.helpers.terminal import Terminal, only_run, trainpad, wait_until

ENDLESS = ("--offline", "--max_steps", "100000000", "--eval_every", "100000000")
OVER_SSH = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
SLOW = 2048.0
"""Bytes a second."""


def steps(log_dir: Path) -> int:
    return read_status(RunDir(only_run(log_dir))).steps


def cpu(pid: int) -> float:
    """CPU seconds that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def pid(log_dir: Path) -> int:
    return read_status(RunDir(only_run(log_dir))).pid


def rates(log_dir: Path, seconds: float) -> tuple[float, float]:
    """Steps a second, and CPU seconds for 1,000 steps."""
    process = pid(log_dir)
    before, cpu_before, began = steps(log_dir), cpu(process), time.monotonic()
    time.sleep(seconds)
    done = steps(log_dir) - before
    return done / (time.monotonic() - began), 1000 * (cpu(process) - cpu_before) / max(1, done)


class Bench:
    """Runs trainings one at a time, each in a folder of its own."""

    def __init__(self, folder: Path, data: list[str], size: tuple[int, int], seconds: float):
        self.folder, self.data, self.size, self.seconds = folder, data, size, seconds

    def headless(self) -> tuple[float, float]:
        """Steps a second, and CPU seconds for 1,000, without a screen."""
        log_dir = self.folder / f"headless-{time.monotonic_ns()}"
        command = trainpad("--headless", "--log_dir", log_dir, *ENDLESS, *self.data)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as job:
            wait_until(lambda: log_dir.exists() and steps(log_dir) > 1000)
            found = rates(log_dir, self.seconds)
            job.terminate()
        return found

    def dashboard(self, name: str, use: Callable[[Terminal, Path], None], **extra: str) -> None:
        """Train in the dashboard, call `use`, and end the training."""
        log_dir = self.folder / name
        command = trainpad("--log_dir", log_dir, *ENDLESS, *self.data)
        terminal = Terminal(command, *self.size, **extra)
        try:
            terminal.wait_for(r"training +[1-9][\d,]+ /")
            use(terminal, log_dir)
        finally:
            process = pid(log_dir)
            terminal.end()
            # After a hang-up, training goes on.
            os.kill(process, signal.SIGTERM)
            wait_until(lambda: not Path(f"/proc/{process}").exists())


def steady(bench: Bench, title: str, **extra: str) -> None:
    """Measure bytes a second without input."""

    def use(terminal: Terminal, log_dir: Path) -> None:
        time.sleep(5)
        before, began = len(terminal.sent), time.monotonic()
        speed, _ = rates(log_dir, bench.seconds)
        sent = (len(terminal.sent) - before) / (time.monotonic() - began)
        print(f"{title}: {sent / 1000:.2f} KB/s at {bench.size[0]}x{bench.size[1]}, "
              f"{speed:,.0f} steps/s", flush=True)  # fmt: skip

    bench.dashboard(title.replace(" ", "-"), use, **extra)


def slow(bench: Bench) -> None:
    """Measure the latency of keys and the speed of training at 2 KB/s."""

    def use(terminal: Terminal, log_dir: Path) -> None:
        terminal.rate = SLOW
        time.sleep(10)
        speed, _ = rates(log_dir, bench.seconds)
        delays = []
        for value in ("0.0125", "0.016", "0.02"):
            before = time.monotonic()
            terminal.type("]")
            terminal.wait_for(rf"‹ +{value} ›")
            delays.append(time.monotonic() - before)
            time.sleep(2)
        latencies = ", ".join(f"{delay:.2f}" for delay in delays)
        print(f"2 KB/s: key latencies {latencies} s, {speed:,.0f} steps/s", flush=True)

    bench.dashboard("slow", use, **OVER_SSH)


def slow_rates(bench: Bench) -> tuple[float, float]:
    """Steps a second, and CPU seconds for 1,000, at 2 KB/s."""
    found: list[tuple[float, float]] = []

    def use(terminal: Terminal, log_dir: Path) -> None:
        terminal.rate = SLOW
        time.sleep(5)
        before = len(terminal.sent)
        found.append(rates(log_dir, bench.seconds))
        sent = (len(terminal.sent) - before) / bench.seconds
        print(f"2 KB/s: {describe(found[-1])}, {sent:,.0f} bytes/s arrived", flush=True)

    bench.dashboard(f"slow-{time.monotonic_ns()}", use, **OVER_SSH)
    return found[0]


def describe(rates: tuple[float, float]) -> str:
    speed, cost = rates
    return f"{speed:,.0f} steps/s, {cost:.3f} s of CPU for 1,000"


def pairs(bench: Bench, count: int) -> None:
    """Measure training without a screen and on a slow connection, alternately."""
    headless, slow = [], []
    for _ in range(count):
        headless.append(bench.headless())
        print(f"without a screen: {describe(headless[-1])}", flush=True)
        slow.append(slow_rates(bench))
    for name, unit, index in (("speed", "steps/s", 0), ("CPU", "s for 1,000 steps", 1)):
        one, other = (median(rates[index] for rates in taken) for taken in (headless, slow))
        print(f"median {name}: {one:,.3f} without a screen, {other:,.3f} {unit} at 2 KB/s: "
              f"{other / one:.1%}")  # fmt: skip


def stalled(bench: Bench) -> None:
    """Measure training while the terminal reads nothing."""

    def use(terminal: Terminal, log_dir: Path) -> None:
        terminal.rate = 0.001
        time.sleep(2)
        speed, cost = rates(log_dir, bench.seconds)
        print(f"stalled: {speed:,.0f} steps/s, {cost:.2f} s of CPU for 1,000", flush=True)

    bench.dashboard("stalled", use)


def cut(bench: Bench) -> None:
    """Measure training after a hang-up."""

    def use(terminal: Terminal, log_dir: Path) -> None:
        terminal.hang_up()
        time.sleep(2)
        speed, cost = rates(log_dir, bench.seconds)
        print(f"cut off: {speed:,.0f} steps/s, {cost:.2f} s of CPU for 1,000", flush=True)

    bench.dashboard("cut", use)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input_data_dir", type=Path)
    parser.add_argument("--size", default="160x45")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--pairs", type=int, default=0)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    data = ["--fake_data"]
    if options.input_data_dir:
        data = ["--input_data_dir", str(options.input_data_dir.resolve())]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), data, (width, height), options.seconds)
        if options.pairs:
            pairs(bench, options.pairs)
            return
        for title, measure in [
            ("without a screen", None),
            ("at home", lambda: steady(bench, "at home")),
            ("over ssh", lambda: steady(bench, "over ssh", **OVER_SSH)),
            ("without a screen", None),
            ("slow", lambda: slow(bench)),
            ("without a screen", None),
            ("stalled", lambda: stalled(bench)),
            ("cut", lambda: cut(bench)),
            ("without a screen", None),
        ]:
            if measure is not None:
                measure()
                continue
            speed, cost = bench.headless()
            print(f"{title}: {speed:,.0f} steps/s, {cost:.2f} s of CPU for 1,000", flush=True)


if __name__ == "__main__":
    main()
