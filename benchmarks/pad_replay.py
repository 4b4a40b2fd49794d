"""Pen drawings replayed as mouse reports through the real program on a pseudo-terminal.

    python benchmarks/pad_replay.py [--count 200] [--size 80x24] [--training FOLDER]

The drawings are those of pendigits (tests/pendigits.py says where they are looked for), each scaled
to seven tenths of the field. With --training the dashboard trains on the MNIST in FOLDER meanwhile,
and the pad reads with the built-in weights. Reports come at 100 a second; what the screen says is
read back with pyte.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import numpy as np
import pyte

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.pendigits import pendigits  # noqa: E402

PACE = 0.01
FIELDS = {(80, 24): (1, 3, 20), (160, 45): (2, 3, 28)}
"""Column, row and height of the pad's field, in cells."""


class Terminal:
    """The program's other end."""

    def __init__(self, size: tuple[int, int], arguments: list[str]) -> None:
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.child, self._end = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.environ.pop("COLORTERM", None)
            os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp()
            time.sleep(0.3)
            os.execv(sys.executable, [sys.executable, str(ROOT / "main.py"), *arguments])
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, text: str) -> None:
        """Type this."""
        os.write(self._end, text.encode())

    def read(self, seconds: float) -> tuple[int, float | None]:
        """Output of so many seconds: its bytes, and when the first of them came."""
        until, count, first = time.perf_counter() + seconds, 0, None
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._end], [], [], left)[0]:
                output = os.read(self._end, 65536)
                first = first or time.perf_counter()
                count += len(output)
                self._stream.feed(output)
        return count, first

    def wait_for(self, text: str, seconds: float = 60.0) -> None:
        """Read until the screen shows this."""
        until = time.perf_counter() + seconds
        while text not in "\n".join(self.screen.display):
            self.read(0.1)
            if time.perf_counter() > until:
                raise SystemExit(f"{text!r} never came:\n" + "\n".join(self.screen.display))


def cells(drawing, rows: int) -> list[list[tuple[int, int]]]:
    """The cells that a mouse would report, column and row within the field."""
    points = np.concatenate(drawing)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 0.7 / max(*(high - low), 1e-9)
    strokes = []
    for stroke in drawing:
        unit = (stroke - (low + high) / 2) * scale + 0.5
        way = np.floor(unit * [2 * rows, rows]).astype(int).tolist()
        strokes.append([tuple(c) for i, c in enumerate(way) if i == 0 or c != way[i - 1]])
    return strokes


def replay(terminal: Terminal, drawing, field: tuple[int, int, int], sizes, delays) -> str:
    """Draw one digit; returns the answer's first word."""
    left, top, rows = field
    for stroke in cells(drawing, rows):
        for number, (x, y) in enumerate(stroke):
            sent = time.perf_counter()
            terminal.send(f"\x1b[<{32 if number else 0};{left + x + 1};{top + y + 1}M")
            count, first = terminal.read(PACE)
            if number:
                sizes.append(count)
                delays += [first - sent] if first else []
        terminal.send(f"\x1b[<0;{left + x + 1};{top + y + 1}m")
        terminal.read(PACE)
    said = answer(terminal, field)
    terminal.send("c")
    terminal.wait_for("draw a digit here")
    return said


def answer(terminal: Terminal, field: tuple[int, int, int], patience: float = 5.0) -> str:
    """The first word beside the field, once the screen has come to rest."""
    left, top, rows = field
    until = time.perf_counter() + patience
    while time.perf_counter() < until:
        before = terminal.screen.display[top]
        terminal.read(0.6)
        said = terminal.screen.display[top][left + 2 * rows :].split()
        if terminal.screen.display[top] == before and said and said[0] != "draw":
            break
    return said[0] if said else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", default="80x24", choices=["80x24", "160x45"])
    parser.add_argument("--training", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    found = pendigits()
    if found is None:
        raise SystemExit("pendigits is not here")
    drawings, labels = found
    chosen = np.random.default_rng(0).choice(len(labels), options.count, replace=False)
    arguments = ["pad"]
    if options.training:
        runs = tempfile.mkdtemp()
        arguments = ["--max_steps", "10000000", "--input_data_dir", str(options.training)]
        arguments += ["--log_dir", runs]
    terminal = Terminal((columns, rows), arguments)
    if options.training:
        terminal.wait_for("training")
        terminal.send("5")
        terminal.wait_for("draw a digit here")
        terminal.wait_for("weights after")
        terminal.send("x")
        terminal.wait_for("built-in weights")
    terminal.wait_for("draw a digit here")
    sizes: list[int] = []
    delays: list[float] = []
    right = 0
    for index in chosen.tolist():
        said = replay(terminal, drawings[index], FIELDS[columns, rows], sizes, delays)
        right += said == str(labels[index])
        if said != str(labels[index]):
            print(f"drawing {index}: a {labels[index]}, read as {said!r}", flush=True)
    os.kill(terminal.child, signal.SIGKILL)
    os.waitpid(terminal.child, 0)
    report(right, options.count, sizes, delays)


def report(right: int, count: int, sizes: list[int], delays: list[float]) -> None:
    print(f"{right} of {count} right ({right / count:.1%}), {len(sizes):,} drag steps")
    twenty = statistics.quantiles(sizes, n=20)
    print(f"bytes    mean {statistics.mean(sizes):.0f}   p50 {statistics.median(sizes):.0f}   "
          f"p95 {twenty[18]:.0f}")  # fmt: skip
    late = statistics.quantiles(delays, n=20)
    print(f"latency  p50 {statistics.median(delays) * 1e3:.1f} ms   p95 {late[18] * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
