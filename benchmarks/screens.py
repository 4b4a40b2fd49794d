"""Steps per second with each screen open, relative to the Train screen.

Runs the program on a pseudo-terminal, and shows the screens in rounds, so that other load on the
machine affects all of them; the steps are read from the run's own clock file. The CPU time of the
thread that draws, in percent of one core, is comparable on a busy machine too:

    python benchmarks/screens.py --data FOLDER [--rounds 4] [--seconds 8] [--size 160x45] [...]

Unknown flags are passed to the program: ``--network 512,256``.
"""

import argparse
import contextlib
import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SCREENS = {"train": b"1", "evaluate": b"2", "weights": b"3"}
SETTLE = 2.5  # seconds after a change of screen that are not counted
STARTING = 120.0


def start(arguments: list[str], size: str) -> tuple[int, int]:
    """Start the program in a child process; return its id, and the other end of its terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        time.sleep(0.2)
        os.execv(sys.executable, [sys.executable, str(ROOT / "main.py"), *arguments])
    columns, rows = (int(n) for n in size.split("x"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return child, terminal


def drain(terminal: int, seconds: float) -> int:
    """Read the program's output for a while; return the number of bytes."""
    count, until = 0, time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                count += len(os.read(terminal, 1 << 16))
            except OSError:  # the program has ended
                break
    return count


def marks(folder: Path) -> np.ndarray:
    """Steps done and Unix time, ``[n, 2]``, from the run's clock file."""
    found = list(folder.glob("*/clock.f64"))
    return np.fromfile(found[0], "<f8").reshape(-1, 2) if found else np.empty((0, 2))


def rate(folder: Path, began: float, ended: float) -> float:
    """Steps per second between the first and the last entry in a span of time."""
    clock = marks(folder)
    inside = clock[(clock[:, 1] >= began) & (clock[:, 1] <= ended)]
    if len(inside) < 2:
        return float("nan")
    steps, seconds = inside[-1] - inside[0]
    return float(steps / seconds)


def program(child: int) -> int:
    """The process that trains and draws: the descendant of the launcher with the most CPU time."""
    family = [child]
    for pid in family:
        family += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return max(family, key=lambda pid: cpu_seconds(Path(f"/proc/{pid}/stat")))


def cpu_seconds(stat: Path) -> float:
    """User and system time of a process or thread until now."""
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(
    terminal: int, folder: Path, pid: int, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Steps per second of each round, by screen."""
    drawing = Path(f"/proc/{pid}/task/{pid}/stat")
    rates: dict[str, list[float]] = {name: [] for name in SCREENS}
    for number in range(rounds):
        for name, key in SCREENS.items():
            os.write(terminal, key)
            drain(terminal, SETTLE)
            began, cpu = time.time(), cpu_seconds(drawing)
            sent = drain(terminal, seconds)
            rates[name].append(rate(folder, began, time.time()))
            used = 100 * (cpu_seconds(drawing) - cpu) / seconds
            print(f"round {number + 1}  {name:9} {rates[name][-1]:9,.0f} steps/s"
                  f"  {sent / seconds / 1024:7.1f} KB/s  {used:5.1f} % CPU to draw")  # fmt: skip
    return rates


def report(rates: dict[str, list[float]]) -> None:
    """Print medians over the rounds, also relative to the Train screen's rate of the same round."""
    for name, values in rates.items():
        beside = [100 * v / t for v, t in zip(values, rates["train"], strict=True)]
        print(f"{name:9} {statistics.median(values):9,.0f} steps/s"
              f"   {statistics.median(beside):6.1f} % of the Train screen's")  # fmt: skip


def stop(child: int, terminal: int) -> None:
    """Quit as a user does; the run is saved."""
    for key in (b"q", b"s"):
        os.write(terminal, key)
        drain(terminal, 1.0)
    until = time.monotonic() + STARTING
    while os.waitpid(child, os.WNOHANG)[0] == 0 and time.monotonic() < until:
        with contextlib.suppress(OSError):  # the terminal ends with the program
            drain(terminal, 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="where MNIST's files are")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--size", default="160x45")
    options, others = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        given = ["--max_steps", "100000000", "--eval_every", "20000", *others]
        arguments = ["--input_data_dir", options.data, "--log_dir", folder, *given]
        child, terminal = start(arguments, options.size)
        try:
            until = time.monotonic() + STARTING
            while len(marks(Path(folder))) < 4 and time.monotonic() < until:
                drain(terminal, 1.0)
            pid = program(child)
            report(measure(terminal, Path(folder), pid, options.rounds, options.seconds))
        finally:
            stop(child, terminal)


if __name__ == "__main__":
    main()
