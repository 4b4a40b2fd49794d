"""Pen drawings replayed as mouse reports through the real program on a pseudo-terminal.

    python benchmarks/pad_replay.py [--count 200] [--size 80x24] [--training FOLDER]
                                    [--reads run|built-in] [--after STEPS] [--seed N]

The drawings are those of pendigits (found by tests/helpers/pendigits.py), each scaled
to seven tenths of the field. With --training the dashboard trains meanwhile, the network of
``--preset best`` on the MNIST in FOLDER and drawn digits; the pad reads as it does by itself, with
the weights that are learning, from that many steps on, or with the built-in ones. Reports come at
100 a second at the most, each after the ink of the one before. What the screen says is read back
with pyte.
"""

import argparse
import atexit
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyte

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.helpers.pendigits import Drawing, pendigits  # noqa: E402
from tui.pad.raster import PadRaster  # noqa: E402
from tui.pad.sketch_pad import PEN_STEP, PEN_WIDTH  # noqa: E402
from tui.widgets.half_blocks import GREY_LEVELS  # noqa: E402

PACE = 0.01
PATIENCE = 5.0
"""Seconds after which ink is taken never to come."""
FIELDS = {(80, 24): (1, 3, 20), (160, 45): (2, 3, 28)}
"""Column, row and height of the pad's field, in cells."""
TRAINING = ("--preset", "best", "--dataset", "mnist+drawn", "--max_steps", "10000000")
Cell = tuple[int, int]


class Terminal:
    """The program's other end."""

    def __init__(self, size: tuple[int, int], arguments: list[str]) -> None:
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.received = 0
        """Bytes so far."""
        self.child, self._end = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.environ.pop("COLORTERM", None)
            os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp()
            time.sleep(0.3)
            os.execv(sys.executable, [sys.executable, str(ROOT / "main.py"), *arguments])
        atexit.register(self._kill)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _kill(self) -> None:
        """End the program with what it started, which would go on training."""
        os.killpg(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)

    def send(self, text: str) -> None:
        """Type this."""
        os.write(self._end, text.encode())

    def outputs(self, seconds: float) -> Iterator[float]:
        """When each piece of output came, for so many seconds; it is on the screen by then."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._end], [], [], left)[0]:
                output = os.read(self._end, 65536)
                came = time.perf_counter()
                self.received += len(output)
                # pyte takes the private queries of modes and keyboards for something else.
                self._stream.feed(re.sub(rb"\x1b\[[>=<][0-9;]*[a-zA-Z]", b"", output))
                yield came

    def read(self, seconds: float) -> None:
        """Take all output of so many seconds."""
        for _ in self.outputs(seconds):
            pass

    def wait_for(self, pattern: str, seconds: float = 60.0) -> re.Match[str]:
        """Read until the screen shows this."""
        until = time.perf_counter() + seconds
        while (found := re.search(pattern, "\n".join(self.screen.display))) is None:
            self.read(0.05)
            if time.perf_counter() > until:
                raise SystemExit(f"{pattern!r} never came:\n" + "\n".join(self.screen.display))
        return found

    def shown(self, places: list[Cell]) -> list[pyte.screens.Char]:
        """What cells of the screen show, colours included."""
        return [self.screen.buffer[y][x] for x, y in places]


@dataclass
class Measured:
    """What came of the replay."""

    told: int = 0
    """Drawings whose digit the pad told."""
    best: int = 0
    """Drawings whose digit was the likeliest, told or the first of two."""
    sizes: list[int] = field(default_factory=list)
    """Bytes of each drag step, all included."""
    delays: list[float] = field(default_factory=list)
    """Seconds from each report to its ink."""
    lost: int = 0
    """Drag steps whose ink never came."""


class Replay:
    """Drawings through the pad's field, one after another."""

    def __init__(self, terminal: Terminal, place: tuple[int, int, int]) -> None:
        self._terminal = terminal
        self._left, self._top, self._rows = place
        self._thicker = False
        self.measured = Measured()

    def draw(self, drawing: Drawing, label: int) -> str:
        """Draw one digit, and note what is said of it; returns that."""
        raster = PadRaster(self._rows, GREY_LEVELS)
        for stroke in cells(drawing, self._rows):
            self._press(raster, stroke[0])
            for before, cell in pairwise(stroke):
                self._drag(raster, before, cell)
            self._report(0, stroke[-1], "m")
        said = self._answer()
        self.measured.told += said.split()[:1] == [str(label)]
        self.measured.best += re.findall(r"\d", said)[:1] == [str(label)]
        self._terminal.send("c")
        self._terminal.wait_for("draw a digit here")
        return said

    def _report(self, button: int, cell: Cell, end: str = "M") -> None:
        x, y = cell
        self._terminal.send(f"\x1b[<{button};{self._left + x + 1};{self._top + y + 1}{end}")

    def _press(self, raster: PadRaster, cell: Cell) -> None:
        self._inked(raster, cell, cell)
        self._report(0, cell)
        self._terminal.read(PACE)

    def _drag(self, raster: PadRaster, before: Cell, cell: Cell) -> None:
        """Report a step, and wait for its ink, if there will be any."""
        terminal, places = self._terminal, self._inked(raster, before, cell)
        shown, received, sent = terminal.shown(places), terminal.received, time.perf_counter()
        self._report(32, cell)
        for came in terminal.outputs(PATIENCE if places else 0):
            if terminal.shown(places) != shown:
                self.measured.delays.append(came - sent)
                break
        else:
            self.measured.lost += bool(places)
        terminal.read(sent + PACE - time.perf_counter())
        self.measured.sizes.append(terminal.received - received)

    def _inked(self, raster: PadRaster, before: Cell, cell: Cell) -> list[Cell]:
        """The cells of the screen that this step of the pen changes."""
        points = (np.array([before, cell]) + 0.5) / [2 * self._rows, self._rows]
        regions = raster.add_segment(points, PEN_WIDTH + PEN_STEP * self._thicker)
        ends = [
            place for region in regions for place in (region.offset, (region.right - 1, region.y))
        ]
        return [(self._left + x, self._top + y) for x, y in ends]

    def _answer(self) -> str:
        """What stands beside the field, after a key that came later than the drawing is obeyed."""
        before = self._width()
        self._thicker = not self._thicker
        self._terminal.send("+" if self._thicker else "-")
        until = time.perf_counter() + 60
        while self._width() == before and time.perf_counter() < until:
            self._terminal.read(0.05)
        self._terminal.read(0.25)
        said = self._terminal.screen.display[self._top][self._left + 2 * self._rows :]
        return " ".join(re.sub(r"\d+%", "", said).split())

    def _width(self) -> str:
        return self._terminal.wait_for(r"width (\d+)")[1]


def cells(drawing: Drawing, rows: int) -> list[list[Cell]]:
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


def started(size: tuple[int, int], training: Path | None, reads: str, after: int) -> Terminal:
    """The program, its pad up and read by whom it should be."""
    if training is None:
        terminal = Terminal(size, ["pad"])
        terminal.wait_for("draw a digit here")
        return terminal
    folders = ["--input_data_dir", str(training), "--log_dir", tempfile.mkdtemp()]
    terminal = Terminal(size, [*TRAINING, *folders])
    terminal.wait_for("training", 300)
    terminal.send("5")
    terminal.wait_for("draw a digit here")
    while steps_of(terminal.wait_for(r"weights after ([\d,]+) steps", 300)) < after:
        terminal.read(1)
    if reads == "built-in":
        terminal.send("x")
        terminal.wait_for("built-in weights")
    return terminal


def steps_of(found: re.Match[str]) -> int:
    """The number in what was found."""
    return int(found[1].replace(",", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", default="80x24", choices=["80x24", "160x45"])
    parser.add_argument("--seed", type=int, help="drawings at random, not evenly of all writers")
    parser.add_argument("--training", type=Path, metavar="FOLDER")
    parser.add_argument("--reads", default="run", choices=["run", "built-in"])
    parser.add_argument("--after", type=int, default=0, metavar="STEPS")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    found = pendigits()
    if found is None:
        raise SystemExit("pendigits is not here")
    drawings, labels = found
    chosen = sample(len(labels), options.count, options.seed)
    terminal = started((columns, rows), options.training, options.reads, options.after)
    replay = Replay(terminal, FIELDS[columns, rows])
    print(whose(terminal), flush=True)
    for index in chosen:
        said = replay.draw(drawings[index], labels[index])
        if said != str(labels[index]):
            print(f"drawing {index}: a {labels[index]}, read as {said!r}", flush=True)
    print(whose(terminal))
    report(replay.measured, options.count)


def sample(total: int, count: int, seed: int | None) -> list[int]:
    """Which drawings: at even distances, and so of every writer, or at random."""
    if seed is None:
        return [number * total // count for number in range(count)]
    return np.random.default_rng(seed).choice(total, count, replace=False).tolist()


def whose(terminal: Terminal) -> str:
    """Whose weights the screen says read, and how fast they learn."""
    shown = "\n".join(terminal.screen.display)
    found = re.findall(r"weights after [\d,]+ steps|built-in weights|[\d,]+ steps/s", shown)
    return ", ".join(found)


def report(measured: Measured, count: int) -> None:
    """Print the figures."""
    told, best = measured.told / count, measured.best / count
    print(f"{measured.told} of {count} told right ({told:.1%}); ", end="")
    print(f"{measured.best} where the likeliest counts, sure or not ({best:.1%})")
    sizes, delays = measured.sizes, [delay * 1e3 for delay in measured.delays]
    print(f"{len(sizes):,} drag steps, {len(delays):,} with ink, ink of {measured.lost} lost")
    print(f"bytes of a step, all included: {spread(sizes, '.0f')}")
    print(f"ms from a report to its ink:   {spread(delays, '.1f')}")


def spread(values: Sequence[float], form: str) -> str:
    """The mean, the median and the 95th percentile, in words."""
    mean, half, most = statistics.mean(values), *statistics.quantiles(values, n=20)[9:19:9]
    return f"mean {mean:{form}}   p50 {half:{form}}   p95 {most:{form}}"


if __name__ == "__main__":
    main()
