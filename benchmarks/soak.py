"""Train for a long time while viewers attach and detach: memory and descriptors must not grow.

    python benchmarks/soak.py [--minutes 60] [--every 60] [--data FOLDER] [--log_dir FOLDER]

Starts `trainpad --detach`, and repeatedly opens the run on a pseudo-terminal, shows a screen for a
while and leaves, alternately with a key and by a hang-up. Before each viewer it samples the memory,
descriptors and threads of the training process. The exit status is 1 if memory grew by more than
`GROWTH` over its level after a warm-up, or descriptors or threads at all.
"""

import argparse
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.rundir.rundir import list_runs  # noqa: E402
from core.rundir.status import read_status  # noqa: E402

WARM_UP = 0.2
"""Fraction of the samples that define the level after warm-up."""
GROWTH = 0.1
"""Fraction by which memory may exceed that level: freed memory is not always returned."""
VIEW_TIME = 12.0
"""Seconds that a viewer stays; on a busy machine it needs half of them to start."""
KEYS = (b"2", b"3", b"4", b"5", b"1")


@dataclass(frozen=True, slots=True)
class Sample:
    """Resources of the training process: memory in MB; and its progress."""

    minute: float
    memory: float
    descriptors: int
    threads: int
    step: int


def train(folder: Path, data: str, steps: int) -> int:
    """Start a detached training; return its process id."""
    flags = ["--detach", "--log_dir", str(folder), "--max_steps", str(steps)]
    flags += ["--input_data_dir", data] if data else ["--fake_data"]
    subprocess.run([sys.executable, "main.py", *flags], cwd=ROOT, check=True)
    (run,) = list_runs(folder)
    return read_status(run).pid


def attach(folder: Path, number: int) -> int:
    """View the run for a while on a pseudo-terminal; return how many bytes were sent."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.chdir(ROOT)
        command = [sys.executable, "main.py", "open", "--log_dir", str(folder)]
        os.execv(sys.executable, command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 160, 0, 0))
    sent = drain(terminal, VIEW_TIME / 2)
    os.write(terminal, KEYS[number % len(KEYS)])
    sent += drain(terminal, VIEW_TIME / 2)
    if number % 2:
        os.write(terminal, b"q")
        sent += drain(terminal, 2.0)
    os.close(terminal)
    os.waitpid(child, 0)
    return sent


def drain(terminal: int, seconds: float) -> int:
    """Read for `seconds`, or until the end; return how many bytes arrived."""
    until, count = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            count += len(data)
    return count


def samples(folder: Path, pid: int, minutes: float, every: float) -> Iterator[Sample]:
    """Yield the resources of the process before each viewer."""
    process = psutil.Process(pid)
    (run,) = list_runs(folder)
    began = time.monotonic()
    number = 0
    while (now := time.monotonic()) < began + 60 * minutes:
        if not psutil.pid_exists(pid):
            raise SystemExit(f"the training ended by itself: {read_status(run)}")
        yield Sample(
            (now - began) / 60,
            process.memory_info().rss / 1e6,
            process.num_fds(),
            process.num_threads(),
            read_status(run).steps,
        )
        sent = attach(folder, number)
        if sent < 2000:
            raise SystemExit(f"viewer {number} showed nothing: {sent} bytes")
        number += 1
        time.sleep(max(0.0, now + every - time.monotonic()))


def growth(taken: list[Sample]) -> list[str]:
    """Return a description of each resource that grew."""
    warm = max(2, round(WARM_UP * len(taken)))
    level = statistics.median(sample.memory for sample in taken[1 : warm + 1])
    last = statistics.median(sample.memory for sample in taken[-warm:])
    grown = []
    if last > level * (1 + GROWTH):
        grown.append(f"memory from {level:,.0f} to {last:,.0f} MB")
    for name in ("descriptors", "threads"):
        before, after = getattr(taken[warm], name), getattr(taken[-1], name)
        if after > before:
            grown.append(f"{name} from {before} to {after}")
    return grown


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between two viewers")
    parser.add_argument("--data", default="", help="MNIST's folder; else drawn digits")
    parser.add_argument("--log_dir", type=Path, help="where the run is kept; else it is deleted")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.log_dir or Path(place)
        pid = train(folder, options.data, 1_000_000_000)
        taken: list[Sample] = []
        try:
            print(
                f"{'minute':>7} {'memory MB':>10} {'descriptors':>12} {'threads':>8} {'step':>12}"
            )
            for sample in samples(folder, pid, options.minutes, options.every):
                taken.append(sample)
                print(f"{sample.minute:7.1f} {sample.memory:10,.0f} {sample.descriptors:12} "
                      f"{sample.threads:8} {sample.step:12,}", flush=True)  # fmt: skip
        finally:
            if psutil.pid_exists(pid):
                process = psutil.Process(pid)
                process.terminate()
                psutil.wait_procs([process], timeout=60)
    grown = growth(taken)
    print("; ".join(grown) or "memory, descriptors and threads stayed flat")
    sys.exit(bool(grown))


if __name__ == "__main__":
    main()
