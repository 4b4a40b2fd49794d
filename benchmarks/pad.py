"""Measure one step of a drag: bytes sent to the terminal, and time until the first of them.

Runs a small app with only the pad on a pseudo-terminal, and sends it SGR mouse reports one at a
time:

    python benchmarks/pad.py [--size 160x45] [--ascii] [--truecolor]
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
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = 0.06  # seconds without output after which a step is over


def app(ascii_only: bool) -> None:
    """Run the pad on its own."""
    sys.path.insert(0, str(ROOT))
    from tui.terminal.environment import configure_textual

    configure_textual()
    from textual.app import ComposeResult

    from tui.pad.sketch_pad import SketchPad
    from tui.terminal.textual_private import PatchedApp

    class PadOnly(PatchedApp[None]):
        def compose(self) -> ComposeResult:
            yield SketchPad(ascii_only=ascii_only)

    PadOnly().run()


def start(size: tuple[int, int], ascii_only: bool, truecolor: bool) -> tuple[int, int]:
    """Start the app in a child process; return its id and the master end of the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ.pop("COLORTERM", None)
        if truecolor:
            os.environ["COLORTERM"] = "truecolor"
        time.sleep(0.2)
        arguments = [sys.executable, __file__, "--app", *(["--ascii"] if ascii_only else [])]
        os.execv(sys.executable, arguments)
    columns, rows = size
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return child, terminal


def read(terminal: int, wait: float) -> tuple[bytes, float]:
    """Return all output until it pauses, and the time of its first byte."""
    output, first = b"", 0.0
    while select.select([terminal], [], [], QUIET if output else wait)[0]:
        output += os.read(terminal, 65536)
        first = first or time.perf_counter()
    return output, first


def mouse(terminal: int, button: int, column: float, row: float, end: str = "M") -> float:
    """Send one mouse report, cells counted from 0; return the time it was sent."""
    os.write(terminal, f"\x1b[<{button};{int(column) + 1};{int(row) + 1}{end}".encode())
    return time.perf_counter()


def digit(rows: int) -> list[list[tuple[int, int]]]:
    """Return the cells of an 8 and a crossed 7, each passed cell once."""
    import numpy as np

    turn = np.linspace(0, 2 * np.pi, 400)
    eight = np.stack([0.5 + 0.22 * np.sin(2 * turn), 0.5 - 0.36 * np.cos(turn)], axis=1)
    lines = [
        eight,
        *(
            np.array(a) + np.linspace(0, 1, 200)[:, None] * np.subtract(b, a)
            for a, b in [
                ((0.2, 0.2), (0.8, 0.2)),
                ((0.8, 0.2), (0.4, 0.85)),
                ((0.3, 0.5), (0.75, 0.5)),
            ]
        ),
    ]
    strokes = []
    for line in lines:
        cells = [(int(x * 2 * rows), int(y * rows)) for x, y in line]
        strokes.append([c for i, c in enumerate(cells) if i == 0 or c != cells[i - 1]])
    return strokes


def drag(terminal: int, rows: int) -> tuple[list[int], list[float]]:
    """Return bytes and seconds of every step."""
    sizes, delays = [], []
    for cells in digit(rows):
        mouse(terminal, 0, *cells[0])
        read(terminal, 0.3)
        for cell in cells[1:]:
            sent = mouse(terminal, 32, *cell)
            output, first = read(terminal, 0.3)
            if output:
                delays.append(first - sent)
            sizes.append(len(output))
        mouse(terminal, 0, *cells[-1], end="m")
        read(terminal, 0.3)
    return sizes, delays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--app", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--truecolor", action="store_true")
    parser.add_argument("--size", default="80x24")
    options = parser.parse_args()
    if options.app:
        app(options.ascii)
        return
    columns, height = (int(n) for n in options.size.split("x"))
    child, terminal = start((columns, height), options.ascii, options.truecolor)
    read(terminal, 15.0)
    read(terminal, 1.0)
    sizes, delays = drag(terminal, min(28, height, columns // 2))
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    report(sizes, delays)


def report(sizes: list[int], delays: list[float]) -> None:
    twenty = statistics.quantiles(sizes, n=20)
    late = statistics.quantiles(delays, n=20)
    print(f"{len(sizes)} steps")
    print(
        f"bytes    p50 {statistics.median(sizes):.0f}   p95 {twenty[18]:.0f}   max {max(sizes)}"
        f"   mean {statistics.mean(sizes):.0f}"
    )
    print(f"latency  p50 {statistics.median(delays) * 1e3:.1f} ms   p95 {late[18] * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
