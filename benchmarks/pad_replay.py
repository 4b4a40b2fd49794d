"""Replay pen drawings as mouse reports through the real program on a pseudo-terminal.

    python benchmarks/pad_replay.py [--count 200] [--size 80x24] [--training FOLDER]
                                    [--model run|built-in] [--after STEPS] [--seed N] [--batch MS]

The drawings are those of pendigits (found by tests/helpers/pendigits.py), scaled to 0.7 of the
pad's side. With --training the dashboard trains at the same time, with ``--preset best`` on the
MNIST in FOLDER and drawn digits; the pad classifies with the run's current weights, from --after
steps on, or with the built-in model. Mouse reports are sent at most 100 times a second, each after
the ink of the one before. The screen is read back with pyte.

Measured is the time from the write of a report to the arrival of the output after which its ink is
all on the screen. With --batch all reports that are due in so many milliseconds are sent in one
write, as a slow line delivers them, the press with the first and the release with the last of a
stroke. Then the time from that write to the last of the ink of its last report counts: what the
program adds to the delay of the line, which is the same for any program.
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
from contextlib import suppress
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

INTERVAL = 0.01
"""Seconds between mouse reports."""
SETTLING = 0.5
"""Seconds after which the field of a screen that was just opened has its size."""
INK_TIMEOUT = 5.0
"""Seconds after which ink counts as lost."""
PADS = {(80, 24): (1, 3, 20), (160, 45): (2, 3, 39)}
"""Column, row and height of the pad, in cells, by the size of the terminal."""
TRAINING = ("--preset", "best", "--dataset", "mnist+drawn", "--max_steps", "10000000")
Cell = tuple[int, int]


class Arrivals:
    """Output of a pseudo-terminal, with the time at which it came.

    A process of its own notes that: pyte takes milliseconds for a frame, in which the next output
    would count as late.
    """

    HEADER = struct.Struct("dI")

    def __init__(self, terminal: int) -> None:
        self._end, writing = os.pipe()
        if os.fork() == 0:
            os.close(self._end)
            with suppress(OSError):  # until the terminal is closed
                while output := os.read(terminal, 4096):
                    os.write(writing, self.HEADER.pack(time.perf_counter(), len(output)) + output)
            os._exit(0)
        os.close(writing)

    def fileno(self) -> int:
        """What to wait for."""
        return self._end

    def next(self) -> tuple[float, bytes]:
        """Return the next output and the time, by `time.perf_counter`, at which it came."""
        came, size = self.HEADER.unpack(self._read(self.HEADER.size))
        return came, self._read(size)

    def _read(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            piece = os.read(self._end, size - len(content))
            if not piece:
                raise SystemExit("the program has ended")
            content += piece
        return content


class Terminal:
    """The program on a pseudo-terminal."""

    def __init__(self, size: tuple[int, int], arguments: list[str]) -> None:
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.received = 0
        """Bytes received so far."""
        self.child, self._end = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.environ.pop("COLORTERM", None)
            os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp()
            time.sleep(0.3)
            os.execv(sys.executable, [sys.executable, str(ROOT / "main.py"), *arguments])
        atexit.register(self._kill)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._stamped = Arrivals(self._end)

    def _kill(self) -> None:
        """Kill the program and the trainer that it started."""
        os.killpg(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)

    def send(self, text: str) -> None:
        """Type this."""
        os.write(self._end, text.encode())

    def outputs(self, seconds: float) -> Iterator[float]:
        """Yield the time of each piece of output, for `seconds`, once it is on the screen."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._stamped], [], [], left)[0]:
                came, output = self._stamped.next()
                self.received += len(output)
                # pyte misreads the private queries of modes and keyboards.
                self._stream.feed(re.sub(rb"\x1b\[[>=<][0-9;]*[a-zA-Z]", b"", output))
                yield came

    def read(self, seconds: float) -> None:
        """Process the output of `seconds` seconds."""
        for _ in self.outputs(seconds):
            pass

    def wait_for(self, pattern: str, seconds: float = 60.0) -> re.Match[str]:
        """Read until the screen matches `pattern`."""
        until = time.perf_counter() + seconds
        while (found := re.search(pattern, "\n".join(self.screen.display))) is None:
            self.read(0.05)
            if time.perf_counter() > until:
                raise SystemExit(f"{pattern!r} never came:\n" + "\n".join(self.screen.display))
        return found

    def shown(self, places: list[Cell]) -> list[pyte.screens.Char]:
        """Return the characters and colours of cells."""
        return [self.screen.buffer[y][x] for x, y in places]


@dataclass
class Measured:
    """The results of the replay."""

    correct: int = 0
    """Drawings with a confident, correct prediction."""
    top1: int = 0
    """Drawings whose most likely class was correct, confident or not."""
    sizes: list[float] = field(default_factory=list)
    """Bytes of each drag step, including redraws of the prediction."""
    delays: list[float] = field(default_factory=list)
    """Seconds from each report to its ink."""
    lost: int = 0
    """Drag steps without ink."""


class Replay:
    """Draws on the pad, one drawing after another."""

    def __init__(self, terminal: Terminal, place: tuple[int, int, int], batch: float) -> None:
        """Draw at this column, row and height, with the reports of `batch` seconds in a write."""
        self._terminal = terminal
        self._batch = max(1, round(batch / INTERVAL))
        self._left, self._top, self._rows = place
        self._thicker = False
        self.measured = Measured()

    def draw(self, drawing: Drawing, label: int) -> str:
        """Draw one digit, record the prediction, and return its text."""
        raster = PadRaster(self._rows, GREY_LEVELS)
        for stroke in cells(drawing, self._rows):
            if self._batch == 1:
                self._press(raster, stroke[0])
                for step in pairwise(stroke):
                    self._drag(raster, [step])
                self._terminal.send(self._report(0, stroke[-1], "m"))
            else:
                self._draw_in_batches(raster, stroke)
        said = self._prediction()
        self.measured.correct += said.split()[:1] == [str(label)]
        self.measured.top1 += re.findall(r"\d", said)[:1] == [str(label)]
        self._terminal.send("c")
        self._terminal.wait_for("draw a digit here")
        return said

    def _draw_in_batches(self, raster: PadRaster, stroke: list[Cell]) -> None:
        """Report a stroke, the press with its first and the release with its last moves."""
        steps = [(stroke[0], stroke[0]), *pairwise(stroke)]
        for start in range(0, len(steps), self._batch):
            part = steps[start : start + self._batch]
            is_last = start + self._batch >= len(steps)
            release = self._report(0, stroke[-1], "m") if is_last else ""
            if start == 0:
                self._inked(raster, *part.pop(0))
            self._drag(raster, part, self._report(0, stroke[0]) if start == 0 else "", release)

    def _report(self, button: int, cell: Cell, end: str = "M") -> str:
        x, y = cell
        return f"\x1b[<{button};{self._left + x + 1};{self._top + y + 1}{end}"

    def _press(self, raster: PadRaster, cell: Cell) -> None:
        self._inked(raster, cell, cell)
        self._terminal.send(self._report(0, cell))
        self._terminal.read(INTERVAL)

    def _drag(
        self,
        raster: PadRaster,
        steps: Sequence[tuple[Cell, Cell]],
        before: str = "",
        after: str = "",
    ) -> None:
        """Report steps in one write, and time the ink of the last that changes any cell."""
        terminal, places = self._terminal, []
        for step in steps:
            places = self._inked(raster, *step) or places
        shown, received, sent = terminal.shown(places), terminal.received, time.perf_counter()
        terminal.send(before + "".join(self._report(32, cell) for _, cell in steps) + after)
        inked = self._change(places, shown, INK_TIMEOUT if places else 0)
        self.measured.lost += bool(places) and inked is None
        end = sent + INTERVAL * self._batch
        while inked is not None:  # several frames may have parts of the ink
            last, shown = inked, terminal.shown(places)
            inked = self._change(places, shown, end - time.perf_counter())
            if inked is None:
                self.measured.delays.append(last - sent)
        terminal.read(end - time.perf_counter())
        count = max(1, len(steps))
        self.measured.sizes += [(terminal.received - received) / count] * len(steps)

    def _change(
        self, places: list[Cell], shown: list[pyte.screens.Char], seconds: float
    ) -> float | None:
        """Return when cells that were `shown` like this changed, if within `seconds`."""
        for came in self._terminal.outputs(seconds):
            if self._terminal.shown(places) != shown:
                return came
        return None

    def _inked(self, raster: PadRaster, before: Cell, cell: Cell) -> list[Cell]:
        """Return the cells of the screen that this step changes."""
        points = (np.array([before, cell]) + 0.5) / [2 * self._rows, self._rows]
        regions = raster.add_segment(points, PEN_WIDTH + PEN_STEP * self._thicker)
        ends = [
            place for region in regions for place in (region.offset, (region.right - 1, region.y))
        ]
        return [(self._left + x, self._top + y) for x, y in ends]

    def _prediction(self) -> str:
        """Return the text next to the pad, after a key sent after the drawing was handled."""
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
    """Return the cells that a mouse would report: column and row within the pad."""
    points = np.concatenate(drawing)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 0.7 / max(*(high - low), 1e-9)
    strokes = []
    for stroke in drawing:
        unit = (stroke - (low + high) / 2) * scale + 0.5
        way = np.floor(unit * [2 * rows, rows]).astype(int).tolist()
        strokes.append([tuple(c) for i, c in enumerate(way) if i == 0 or c != way[i - 1]])
    return strokes


def started(size: tuple[int, int], training: Path | None, model: str, after: int) -> Terminal:
    """Start the program, open its pad, and select the model."""
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
    if model == "built-in":
        terminal.send("x")
        terminal.wait_for("built-in weights")
    terminal.read(SETTLING)
    return terminal


def steps_of(found: re.Match[str]) -> int:
    """Return the number of steps in a match."""
    return int(found[1].replace(",", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--size", default="80x24", choices=["80x24", "160x45"])
    parser.add_argument(
        "--seed", type=int, help="random drawings, instead of evenly from all writers"
    )
    parser.add_argument("--training", type=Path, metavar="FOLDER")
    parser.add_argument("--model", default="run", choices=["run", "built-in"])
    parser.add_argument("--batch", type=float, default=0, metavar="MS")
    parser.add_argument("--after", type=int, default=0, metavar="STEPS")
    options = parser.parse_args()
    columns, rows = map(int, options.size.split("x"))
    found = pendigits()
    if found is None:
        raise SystemExit("pendigits was not found")
    drawings, labels = found
    chosen = sample(len(labels), options.count, options.seed)
    terminal = started((columns, rows), options.training, options.model, options.after)
    replay = Replay(terminal, PADS[columns, rows], options.batch / 1e3)
    print(model_shown(terminal), flush=True)
    for index in chosen:
        said = replay.draw(drawings[index], labels[index])
        if said != str(labels[index]):
            print(f"drawing {index}: a {labels[index]}, predicted {said!r}", flush=True)
    print(model_shown(terminal))
    report(replay.measured, options.count)


def sample(total: int, count: int, seed: int | None) -> list[int]:
    """Return the indices of the drawings: evenly spaced (all writers), or random."""
    if seed is None:
        return [number * total // count for number in range(count)]
    return np.random.default_rng(seed).choice(total, count, replace=False).tolist()


def model_shown(terminal: Terminal) -> str:
    """Return the model and the training speed that the screen shows."""
    shown = "\n".join(terminal.screen.display)
    found = re.findall(r"weights after [\d,]+ steps|built-in weights|[\d,]+ steps/s", shown)
    return ", ".join(found)


def report(measured: Measured, count: int) -> None:
    """Print the results."""
    correct, top1 = measured.correct / count, measured.top1 / count
    print(f"{measured.correct} of {count} correct ({correct:.1%}); ", end="")
    print(f"{measured.top1} if unsure predictions count too ({top1:.1%})")
    sizes, delays = measured.sizes, [delay * 1e3 for delay in measured.delays]
    print(f"{len(sizes):,} drag steps, {len(delays):,} with ink, {measured.lost} lost")
    print(f"bytes per step:        {spread(sizes, '.0f')}")
    print(f"ms from report to ink: {spread(delays, '.1f')}")


def spread(values: Sequence[float], form: str) -> str:
    """Return mean, median and 95th percentile as text."""
    mean, half, most = statistics.mean(values), *statistics.quantiles(values, n=20)[9:19:9]
    return f"mean {mean:{form}}   p50 {half:{form}}   p95 {most:{form}}"


if __name__ == "__main__":
    main()
