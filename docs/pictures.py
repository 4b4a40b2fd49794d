"""Makes the README's pictures: `python docs/pictures.py FOLDER`, from runs recorded in FOLDER.

The pictures are what the app draws for real runs, which are trained first where FOLDER holds none
(some minutes). Needs `rsvg-convert`.
"""

import asyncio
import html
import io
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from textual.pilot import Pilot

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.run.events import Event, Steps, Tick  # noqa: E402
from core.rundir.playback import Playback  # noqa: E402
from core.rundir.reader import replay  # noqa: E402
from core.rundir.rundir import RunDir, list_runs  # noqa: E402
from tests.helpers.mouse import drag_to  # noqa: E402
from tui.app import TrainpadApp  # noqa: E402
from tui.pad.sketch_pad import SketchPad  # noqa: E402
from tui.terminal.settings import Settings  # noqa: E402

RUNS = (
    "--max_steps 12000 --change 4000:learning_rate=0.02 --change 8000:learning_rate=0.05",
    "--preset mnist_softmax_xla --max_steps 3000",
    "--optimizer adam --learning_rate 0.001 --max_steps 6000 --eval_every 500",
    "--optimizer momentum --learning_rate 0.02 --dropout 0.2 --max_steps 6000 --eval_every 500",
)
"""The flags of the runs; the first is the one that the pictures show."""
SHOWN_AT = 9_300
"""The step at which the picture of the Train screen is taken."""
SIZE = 140, 46
WIDTH = 1400
"""Of a picture, in pixels."""
COLOURS = 192
"""So few keep a picture small; with fewer, curves of two colours become one."""
TEXT = re.compile(
    r'<text class="([^"]+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>([^<]*)</text>'
)
LINE, ASCENT = 24.4, 19.5
"""Of the export's cells: their height, and how far below its top a line of text lies."""
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of the dot of each bit of a braille character."""
BLOCKS = {
    "█": (0, 0, 1, 1), "▀": (0, 0, 1, 0.5), "▄": (0, 0.5, 1, 1), "▌": (0, 0, 0.5, 1),
    "━": (0, 0.46, 1, 0.57), "─": (0, 0.49, 1, 0.54), "▐": (0.5, 0, 1, 1),
} | {character: (0, 1 - (place + 1) / 8, 1, 1) for place, character in enumerate("▁▂▃")} | {
    character: (0, 0, (7 - place) / 8, 1) for place, character in enumerate("▉▊▋")
} | {"▅": (0, 3 / 8, 1, 1), "▆": (0, 2 / 8, 1, 1), "▇": (0, 1 / 8, 1, 1)} | {
    character: (0, 0, (3 - place) / 8, 1) for place, character in enumerate("▍▎▏")
}  # fmt: skip
"""Left, upper, right and lower edge, as parts of the cell."""
SEVEN = ((0.25, 0.22), (0.75, 0.2), (0.62, 0.42), (0.5, 0.62), (0.42, 0.85))
"""The corners of a drawn digit, in the unit square of the pad."""


def record(folder: Path) -> list[RunDir]:
    """The runs in `folder`, trained first where there are none."""
    if not list_runs(folder):
        for flags in RUNS:
            command = [sys.executable, "main.py", "--headless", "--log_dir", str(folder)]
            subprocess.run([*command, *flags.split()], cwd=ROOT, check=True)
    return list_runs(folder)


def until(run: RunDir, step: int) -> Iterator[Event]:
    """What happened in `run` before `step`; then nothing, as if the trainer were at work."""
    for event in replay(run, Playback(1e9), sleep=lambda _: None):
        if isinstance(event, Steps) and event.first >= step:
            break
        yield event
    while True:
        yield Tick()
        time.sleep(0.05)


async def draw(pilot: Pilot[Any]) -> None:
    """Draw a seven on the pad with the mouse."""
    field = pilot.app.screen.query_one(SketchPad)
    width, height = field.content_size
    cells = [(round(x * width), round(y * height)) for x, y in SEVEN]
    await pilot.mouse_down(field, offset=cells[0])
    for cell in cells[1:]:
        await drag_to(pilot, SketchPad, cell)
    await pilot.mouse_up(field, offset=cells[-1])


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until the screen shows the same for a while, as it does when all is read."""
    before = ""
    for _ in range(60):
        await pilot.pause(1.5)
        shown = pilot.app.export_screenshot()
        if shown == before and "reading" not in shown:
            return
        before = shown


async def taken(source: Iterator[Event], folder: Path, keys: str, name: str) -> str:
    """The screen as SVG, after these keys."""
    with tempfile.TemporaryDirectory() as home:
        app = TrainpadApp(source, viewer=True, log_dir=folder, settings=Settings(Path(home) / "s"))
        async with app.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await pilot.press(*keys.split())
            await settled(pilot)
            if name == "pad":
                await draw(pilot)
                await settled(pilot)
            svg = app.export_screenshot(title="trainpad")
            app.exit("quit")
            return svg


def write(svg: str, path: Path) -> None:
    """A PNG of what the app exported."""
    command = ["rsvg-convert", "--width", str(WIDTH)]
    drawn = TEXT.sub(placed, svg)
    done = subprocess.run(command, input=drawn.encode(), capture_output=True, check=True)
    picture = Image.open(io.BytesIO(done.stdout)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB")


def placed(match: re.Match[str]) -> str:
    """A text of the export with every character in its own cell, whatever font there is.

    librsvg knows no `textLength`, and fonts disagree on the width of braille and blocks: so these
    are drawn as the dots and boxes that they are.
    """
    style, x, y, length, text = match.groups()
    characters = html.unescape(text)
    cell = float(length) / max(1, len(characters))
    return "".join(
        shape(character, style, float(x) + place * cell, float(y), cell)
        for place, character in enumerate(characters)
        if not character.isspace()
    )


def shape(character: str, style: str, x: float, y: float, width: float) -> str:
    """One character, whose line of text lies at `y`, in a cell that is `width` wide."""
    top, height = y - ASCENT, LINE
    if "\u2800" <= character <= "\u28ff":
        dots = [place for bit, place in enumerate(DOTS) if ord(character) >> bit & 1]
        return "".join(
            f'<circle class="{style}" cx="{x + width * (column + 0.5) / 2:.2f}" '
            f'cy="{top + height * (row + 0.5) / 4:.2f}" r="1.7"/>'
            for column, row in dots
        )
    if character in BLOCKS:
        left, upper, right, lower = BLOCKS[character]
        return (
            f'<rect class="{style}" x="{x + left * width:.2f}" y="{top + upper * height:.2f}" '
            f'width="{(right - left) * width + 0.2:.2f}" '
            f'height="{(lower - upper) * height + 0.2:.2f}" shape-rendering="crispEdges"/>'
        )
    return f'<text class="{style}" x="{x:.2f}" y="{y:.2f}">{html.escape(character)}</text>'


def main(folder: Path) -> None:
    """Take all pictures."""
    run, *_ = record(folder)
    pictures = {
        "train": (until(run, SHOWN_AT), "1"),
        "evaluate": (replay(run), "2"),
        "weights": (replay(run), "3"),
        "runs": (replay(run), "4 space down down space"),
        "pad": (replay(run), "5"),
    }
    wanted = sys.argv[2:] or list(pictures)
    for name in wanted:
        source, keys = pictures[name]
        write(asyncio.run(taken(source, folder, keys, name)), ROOT / "docs" / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
